//! When the program breaks: a calm sheet over the page, which stays where it was.
//!
//! After a panic nothing of ours may run again, so the sheet is made of plain links: one holds the saved session as a
//! file, the other opens the page anew.

use super::browser::{self, Slot};
use std::panic::PanicHookInfo;
use web_sys::{Document, Element};

/// Takes care of panics from now on.
pub(super) fn install() {
    yew::set_custom_panic_hook(Box::new(|info| {
        report(info);
        let _ = show(info);
    }));
}

/// For developers: the panic in the browser's console.
fn report(info: &PanicHookInfo<'_>) {
    web_sys::console::error_1(&info.to_string().into());
}

fn show(info: &PanicHookInfo<'_>) -> Option<()> {
    let document = browser::document()?;
    if document.get_element_by_id("crash").is_some() {
        return None;
    }
    let sheet = element(&document, "div", "crash", "")?;
    sheet.set_id("crash");
    sheet.set_attribute("role", "alertdialog").ok()?;
    sheet.set_attribute("aria-labelledby", "crash-title").ok()?;
    let card = element(&document, "div", "crash-card", "")?;
    let title = element(&document, "h2", "", "화면이 멈췄어요")?;
    title.set_id("crash-title");
    let words =
        "카프카스코프 안에서 문제가 생겼어요. 지금까지 한 일은 저장해 두었으니 세션을 내보낸 뒤 다시 열어 주세요.";
    let buttons = element(&document, "div", "row", "")?;
    if let Some(session) = browser::kept(Slot::Session) {
        let export = element(&document, "a", "btn", "세션 내보내기")?;
        export.set_attribute("href", &browser::data_url(&session)).ok()?;
        export.set_attribute("download", "kafkascope-session.json").ok()?;
        buttons.append_child(&export).ok()?;
    }
    let reopen = element(&document, "a", "btn primary", "다시 열기")?;
    reopen.set_attribute("href", &reopen_address()?).ok()?;
    buttons.append_child(&reopen).ok()?;
    let details = element(&document, "details", "", "")?;
    details.append_child(&*element(&document, "summary", "", "개발자에게 전할 내용")?).ok()?;
    details.append_child(&*element(&document, "pre", "", &info.to_string())?).ok()?;
    for part in [title, element(&document, "p", "", words)?, buttons, details] {
        card.append_child(&part).ok()?;
    }
    sheet.append_child(&card).ok()?;
    document.body()?.append_child(&sheet).ok()?;
    Some(())
}

/// The page's own address, changed so that following it loads the page again.
fn reopen_address() -> Option<String> {
    let location = browser::window()?.location();
    let search = if location.search().ok()?.contains("again=1") { "?again=2" } else { "?again=1" };
    Some(format!("{}{search}{}", location.pathname().ok()?, location.hash().ok()?))
}

fn element(document: &Document, tag: &str, class: &str, text: &str) -> Option<Element> {
    let element = document.create_element(tag).ok()?;
    if !class.is_empty() {
        element.set_class_name(class);
    }
    if !text.is_empty() {
        element.set_text_content(Some(text));
    }
    Some(element)
}
