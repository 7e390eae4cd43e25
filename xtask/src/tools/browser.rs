//! A Chromium without a window, and the driver through which tests use it as a person would.

use super::system;
use crate::problem::{Outcome, Problem};
use crate::run::{Run, which};
use std::env;
use std::path::PathBuf;

/// Any of these will do.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The browser and its driver. `CHROMIUM` and `CHROMEDRIVER` choose others than those on `PATH`.
pub struct Browser {
    /// The browser.
    pub chromium: PathBuf,
    /// Its driver.
    pub driver: PathBuf,
}

impl Browser {
    /// Finds both, or installs them; and a Korean font, without which a picture of the page shows boxes.
    pub fn ensure() -> Outcome<Self> {
        let mut packages = Vec::new();
        if find_browser().is_none() || find_driver().is_none() {
            packages.extend(["chromium", "chromium-driver"]);
        }
        if !has_korean_font() {
            packages.extend(["fonts-noto-cjk", "fontconfig"]);
        }
        if !packages.is_empty() {
            system::install(&packages)?;
        }
        match (find_browser(), find_driver()) {
            (Some(chromium), Some(driver)) => Ok(Self { chromium, driver }),
            _ => Err(Problem::new("no Chromium with a ChromeDriver was found")
                .hint("install both, or name them in the variables CHROMIUM and CHROMEDRIVER")),
        }
    }

    /// Tells a program which ones to use.
    pub fn apply(&self, run: Run) -> Run {
        run.env("CHROMIUM", &self.chromium).env("CHROMEDRIVER", &self.driver)
    }
}

fn find_browser() -> Option<PathBuf> {
    env::var_os("CHROMIUM").map(PathBuf::from).or_else(|| BROWSERS.iter().find_map(|name| which(name)))
}

fn find_driver() -> Option<PathBuf> {
    env::var_os("CHROMEDRIVER").map(PathBuf::from).or_else(|| which("chromedriver"))
}

/// Where fontconfig is not the system's way (macOS, Windows), the system brings Korean fonts of its own.
fn has_korean_font() -> bool {
    match Run::new("fc-list").args([":lang=ko", "family"]).answer() {
        Some(families) => !families.is_empty(),
        None => !system::is_debian(),
    }
}
