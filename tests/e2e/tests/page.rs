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

#[test]
fn it_says_so_when_it_cannot_start() {
    let broken =
        "WebAssembly.instantiateStreaming = WebAssembly.instantiate = async () => { throw new Error('broken'); };";
    let page = Visit::on(DESKTOP).with_script(broken).arrive_at("");
    page.wait_for_text("페이지를 시작하지 못했어요");
    page.screenshot("not-started");
    assert!(!page.take_errors().is_empty(), "the browser should have logged why");
}

#[test]
fn it_says_so_to_a_browser_without_wasm() {
    let page = Visit::on(PHONE).dark().with_script("delete window.WebAssembly").arrive_at("");
    page.wait_for_text("페이지를 시작하지 못했어요");
    page.screenshot("no-wasm-phone-dark");
    page.take_errors();
}
