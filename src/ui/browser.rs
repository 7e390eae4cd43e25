//! The browser's own services, each of which may be missing: a refusal is a `None` or nothing, never a panic.

use super::msg::Theme;
use gloo::storage::{LocalStorage, Storage};
use gloo::timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::js_sys::{Array, Uint8Array};
use web_sys::{
    Blob, BlobPropertyBag, Document, HtmlElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement, Url, Window,
};

/// What the page keeps in the browser.
#[derive(Clone, Copy)]
pub(super) enum Slot<'a> {
    /// The lab's session.
    Session,
    /// The lesson with this id: how far one is, and the session that belongs to it.
    Lesson(&'a str),
    /// A saved session that could not be read.
    Rescued,
    /// The name of the slot that is being opened; still set at the next start if that crashed the page.
    Opening,
    /// The theme.
    Theme,
    /// The speed.
    Speed,
    /// Folded panels.
    Folded,
}

impl Slot<'_> {
    /// Its name.
    pub(super) fn key(self) -> String {
        let name = match self {
            Self::Lesson(id) => return format!("kafkascope.lesson.{id}"),
            Self::Session => "kafkascope.session",
            Self::Rescued => "kafkascope.rescued",
            Self::Opening => "kafkascope.opening",
            Self::Theme => "kafkascope.theme",
            Self::Speed => "kafkascope.speed",
            Self::Folded => "kafkascope.folded",
        };
        name.into()
    }
}

/// Keeps `text`; a full or forbidden storage is not an error that a learner can mend.
pub(super) fn keep(slot: Slot<'_>, text: &str) {
    let _ = LocalStorage::raw().set_item(&slot.key(), text);
}

/// What was kept.
pub(super) fn kept(slot: Slot<'_>) -> Option<String> {
    LocalStorage::raw().get_item(&slot.key()).ok().flatten()
}

/// Forgets what was kept.
pub(super) fn forget(slot: Slot<'_>) {
    let _ = LocalStorage::raw().remove_item(&slot.key());
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
    follow(name, &data_url(text))
}

/// Hands `bytes` to the person as a file called `name`.
pub(super) fn offer(name: &str, kind: &str, bytes: &[u8]) -> Option<()> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let done = follow(name, &address);
    // The address must last until the browser has begun to save, of which no browser tells.
    Timeout::new(60_000, move || drop(Url::revoke_object_url(&address))).forget();
    done
}

/// Follows a link that leads to a file.
fn follow(name: &str, address: &str) -> Option<()> {
    let document = document()?;
    let link: HtmlElement = document.create_element("a").ok()?.dyn_into().ok()?;
    link.set_attribute("href", address).ok()?;
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

/// Puts `text` into the field with this id, as if it had been typed.
pub(super) fn set_input(id: &str, text: &str) {
    if let Some(input) = element(id).and_then(|element| element.dyn_into::<HtmlTextAreaElement>().ok()) {
        input.set_value(text);
        input.set_rows((text.split('\n').count() as u32).min(6));
    }
}

/// What stands in the field or list with this id.
pub(super) fn input(id: &str) -> String {
    let element = element(id);
    let field = element.as_ref().and_then(|element| element.dyn_ref::<HtmlInputElement>()).map(|it| it.value());
    let list = || element.as_ref()?.dyn_ref::<HtmlSelectElement>().map(|it| it.value());
    field.or_else(list).unwrap_or_default()
}

/// Puts the cursor into the element with this id.
pub(super) fn focus(id: &str) {
    if let Some(element) = element(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// The element with this id.
pub(super) fn element(id: &str) -> Option<web_sys::Element> {
    document()?.get_element_by_id(id)
}

/// How wide the window is.
pub(super) fn width() -> f64 {
    window().and_then(|window| window.inner_width().ok()?.as_f64()).unwrap_or_default()
}

/// Where everything stands below each other (as in the style sheets), scrolls to the stage.
pub(super) fn show_stage() {
    let stage = document().filter(|_| width() <= 700.0).and_then(|document| document.query_selector(".main").ok()?);
    stage.iter().for_each(web_sys::Element::scroll_into_view);
}

/// Scrolls the list that `row` stands in, and only that, so that the row is in sight.
pub(super) fn show_in_list(row: &web_sys::Element) -> Option<()> {
    let list = row.closest(".fields,.hex").ok()??;
    let (row, view) = (row.get_bounding_client_rect(), list.get_bounding_client_rect());
    if row.top() < view.top() || row.bottom() > view.bottom() {
        let middle = (row.top() + row.bottom() - view.top() - view.bottom()) / 2.0;
        list.set_scroll_top(list.scroll_top() + middle as i32);
    }
    Some(())
}

/// Gives the focus to the one before or after `here` among those in its parent that match `css`, as an arrow key says.
pub(super) fn rove(here: &HtmlElement, key: &str, css: &str) -> Option<web_sys::Element> {
    let among = here.parent_element()?.query_selector_all(css).ok()?;
    let count = among.length();
    let place = (0..count).find(|place| among.item(*place).is_some_and(|node| node.is_same_node(Some(here))))?;
    let next = match key {
        "ArrowDown" => (place + 1).min(count - 1),
        "ArrowUp" => place.saturating_sub(1),
        "Home" => 0,
        "End" => count - 1,
        _ => return None,
    };
    let next: HtmlElement = among.item(next)?.dyn_into().ok()?;
    let _ = next.focus();
    Some(next.into())
}
