//! The terminal: what was typed, what came back, and a line to type in.
//!
//! The line itself is the browser's own text field, so that Korean input methods, copying and pasting work as anywhere. It grows
//! with what is pasted; Enter runs it, unless a here-document in it is still open.

use crate::command::{Line, LineKind, Script};
use crate::ui::browser;
use crate::ui::complete::Offer;
use crate::ui::icon::{Icon, draw};
use crate::ui::msg::Msg;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

/// The field's id.
const FIELD: &str = "terminal-input";

/// A command and its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    /// Its number.
    pub(crate) id: u32,
    /// What was typed; empty for a word from the page.
    pub(crate) command: String,
    /// What came back.
    pub(crate) lines: Vec<Line>,
}

impl Entry {
    /// What stands in an empty terminal.
    pub(crate) fn greeting() -> Self {
        let words =
            "여기에 실무에서 쓰는 kafka-* 명령을 그대로 적어 보세요. 위의 단추를 눌러도 같은 명령이 여기에 적혀요.";
        Self { id: 0, command: String::new(), lines: vec![Line::note(words)] }
    }
}

/// The properties of [`TerminalView`].
#[derive(Properties, PartialEq)]
pub(super) struct TerminalProps {
    pub(super) entries: Rc<Vec<Rc<Entry>>>,
    pub(super) offers: Rc<Vec<Offer>>,
    pub(super) waiting: bool,
    pub(super) send: Callback<Msg>,
}

/// The terminal.
#[component]
pub(super) fn TerminalView(props: &TerminalProps) -> Html {
    let TerminalProps { entries, offers, waiting, send } = props;
    let screen = use_node_ref();
    let history = use_mut_ref(History::default);
    {
        let screen = screen.clone();
        use_effect_with((entries.clone(), *waiting), move |_| {
            if let Some(screen) = screen.cast::<Element>() {
                screen.set_scroll_top(screen.scroll_height());
            }
        });
    }
    let onkeydown = {
        let (entries, send, history, waiting) = (entries.clone(), send.clone(), history.clone(), *waiting);
        Callback::from(move |event: KeyboardEvent| {
            // While an input method composes a syllable, its keys are its own.
            if event.is_composing() {
                return;
            }
            event.stop_propagation();
            let Some(input) = event.target_dyn_into::<HtmlTextAreaElement>() else { return };
            if on_key(&event, &input, &entries, &mut history.borrow_mut(), waiting, &send) {
                event.prevent_default();
            }
        })
    };
    let oninput = Callback::from(|event: InputEvent| {
        if let Some(input) = event.target_dyn_into::<HtmlTextAreaElement>() {
            browser::set_input(FIELD, &input.value());
        }
    });
    let submit = {
        let (send, history) = (send.clone(), history.clone());
        Callback::from(move |_: MouseEvent| {
            let input = browser::element(FIELD).and_then(|element| element.dyn_into::<HtmlTextAreaElement>().ok());
            input.iter().for_each(|input| submit(input, &mut history.borrow_mut(), &send));
        })
    };
    html! {
        <div class="terminal">
            <div class="screen" ref={screen} tabindex="0" role="log" aria-label="터미널 출력">
                { for entries.iter().map(draw_entry) }
            </div>
            if *waiting { { draw_waiting(send) } } else { { draw_offers(offers) } }
            <div class="prompt">
                <span class="dollar" aria-hidden="true">{ "$" }</span>
                <textarea {onkeydown} {oninput} id={FIELD} rows="1" autocomplete="off" autocapitalize="off" spellcheck="false"
                    enterkeyhint="go" aria-label="명령" placeholder="명령을 적어 주세요. help를 치면 목록이 나와요." />
                <button class="btn small" onclick={submit}>{ "실행" }</button>
            </div>
        </div>
    }
}

/// Runs what is typed.
fn submit(input: &HtmlTextAreaElement, history: &mut History, send: &Callback<Msg>) {
    let lines = input.value().trim_end().to_string();
    if !lines.trim().is_empty() {
        browser::set_input(FIELD, "");
        history.leave();
        send.emit(Msg::Run(lines));
    }
}

/// What a key does in the field; false leaves it to the browser.
fn on_key(
    event: &KeyboardEvent,
    input: &HtmlTextAreaElement,
    entries: &[Rc<Entry>],
    history: &mut History,
    waiting: bool,
    send: &Callback<Msg>,
) -> bool {
    let text = input.value();
    let place = |at: Result<Option<u32>, _>| at.ok().flatten().unwrap_or(0) as usize;
    let (start, end) = (place(input.selection_start()), place(input.selection_end()));
    // Places count in UTF-16.
    let letters: Vec<u16> = text.encode_utf16().collect();
    let newline = u16::from(b'\n');
    match event.key().as_str() {
        "Enter" if event.shift_key() || Script::is_open(&text) => return false,
        "Enter" => submit(input, history, send),
        "Escape" if waiting => send.emit(Msg::Interrupt),
        "c" if event.ctrl_key() && waiting && start == end => send.emit(Msg::Interrupt),
        "l" if event.ctrl_key() => send.emit(Msg::ClearTerminal),
        "Tab" if !event.shift_key() && !text.is_empty() && end == letters.len() => send.emit(Msg::Complete(text)),
        "ArrowUp" if !letters[..start.min(letters.len())].contains(&newline) => {
            history.walk(entries, true, &text).iter().for_each(|line| browser::set_input(FIELD, line));
        }
        "ArrowDown" if !letters[end.min(letters.len())..].contains(&newline) => {
            history.walk(entries, false, &text).iter().for_each(|line| browser::set_input(FIELD, line));
        }
        _ => return false,
    }
    true
}

/// Where one is among the commands typed before.
#[derive(Default)]
struct History {
    back: usize,
    draft: String,
}

impl History {
    fn leave(&mut self) {
        *self = Self::default();
    }

    /// The line before or after the one shown; the draft comes back at the end.
    fn walk(&mut self, entries: &[Rc<Entry>], back: bool, shown: &str) -> Option<String> {
        let mut lines: Vec<&str> = entries.iter().map(|e| e.command.as_str()).filter(|c| !c.is_empty()).collect();
        lines.dedup();
        if self.back == 0 {
            self.draft = shown.to_string();
        }
        let next = if back { (self.back + 1).min(lines.len()) } else { self.back.checked_sub(1)? };
        self.back = next;
        if next == 0 { Some(self.draft.clone()) } else { lines.get(lines.len() - next).map(ToString::to_string) }
    }
}

fn draw_entry(entry: &Rc<Entry>) -> Html {
    let copy = {
        let entry = entry.clone();
        Callback::from(move |_: MouseEvent| {
            let text: Vec<&str> = entry.lines.iter().map(|line| line.text.as_str()).collect();
            browser::copy(&text.join("\n"));
        })
    };
    html! {
        <div class="entry" key={entry.id}>
            if !entry.command.is_empty() {
                <div class="typed">
                    <span class="dollar">{ "$" }</span><span class="command">{ &entry.command }</span>
                    if !entry.lines.is_empty() {
                        <button class="copy" onclick={copy} aria-label="출력 복사" title="출력 복사">{ draw(Icon::Copy) }</button>
                    }
                </div>
            }
            { for entry.lines.iter().map(|line| html! { <div class={class(line.kind)}>{ &line.text }</div> }) }
        </div>
    }
}

/// While a command waits: how to end it.
fn draw_waiting(send: &Callback<Msg>) -> Html {
    html! {
        <div class="offers working" role="status">
            <i class="pulse" aria-hidden="true" /><span>{ "명령이 끝나기를 기다리고 있어요." }</span>
            <button class="btn small" onclick={send.reform(|_| Msg::Finish)}>{ "바로 끝내기" }</button>
            <button class="btn small quiet" onclick={send.reform(|_| Msg::Interrupt)} title="Esc 또는 Ctrl+C">{ "멈춤" }</button>
        </div>
    }
}

fn class(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Out => "out",
        LineKind::Err => "err",
        LineKind::Note => "note",
    }
}

/// What one need not type.
fn draw_offers(offers: &[Offer]) -> Html {
    html! {
        <div class="offers" role="group" aria-label="명령 제안">
            { for offers.iter().map(|offer| {
                let line = offer.line.clone();
                let take = move |_: MouseEvent| {
                    browser::set_input(FIELD, &line);
                    browser::focus(FIELD);
                };
                html! { <button key={offer.label.clone()} class="chip" onclick={take}>{ &offer.label }</button> }
            }) }
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_leads_back_and_returns_to_the_draft() {
        let entry = |id, command: &str| Rc::new(Entry { id, command: command.into(), lines: Vec::new() });
        let entries = [entry(0, ""), entry(1, "a"), entry(2, "b"), entry(3, "b")];
        let mut history = History::default();
        assert_eq!(history.walk(&entries, true, "draft").as_deref(), Some("b"));
        assert_eq!(history.walk(&entries, true, "b").as_deref(), Some("a"));
        assert_eq!(history.walk(&entries, true, "a").as_deref(), Some("a"));
        assert_eq!(history.walk(&entries, false, "a").as_deref(), Some("b"));
        assert_eq!(history.walk(&entries, false, "b").as_deref(), Some("draft"));
        assert_eq!(history.walk(&entries, false, "draft"), None);
    }
}
