//! Bytes beside the names of what they are. Pointing at one lights the other.

use crate::view::{BytesView, FieldView};
use std::rc::Rc;
use yew::prelude::*;

/// The properties of [`Bytes`].
#[derive(Properties, PartialEq)]
pub(super) struct BytesProps {
    pub(super) view: Rc<BytesView>,
}

const PER_LINE: usize = 8;
/// More lines than this are shown only on demand.
const LINES: usize = 24;

/// The hex view and the fields.
#[component]
pub(super) fn Bytes(props: &BytesProps) -> Html {
    let view = &props.view;
    let lit = use_state_eq(|| None::<usize>);
    let all = use_state_eq(|| false);
    let light = {
        let lit = lit.clone();
        Callback::from(move |field: Option<usize>| lit.set(field))
    };
    let lines = view.bytes.len().div_ceil(PER_LINE);
    let shown = if *all { lines } else { lines.min(LINES) };
    let rows = (0..shown).map(|line| draw_line(view, line, *lit, &light));
    let more = {
        let all = all.clone();
        Callback::from(move |_: MouseEvent| all.set(true))
    };
    html! {
        <section class="bytes">
            <h3>{ "바이트" }</h3>
            <div class="hex" role="img" aria-label={format!("{}바이트, 아래 목록에 필드마다 적혀 있어요", view.bytes.len())}>
                { for rows }
                if shown < lines {
                    <button class="link" onclick={more}>{ format!("나머지 {}줄 보기", lines - shown) }</button>
                }
            </div>
            <p class="meaning">{ meaning(lit.and_then(|i| view.fields.get(i))) }</p>
            <ul class="fields">
                { for view.fields.iter().enumerate().map(|(i, field)| draw_field(i, field, *lit == Some(i), &light)) }
            </ul>
        </section>
    }
}

/// The innermost field at `at`: the last one that holds it, since fields go from the whole to its parts.
fn field_at(fields: &[FieldView], at: usize) -> Option<usize> {
    fields
        .iter()
        .enumerate()
        .filter(|(_, f)| f.start <= at && at < f.end)
        .min_by_key(|(_, f)| f.end - f.start)
        .map(|(i, _)| i)
}

/// What the field that is lit means; a line of its own, so that nothing moves.
fn meaning(field: Option<&FieldView>) -> String {
    match field {
        None => "바이트나 필드를 가리키면 서로 짝이 밝아져요.".into(),
        Some(field) => format!("{}–{}바이트 · {}", field.start, field.end.saturating_sub(1), field.meaning),
    }
}

fn draw_line(view: &BytesView, line: usize, lit: Option<usize>, light: &Callback<Option<usize>>) -> Html {
    let from = line * PER_LINE;
    let to = (from + PER_LINE).min(view.bytes.len());
    let cells = (from..to).map(|at| {
        let field = field_at(&view.fields, at);
        let on = lit.and_then(|i| view.fields.get(i)).is_some_and(|f| f.start <= at && at < f.end);
        // Neighbouring fields take turns in tint, so that their borders are seen before anything is pointed at.
        let tint = field.map(|i| format!("t{}", i % 3));
        html! {
            <span key={at} class={classes!("byte", tint, on.then_some("on"))} onmouseenter={light.reform(move |_| field)}
                onclick={light.reform(move |_| field)}>{ format!("{:02x}", view.bytes[at]) }</span>
        }
    });
    html! {
        <div key={line} class="hex-line"><span class="position">{ format!("{:04x}", view.base_position + from as u64) }</span>{ for cells }</div>
    }
}

fn draw_field(i: usize, field: &FieldView, on: bool, light: &Callback<Option<usize>>) -> Html {
    html! {
        <li key={i} class={classes!("field", on.then_some("on"))} tabindex="0" onmouseenter={light.reform(move |_| Some(i))}
            onfocus={light.reform(move |_| Some(i))}>
            <i class={format!("t{}", i % 3)} />
            <span class="field-name">{ &field.name }</span>
            <span class="field-value">{ &field.value }</span>
        </li>
    }
}
