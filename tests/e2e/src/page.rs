//! An open page, and what a person does with it.

use crate::driver::Driver;
use crate::{SOON, Screen, pictures};
use fantoccini::Locator;
use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// How often a wait looks again.
const GLANCE: Duration = Duration::from_millis(50);

/// An open page. Dropping it closes the browser, and fails if the browser logged an error.
pub struct Page {
    driver: Driver,
    url: String,
    density: f64,
}

impl Page {
    pub(crate) fn new(driver: Driver, url: String, density: f64) -> Self {
        Self { driver, url, density }
    }

    /// Goes to the page anew: `rest` follows its address.
    #[track_caller]
    pub fn go_to(&self, rest: &str) {
        let url = format!("{}{rest}", self.url);
        self.expect(self.driver.wait(self.driver.client().goto(&url)), || format!("to open {url}"));
    }

    /// The title of its tab.
    #[track_caller]
    pub fn title(&self) -> String {
        self.expect(self.driver.wait(self.driver.client().title()), || "to read the title".into())
    }

    /// The text that a person reads in the first such element: what is hidden is left out.
    #[track_caller]
    pub fn text_of(&self, css: &str) -> String {
        let element = self.find(css);
        self.expect(self.driver.wait(element.text()), || format!("to read {css}"))
    }

    /// The texts of all such elements, as they are now. None is an answer too.
    #[track_caller]
    pub fn texts_of(&self, css: &str) -> Vec<String> {
        let elements = self.all(css);
        elements
            .iter()
            .map(|element| self.expect(self.driver.wait(element.text()), || format!("to read {css}")))
            .collect()
    }

    /// How many such elements there are now.
    #[track_caller]
    pub fn count(&self, css: &str) -> usize {
        self.all(css).len()
    }

    /// Is such an element there, and can it be seen?
    #[track_caller]
    pub fn shows(&self, css: &str) -> bool {
        self.all(css).iter().any(|element| self.driver.wait(element.is_displayed()).unwrap_or(false))
    }

    /// An attribute of the first such element.
    #[track_caller]
    pub fn attribute_of(&self, css: &str, name: &str) -> Option<String> {
        let element = self.find(css);
        self.expect(self.driver.wait(element.attr(name)), || format!("to read {name} of {css}"))
    }

    /// Clicks the middle of the first such element, which nothing may cover.
    #[track_caller]
    pub fn click(&self, css: &str) {
        let start = Instant::now();
        loop {
            let element = self.find(css);
            match self.driver.wait(element.click()) {
                Ok(()) => return,
                // A view that is just being redrawn: a person would click again.
                Err(error) if start.elapsed() > SOON => self.fail(&format!("to click {css}: {error}")),
                Err(_) => thread::sleep(GLANCE),
            }
        }
    }

    /// Clicks what carries these words: a button, link, tab, label…; exactly these words before words that contain them.
    #[track_caller]
    pub fn click_text(&self, words: &str) {
        let start = Instant::now();
        loop {
            let found = self.clickable(words).map(|element| self.driver.wait(element.click()));
            match found {
                Some(Ok(())) => return,
                None if start.elapsed() > SOON => {
                    self.fail(&format!("to find something to click with the words “{words}”"))
                }
                Some(Err(error)) if start.elapsed() > SOON => self.fail(&format!("to click “{words}”: {error}")),
                _ => thread::sleep(GLANCE),
            }
        }
    }

    /// Puts the cursor into a field and types. `\n` is the Enter key.
    #[track_caller]
    pub fn type_into(&self, css: &str, text: &str) {
        let keys = text.replace('\n', &Key::Enter.to_string());
        let element = self.find(css);
        self.expect(self.driver.wait(element.send_keys(&keys)), || format!("to type into {css}"));
    }

    /// Presses a key wherever the focus is.
    #[track_caller]
    pub fn press(&self, key: impl std::fmt::Display) {
        let focused =
            self.expect(self.driver.wait(self.driver.client().active_element()), || "to find the focus".into());
        self.expect(self.driver.wait(focused.send_keys(&key.to_string())), || "to press a key".into());
    }

    /// Waits until it is so. The description completes the sentence “waited in vain until …”.
    #[track_caller]
    pub fn wait_until(&self, description: &str, timeout: Duration, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            if start.elapsed() > timeout {
                self.fail(&format!("until {description} ({} s)", timeout.as_secs()));
            }
            thread::sleep(GLANCE);
        }
    }

    /// Waits until these words can be read somewhere on the page.
    #[track_caller]
    pub fn wait_for_text(&self, words: &str) {
        self.wait_until(&format!("the page says “{words}”"), SOON, |page| page.text_of("body").contains(words));
    }

    /// Looks at it on another screen.
    #[track_caller]
    pub fn resize(&self, screen: Screen) {
        let metrics = json!({
            "width": screen.width, "height": screen.height, "deviceScaleFactor": self.density, "mobile": screen.touch,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        self.devtools("Emulation.setTouchEmulationEnabled", &json!({ "enabled": screen.touch }));
    }

    /// Photographs what is on the screen, into `target/e2e/<name>.png`.
    #[track_caller]
    pub fn screenshot(&self, name: &str) -> PathBuf {
        let path = pictures().join(format!("{name}.png"));
        self.screenshot_to(&path);
        path
    }

    /// Photographs into any file.
    #[track_caller]
    pub fn screenshot_to(&self, path: &Path) {
        if let Err(problem) = self.try_screenshot(path) {
            self.fail(&format!("to write {}: {problem}", path.display()));
        }
    }

    /// Runs a function body in the page and gives what it returns. For measuring and for what has no text; not for doing
    /// what a person would click.
    #[track_caller]
    pub fn script(&self, body: &str) -> Value {
        self.script_with(body, Vec::new())
    }

    /// The same for a body that ends by calling its last argument, `arguments[0]`, with the answer.
    #[track_caller]
    pub fn script_then(&self, body: &str) -> Value {
        self.expect(self.driver.wait(self.driver.client().execute_async(body, Vec::new())), || format!("to run {body}"))
    }

    /// A command of the DevTools protocol.
    #[track_caller]
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.driver.devtools(command, parameters).unwrap_or_else(|problem| self.fail(&problem))
    }

    /// What the browser has logged as errors since the last look, for a test that expects one.
    #[track_caller]
    pub fn take_errors(&self) -> Vec<String> {
        self.driver.logged_errors().unwrap_or_else(|problem| self.fail(&problem))
    }

    #[track_caller]
    fn script_with(&self, body: &str, arguments: Vec<Value>) -> Value {
        self.expect(self.driver.wait(self.driver.client().execute(body, arguments)), || format!("to run {body}"))
    }

    #[track_caller]
    fn find(&self, css: &str) -> Element {
        let found = self.driver.wait(self.driver.client().wait().at_most(SOON).for_element(Locator::Css(css)));
        self.expect(found, || format!("to find {css}"))
    }

    #[track_caller]
    fn all(&self, css: &str) -> Vec<Element> {
        self.expect(self.driver.wait(self.driver.client().find_all(Locator::Css(css))), || format!("to find all {css}"))
    }

    #[track_caller]
    fn clickable(&self, words: &str) -> Option<Element> {
        let found = self.script_with(FIND_CLICKABLE, vec![words.into()]);
        let id = found.as_object()?.values().next()?.as_str()?.to_owned();
        Some(Element::from_element_id(self.driver.client().clone(), ElementRef::from(id)))
    }

    fn try_screenshot(&self, path: &Path) -> Result<(), String> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        let picture = self.driver.wait(self.driver.client().screenshot()).map_err(|error| error.to_string())?;
        fs::write(path, picture).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn expect<T>(&self, result: Result<T, CmdError>, what: impl Fn() -> String) -> T {
        result.unwrap_or_else(|error| self.fail(&format!("{}: {error}", what())))
    }

    /// Ends the test, leaving a picture of the page as it stands.
    #[track_caller]
    fn fail(&self, what: &str) -> ! {
        let test = thread::current().name().unwrap_or("page").replace("::", "-");
        let picture = pictures().join(format!("failed-{test}.png"));
        let seen = match self.try_screenshot(&picture) {
            Ok(()) => format!("the page as it stood: {}", picture.display()),
            Err(problem) => format!("no picture of the page: {problem}"),
        };
        panic!("waited in vain {what}\n{seen}");
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let errors = self.driver.logged_errors().unwrap_or_default();
        if errors.is_empty() {
            return;
        }
        let errors = errors.join("\n  ");
        if thread::panicking() {
            eprintln!("the browser also logged:\n  {errors}"); // a second panic would hide the first
        } else {
            panic!("the browser logged errors:\n  {errors}");
        }
    }
}

/// Finds the visible, enabled thing to click that carries the words in `arguments[0]`: the whole text first, then part of
/// it; among equals the innermost, which is the last in document order.
const FIND_CLICKABLE: &str = r#"
    const words = arguments[0];
    const text = (e) => (e.getAttribute("aria-label") ?? e.innerText ?? e.textContent ?? e.value ?? "").replace(/\s+/g, " ").trim();
    const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.disabled;
    const kinds = "a, button, summary, label, select, input[type=submit], input[type=button], [role], [tabindex]";
    const all = [...document.querySelectorAll(kinds)].filter(seen);
    const shown = (e) => (e.innerText ?? e.textContent ?? "").replace(/\s+/g, " ").trim();
    const tries = [(e) => shown(e) === words, (e) => text(e) === words, (e) => shown(e).includes(words), (e) => text(e).includes(words)];
    for (const fits of tries) {
        const found = all.filter(fits);
        if (found.length) return found.sort((a, b) => shown(a).length - shown(b).length)[0];
    }
    return null;
"#;
