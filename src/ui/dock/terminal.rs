//! The terminal: what was typed, what came back, and a line to type in.
//!
//! The line itself is the browser's own text input, so that Korean input methods, copying and pasting work as anywhere.

use crate::ui::browser;
use crate::ui::icon::{Icon, draw};
use crate::ui::msg::Msg;
use crate::ui::stopgap::{Line, LineKind};
use std::rc::Rc;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

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
        Self { id: 0, command: String::new(), lines: vec![Line { kind: LineKind::Note, text: words.into() }] }
    }
}

/// The properties of [`TerminalView`].
#[derive(Properties, PartialEq)]
pub(super) struct TerminalProps {
    pub(super) entries: Rc<Vec<Rc<Entry>>>,
    pub(super) offers: Rc<Vec<String>>,
    pub(super) send: Callback<Msg>,
}

/// The terminal.
#[component]
pub(super) fn TerminalView(props: &TerminalProps) -> Html {
    let TerminalProps { entries, offers, send } = props;
    let screen = use_node_ref();
    let input = use_node_ref();
    let history = use_mut_ref(History::default);
    {
        let screen = screen.clone();
        use_effect_with(entries.clone(), move |_| {
            if let Some(screen) = screen.cast::<Element>() {
                screen.set_scroll_top(screen.scroll_height());
            }
        });
    }
    let run = {
        let (input, send, history) = (input.clone(), send.clone(), history.clone());
        Callback::from(move |()| {
            let Some(input) = input.cast::<HtmlInputElement>() else { return };
            let line = input.value().trim().to_string();
            if !line.is_empty() {
                input.set_value("");
                history.borrow_mut().leave();
                send.emit(Msg::Run(line));
            }
        })
    };
    let onkeydown = {
        let (input, run, entries, send) = (input.clone(), run.clone(), entries.clone(), send.clone());
        Callback::from(move |event: KeyboardEvent| {
            // While an input method composes a syllable, its keys are its own.
            if event.is_composing() {
                return;
            }
            event.stop_propagation();
            let Some(input) = input.cast::<HtmlInputElement>() else { return };
            match event.key().as_str() {
                "Enter" => run.emit(()),
                "l" if event.ctrl_key() => send.emit(Msg::ClearTerminal),
                key @ ("ArrowUp" | "ArrowDown") => {
                    let back = key == "ArrowUp";
                    if let Some(line) = history.borrow_mut().walk(&entries, back, &input.value()) {
                        input.set_value(&line);
                    }
                }
                _ => return,
            }
            event.prevent_default();
        })
    };
    let offer = {
        let input = input.clone();
        Callback::from(move |line: String| {
            if let Some(input) = input.cast::<HtmlInputElement>() {
                input.set_value(&line);
                let _ = input.focus();
            }
        })
    };
    html! {
        <div class="terminal">
            <div class="screen" ref={screen} tabindex="0" role="log" aria-label="터미널 출력">
                { for entries.iter().map(|entry| html! { <EntryView key={entry.id} entry={entry.clone()} /> }) }
            </div>
            { draw_offers(offers, &offer) }
            <div class="prompt">
                <span class="dollar" aria-hidden="true">{ "$" }</span>
                <input ref={input} {onkeydown} id="terminal-input" type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
                    enterkeyhint="go" aria-label="명령" placeholder="명령을 적어 주세요. help를 치면 목록이 나와요." />
                <button class="btn small" onclick={run.reform(|_: MouseEvent| ())}>{ "실행" }</button>
            </div>
        </div>
    }
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

#[derive(Properties, PartialEq)]
struct EntryProps {
    entry: Rc<Entry>,
}

#[component]
fn EntryView(props: &EntryProps) -> Html {
    let entry = &props.entry;
    let copy = {
        let text: Vec<String> = entry.lines.iter().map(|line| line.text.clone()).collect();
        Callback::from(move |_: MouseEvent| browser::copy(&text.join("\n")))
    };
    html! {
        <div class="entry">
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

fn class(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Out => "out",
        LineKind::Err => "err",
        LineKind::Note => "note",
    }
}

/// Commands that one need not type.
fn draw_offers(offers: &[String], offer: &Callback<String>) -> Html {
    html! {
        <div class="offers" role="group" aria-label="명령 제안">
            { for offers.iter().map(|line| {
                let text = line.clone();
                let first = line.lines().next().unwrap_or_default().to_string();
                html! { <button key={line.clone()} class="chip" onclick={offer.reform(move |_: MouseEvent| text.clone())}>{ first }</button> }
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
