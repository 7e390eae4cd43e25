//! The page opens, on every screen and in both lights.

use e2e::{DESKTOP, PHONE, TABLET, Visit};

#[test]
fn it_opens_under_its_name() {
    let page = Visit::on(DESKTOP).open();
    assert!(page.title().contains("카프카스코프"), "the tab is titled {:?}", page.title());
    page.wait_for_text("카프카스코프");
}

#[test]
fn it_is_photographed_on_every_screen() {
    for (name, screen) in [("desktop", DESKTOP), ("tablet", TABLET), ("phone", PHONE)] {
        let page = Visit::on(screen).open();
        page.screenshot(&format!("{name}-light"));
        drop(page);
        Visit::on(screen).dark().open().screenshot(&format!("{name}-dark"));
    }
}
