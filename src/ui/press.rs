//! Buttons that HTML has no element for: groups of shapes on the stage.

use super::Msg;
use wasm_bindgen::JsCast;
use web_sys::{Element, SvgElement};
use yew::{Callback, KeyboardEvent, MouseEvent, TargetCast};

/// What a shape needs to behave as a button: on a click, and on Enter or Space while it has the focus.
pub(super) fn press(send: &Callback<Msg>, msg: Msg) -> (Callback<MouseEvent>, Callback<KeyboardEvent>) {
    let click = {
        let (send, msg) = (send.clone(), msg.clone());
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            send.emit(msg.clone());
        })
    };
    let send = send.clone();
    let key = Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" | " " => {
            event.prevent_default();
            event.stop_propagation();
            send.emit(msg.clone());
        }
        key if key.starts_with("Arrow") && walk(&event, key).is_some() => {
            event.prevent_default();
            event.stop_propagation();
        }
        _ => {}
    });
    (click, key)
}

/// Arrow keys lead into a cell, along its records, and out again.
fn walk(event: &KeyboardEvent, key: &str) -> Option<()> {
    let here: Element = event.target_dyn_into()?;
    let beside = |mut next: Option<Element>, forward: bool| {
        while let Some(element) = next {
            if element.get_attribute("role").as_deref() == Some("button") {
                return Some(element);
            }
            next = if forward { element.next_element_sibling() } else { element.previous_element_sibling() };
        }
        None
    };
    let next = if here.matches(".record").unwrap_or(false) {
        match key {
            "ArrowRight" => beside(here.next_element_sibling(), true),
            "ArrowLeft" => beside(here.previous_element_sibling(), false),
            _ => here.closest(".replica").ok().flatten()?.query_selector(".face").ok().flatten(),
        }
    } else if here.matches(".face").unwrap_or(false) && matches!(key, "ArrowRight" | "ArrowDown") {
        here.parent_element()?.query_selector(".record").ok().flatten()
    } else {
        None
    };
    next?.dyn_into::<SvgElement>().ok()?.focus().ok()
}
