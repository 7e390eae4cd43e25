//! The README's picture: `cargo xtask picture`.

use e2e::{DESKTOP, Visit, repository};
use std::thread;
use std::time::Duration;

fn main() {
    let page = Visit::on(DESKTOP).density(1.5).open_at("#/lab");
    page.script_then("document.fonts.ready.then(() => arguments[0]())");
    thread::sleep(Duration::from_secs(2));
    page.screenshot_to(&repository().join("docs/stage.png"));
}
