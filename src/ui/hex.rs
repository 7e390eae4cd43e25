//! Bytes beside the names of what they are. Pointing at one lights the other, and so does walking over them by keyboard.
//!
//! However many bytes there are, one page of them is drawn, with the fields that reach into it.

use super::browser;
use super::icon::{Icon, draw};
use crate::view::{BitView, BytesView, FieldView};
use std::ops::Range;
use std::rc::Rc;
use yew::prelude::*;

/// The properties of [`Bytes`].
#[derive(Properties, PartialEq)]
pub(super) struct BytesProps {
    pub(super) view: Rc<BytesView>,
    /// How many bytes stand in a line.
    pub(super) per_line: usize,
    /// How many lines make a page.
    pub(super) lines: usize,
    /// What sets the ids in here apart from those of other bytes on the page.
    pub(super) id: &'static str,
}

/// What is lit: a field, and the byte if one was pointed at rather than the field.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Light {
    field: Option<usize>,
    byte: Option<usize>,
}

/// The hex view and the fields.
#[component]
pub(super) fn Bytes(props: &BytesProps) -> Html {
    let BytesProps { view, per_line, lines, id } = props;
    let (per_line, size, id) = (*per_line, per_line * lines, *id);
    let page = use_state_eq(|| 0);
    let light = use_state_eq(Light::default);
    let pages = view.bytes.len().div_ceil(size).max(1);
    let shown = (*page).min(pages - 1);
    let range = shown * size..(shown * size + size).min(view.bytes.len());
    use_effect_with(*light, move |light| {
        // Where the partner of what is lit is out of sight, it comes into sight.
        let partner = match (light.field, light.byte) {
            (Some(field), Some(_)) => format!("{id}-field-{field}"),
            (Some(_), None) => format!("{id}-lit"),
            _ => return,
        };
        if let Some(element) = browser::element(&partner) {
            browser::show_in_list(&element);
        }
    });
    let set = {
        let light = light.clone();
        Callback::from(move |new: Light| light.set(new))
    };
    let turn = {
        let (page, set) = (page.clone(), set.clone());
        Callback::from(move |to: usize| {
            page.set(to);
            set.emit(Light::default());
        })
    };
    let onkeydown = {
        let (set, page, view, from) = (set.clone(), page.clone(), view.clone(), *light);
        let start = from.byte.or_else(|| Some(view.fields.get(from.field?)?.start.max(range.start)));
        let first = range.start;
        Callback::from(move |event: KeyboardEvent| {
            let Some(to) = walk(&event.key(), start, first, per_line, size, view.bytes.len()) else { return };
            event.prevent_default();
            event.stop_propagation();
            page.set(to / size);
            set.emit(Light { field: view.field_at(to), byte: Some(to) });
        })
    };
    let lit = light.field.and_then(|place| view.fields.get(place));
    let rows = range
        .clone()
        .step_by(per_line)
        .map(|at| draw_line(view, at..(at + per_line).min(range.end), per_line, *light, id, &set));
    let first = view.fields.partition_point(|field| field.end <= range.start);
    let last = view.fields.partition_point(|field| field.start < range.end);
    let label = format!("{}바이트. 화살표로 옮겨 다니며 필드를 볼 수 있어요.", view.bytes.len());
    html! {
        <section class="bytes">
            if !view.title.is_empty() { <h3>{ &view.title }</h3> }
            <p class="meaning" aria-live="polite">{ meaning(lit, *light, view) }</p>
            <div class={if per_line > 8 { "hex wide" } else { "hex" }} tabindex="0" role="group" aria-label={label} {onkeydown}>
                { for rows }
                if pages > 1 { { pager(shown, pages, &range, &turn) } }
            </div>
            <ul class="fields" id={format!("{id}-fields")}>
                { for (first..last).map(|place| draw_field(view, place, first, light.field == Some(place), id, &set)) }
            </ul>
        </section>
    }
}

/// Where a key leads from the byte `from`, when the page begins at `first`.
fn walk(key: &str, from: Option<usize>, first: usize, per_line: usize, size: usize, len: usize) -> Option<usize> {
    let last = len.checked_sub(1)?;
    let Some(from) = from else {
        return matches!(key, "ArrowRight" | "ArrowDown" | "ArrowLeft" | "ArrowUp" | "Home").then_some(first.min(last));
    };
    let to = match key {
        "ArrowRight" => from + 1,
        "ArrowLeft" => from.saturating_sub(1),
        "ArrowDown" => from + per_line,
        "ArrowUp" => from.checked_sub(per_line).unwrap_or(from),
        "PageDown" => from + size,
        "PageUp" => from.saturating_sub(size),
        "Home" => 0,
        "End" => last,
        _ => return None,
    };
    Some(to.min(last))
}

/// What the field that is lit means, in a place of its own, so that nothing moves.
fn meaning(field: Option<&FieldView>, light: Light, view: &BytesView) -> Html {
    let Some(field) = field else {
        return html! { <span class="muted">{ "바이트나 필드를 가리키면 서로 짝이 밝아져요." }</span> };
    };
    let position = |at: usize| view.base_position + at as u64;
    let place = match light.byte {
        Some(byte) => format!("{}번째 바이트", position(byte)),
        None if field.end - field.start == 1 => format!("{}번째 바이트", position(field.start)),
        None => format!("{}–{}번째 바이트", position(field.start), position(field.end - 1)),
    };
    html! {
        <><strong>{ &*field.name }</strong>{ format!(" {} · {place}", field.meaning) }</>
    }
}

fn draw_line(
    view: &BytesView,
    range: Range<usize>,
    per_line: usize,
    light: Light,
    id: &str,
    set: &Callback<Light>,
) -> Html {
    let lit = light.field.and_then(|place| view.fields.get(place));
    let is_on = |at: usize| lit.is_some_and(|field| field.start <= at && at < field.end);
    let cells = range.clone().map(|at| {
        let field = view.field_at(at);
        // Neighbouring fields take turns in tint, so that their borders are seen before anything is pointed at.
        let tint = field.map(|place| ["t0", "t1", "t2"][place % 3]);
        let begins = field.and_then(|place| view.fields.get(place)).is_some_and(|field| field.start == at);
        let point = set.reform(move |_: MouseEvent| Light { field, byte: Some(at) });
        html! {
            <span key={at} id={begins.then_some(()).filter(|()| is_on(at)).map(|()| format!("{id}-lit"))}
                class={classes!("byte", tint, begins.then_some("begins"), is_on(at).then_some("on"), (light.byte == Some(at)).then_some("at"))}
                onmouseenter={point.clone()} onclick={point}>{ format!("{:02x}", view.bytes[at]) }</span>
        }
    });
    let letters = range.clone().map(|at| {
        let byte = view.bytes[at];
        let letter = if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '·' };
        html! { <span key={at} class={classes!((letter == '·').then_some("dot"), is_on(at).then_some("on"))}>{ letter }</span> }
    });
    let missing = per_line - range.len();
    html! {
        <div key={range.start} class="hex-line">
            <span class="position">{ format!("{:06x}", view.base_position + range.start as u64) }</span>
            { for cells }
            { for (0..missing).map(|_| html! { <span class="byte" /> }) }
            <span class="letters" aria-hidden="true">{ for letters }</span>
        </div>
    }
}

fn pager(page: usize, pages: usize, range: &Range<usize>, turn: &Callback<usize>) -> Html {
    let button = |icon: Icon, label: &'static str, to: Option<usize>| {
        let onclick = turn.reform(move |_: MouseEvent| to.unwrap_or(0));
        html! { <button class="btn quiet square small" aria-label={label} title={label} disabled={to.is_none()} {onclick}>{ draw(icon) }</button> }
    };
    html! {
        <div class="pager">
            { button(Icon::Left, "앞쪽 바이트", page.checked_sub(1)) }
            <span>{ format!("{}–{}바이트 · {}/{pages}쪽", range.start, range.end - 1, page + 1) }</span>
            { button(Icon::Right, "뒤쪽 바이트", Some(page + 1).filter(|next| *next < pages)) }
        </div>
    }
}

/// A field, under the heading of its group if it is the first one of it.
fn draw_field(view: &BytesView, place: usize, first: usize, on: bool, id: &str, set: &Callback<Light>) -> Html {
    let field = &view.fields[place];
    let heads = place == first || view.fields[place - 1].group != field.group;
    let light = move |_: ()| Light { field: Some(place), byte: None };
    html! {
        <>
            if heads { <li key={format!("group-{place}")} class="field-group">{ &*field.group }</li> }
            <li key={place} id={format!("{id}-field-{place}")} class={classes!("field", on.then_some("on"))} tabindex="0"
                title={field.meaning} onmouseenter={set.reform(move |_| light(()))} onfocus={set.reform(move |_| light(()))}>
                <i class={["t0", "t1", "t2"][place % 3]} />
                <span class="field-name">{ &*field.name }</span>
                <span class="field-value">
                    { &field.value }
                    if !field.note.is_empty() { <small>{ &field.note }</small> }
                </span>
            </li>
            { for field.bits.iter().map(draw_bit) }
        </>
    }
}

fn draw_bit(bit: &BitView) -> Html {
    html! {
        <li key={bit.place.clone()} class="bit">
            <span class="bit-place"><span class="sr-only">{ "비트 " }</span>{ &bit.place }</span><code>{ &bit.bits }</code><span>{ &bit.meaning }</span>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_over_the_bytes_and_never_out_of_them() {
        let go = |key, from| walk(key, from, 256, 16, 256, 300);
        assert_eq!(go("ArrowRight", None), Some(256));
        assert_eq!(go("ArrowRight", Some(299)), Some(299));
        assert_eq!(go("ArrowLeft", Some(256)), Some(255));
        assert_eq!(go("ArrowUp", Some(3)), Some(3));
        assert_eq!((go("ArrowDown", Some(3)), go("PageUp", Some(290))), (Some(19), Some(34)));
        assert_eq!((go("Home", Some(99)), go("End", Some(99)), go("x", Some(99))), (Some(0), Some(299), None));
        assert_eq!(walk("ArrowRight", None, 0, 16, 256, 0), None);
    }
}
