//! The browser's own services, each of which may be missing: a refusal is a `None` or nothing, never a panic.

use super::msg::Theme;
use gloo::storage::{LocalStorage, Storage};
use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlElement, Window};

/// What the page keeps in the browser.
#[derive(Clone, Copy)]
pub(super) enum Slot {
    /// The session.
    Session,
    /// A saved session that could not be read.
    Rescued,
    /// Set while a saved session is being opened; still set at the next start if that crashed the page.
    Opening,
    /// The theme.
    Theme,
    /// The speed.
    Speed,
    /// Folded panels.
    Folded,
}

impl Slot {
    fn key(self) -> &'static str {
        match self {
            Self::Session => "kafkascope.session",
            Self::Rescued => "kafkascope.rescued",
            Self::Opening => "kafkascope.opening",
            Self::Theme => "kafkascope.theme",
            Self::Speed => "kafkascope.speed",
            Self::Folded => "kafkascope.folded",
        }
    }
}

/// Keeps `text`; a full or forbidden storage is not an error that a learner can mend.
pub(super) fn keep(slot: Slot, text: &str) {
    let _ = LocalStorage::raw().set_item(slot.key(), text);
}

/// What was kept.
pub(super) fn kept(slot: Slot) -> Option<String> {
    LocalStorage::raw().get_item(slot.key()).ok().flatten()
}

/// Forgets what was kept.
pub(super) fn forget(slot: Slot) {
    let _ = LocalStorage::raw().remove_item(slot.key());
}

pub(super) fn window() -> Option<Window> {
    web_sys::window()
}

pub(super) fn document() -> Option<Document> {
    window()?.document()
}

/// The fragment of the address, with its `#`.
pub(super) fn hash() -> String {
    window().and_then(|window| window.location().hash().ok()).unwrap_or_default()
}

/// Shows the page in `theme`.
pub(super) fn paint(theme: Theme) {
    let Some(root) = document().and_then(|document| document.document_element()) else { return };
    let _ = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light => root.set_attribute("data-theme", "light"),
        Theme::Dark => root.set_attribute("data-theme", "dark"),
    };
}

/// Whether the page is dark in `theme`.
pub(super) fn is_dark(theme: Theme) -> bool {
    let system = || {
        let query = window()?.match_media("(prefers-color-scheme: dark)").ok()??;
        Some(query.matches())
    };
    match theme {
        Theme::Light => false,
        Theme::Dark => true,
        Theme::System => system().unwrap_or(false),
    }
}

/// An address that holds `text` as a file.
pub(super) fn data_url(text: &str) -> String {
    let mut url = String::from("data:application/json;charset=utf-8,");
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

/// Hands `text` to the person as a file called `name`.
pub(super) fn download(name: &str, text: &str) -> Option<()> {
    let document = document()?;
    let link: HtmlElement = document.create_element("a").ok()?.dyn_into().ok()?;
    link.set_attribute("href", &data_url(text)).ok()?;
    link.set_attribute("download", name).ok()?;
    document.body()?.append_child(&link).ok()?;
    link.click();
    link.remove();
    Some(())
}

/// Copies `text`, where the browser lets a page do so.
pub(super) fn copy(text: &str) {
    if let Some(window) = window().filter(Window::is_secure_context) {
        let _ = window.navigator().clipboard().write_text(text);
    }
}

/// The element with this id.
pub(super) fn element(id: &str) -> Option<web_sys::Element> {
    document()?.get_element_by_id(id)
}
