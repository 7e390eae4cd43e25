//! Coming to the page: on which screen, with which preferences.

use crate::driver::Driver;
use crate::page::Page;
use crate::server::Server;
use crate::{SOON, Screen};
use serde_json::json;
use std::env;
use std::path::PathBuf;

/// A visit about to be paid. Light, in motion and at the page's start unless told otherwise.
#[must_use = "a visit begins with `open`"]
pub struct Visit {
    screen: Screen,
    dark: bool,
    still: bool,
    density: f64,
    before: Vec<String>,
}

impl Visit {
    /// On this screen.
    pub fn on(screen: Screen) -> Self {
        Self { screen, dark: false, still: false, density: 1.0, before: Vec::new() }
    }

    /// By somebody whose system is dark.
    pub fn dark(mut self) -> Self {
        self.dark = true;
        self
    }

    /// By somebody who asked their system for less motion.
    pub fn still(mut self) -> Self {
        self.still = true;
        self
    }

    /// On a screen with this many device pixels to each CSS pixel.
    pub fn density(mut self, density: f64) -> Self {
        self.density = density;
        self
    }

    /// With a script that runs before any of the page's own, for measuring.
    pub fn with_script(mut self, script: impl Into<String>) -> Self {
        self.before.push(script.into());
        self
    }

    /// Opens the page and waits until it has started.
    #[track_caller]
    pub fn open(self) -> Page {
        self.open_at("")
    }

    /// The same, at an address within the page, such as a shared link: `#…` or `?…`.
    #[track_caller]
    pub fn open_at(self, rest: &str) -> Page {
        let page = self.arrive_at(rest);
        page.wait_until("the page has started", SOON * 3, |page| {
            page.script("return 'wasmBindings' in window") == json!(true)
        });
        page
    }

    /// The same, without waiting: for what is seen before the page has started, or if it never does.
    #[track_caller]
    pub fn arrive_at(self, rest: &str) -> Page {
        let page = match self.start() {
            Ok(page) => page,
            Err(problem) => panic!("the page could not be opened: {problem}"),
        };
        page.go_to(rest);
        page
    }

    fn start(self) -> Result<Page, String> {
        let dist = dist()?;
        let server = Server::start(dist).map_err(|error| format!("no server for the page: {error}"))?;
        let driver = Driver::start()?;
        let features = json!([
            { "name": "prefers-color-scheme", "value": if self.dark { "dark" } else { "light" } },
            { "name": "prefers-reduced-motion", "value": if self.still { "reduce" } else { "no-preference" } },
        ]);
        driver.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }))?;
        for script in &self.before {
            driver.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": script }))?;
        }
        let page = Page::new(driver, server.url(), self.density);
        page.resize(self.screen);
        Ok(page)
    }
}

/// The release build.
fn dist() -> Result<PathBuf, String> {
    let dist = env::var_os("KAFKASCOPE_DIST").map_or_else(|| crate::repository().join("dist"), PathBuf::from);
    if dist.join("index.html").is_file() {
        Ok(dist)
    } else {
        Err(format!("{} holds no page; `cargo xtask build` makes it", dist.display()))
    }
}
