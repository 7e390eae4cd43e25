//! A person at the published page.
//!
//! The tests of this package open the release build in a real browser and do only what a person can: read text, click
//! what is named, type. Selectors are for finding *where* to read; what is compared is what is written there.
//!
//! ```no_run
//! use e2e::{DESKTOP, PHONE, SOON, Visit};
//!
//! let page = Visit::on(DESKTOP).dark().open();
//! page.click_text("실험실");
//! page.type_into("#terminal input", "kafka-topics --list\n");
//! page.wait_until("the terminal lists the topic", SOON, |page| page.text_of("#terminal").contains("orders"));
//! page.resize(PHONE);
//! page.screenshot("lab-phone");
//! ```
//!
//! - Every helper *waits* for its element, as a person would, and panics with the name of what it did not find. A picture of
//!   the page as it stood is then in `target/e2e/failed-….png`.
//! - The page is served from a sub-path, and nothing is served beside it: an absolute address is an error.
//! - When a `Page` is dropped, whatever the browser logged as an error (a Rust panic, a missing file, an exception) fails
//!   the test.
//!
//! `cargo xtask test e2e` says where the page, the browser and its driver are, in the variables `KAFKASCOPE_DIST`,
//! `CHROMIUM` and `CHROMEDRIVER`.

mod driver;
mod page;
mod server;
mod stage;
mod visit;

pub use fantoccini::key::Key;
pub use page::Page;
pub use visit::Visit;

use std::path::PathBuf;
use std::time::Duration;

/// The size of what a person looks at, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Across.
    pub width: u32,
    /// Down.
    pub height: u32,
    /// Is it touched rather than pointed at?
    pub touch: bool,
}

/// A laptop.
pub const DESKTOP: Screen = Screen { width: 1440, height: 900, touch: false };
/// A tablet, or a projector.
pub const TABLET: Screen = Screen { width: 1024, height: 768, touch: false };
/// A phone.
pub const PHONE: Screen = Screen { width: 390, height: 844, touch: true };

/// For what should be there at once, give or take a busy machine.
pub const SOON: Duration = Duration::from_secs(10);

/// The top of the repository.
pub fn repository() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Where pictures go: `target/e2e`.
pub fn pictures() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    repository().join(target).join("e2e")
}
