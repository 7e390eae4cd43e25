//! Links with which something is wrong. One that is cut is a broken line between the two ends, with a cross on it and words at both; what
//! else may be wrong stands on a line of its own.

use super::columns::n;
use crate::base::NodeId;
use crate::base::josa::{Josa, josa};
use crate::view::geometry::{Curve, Layout, Point};
use crate::view::narrate::Names;
use crate::view::{Frame, LinkView};
use yew::prelude::*;

/// All of them.
pub(super) fn links(frame: &Frame, layout: &Layout) -> Html {
    if frame.links.is_empty() {
        return Html::default();
    }
    let names = Names::of(frame);
    let draw = frame.links.iter().filter_map(|link| {
        let curve = layout.link(link.from, link.to)?;
        let (from, to) = (names.node(link.from), names.node(link.to));
        let way = match link.both {
            true => format!("{} {to} 사이", josa(&from, Josa::With)),
            false => format!("{from}에서 {} 가는 길", josa(&to, Josa::Toward)),
        };
        let told = format!("{way}: {}", link.words);
        let middle = curve.at(0.5);
        let line = html! {
            <path key={told.clone()} class={classes!("cut-line", (!link.cut).then_some("slow"))} d={curve.to_string()} />
        };
        let mark = html! {
            <g key={told.clone()} class={if link.cut { "cut" } else { "trouble" }} role="img" aria-label={told.clone()}>
                <title>{ told }</title>
                { if link.cut { cross(middle) } else { words(link, &curve) } }
            </g>
        };
        Some((line, mark))
    });
    // What is said of one link lies above the lines of all.
    let (lines, marks): (Vec<Html>, Vec<Html>) = draw.unzip();
    html! { <g class="cuts"><g>{ for lines }</g><g>{ for marks }</g></g> }
}

fn cross(at: Point) -> Html {
    html! {
        <>
            <circle cx={n(at.x)} cy={n(at.y)} r="8" />
            <path class="cut-cross" d={format!("M{} {}l6 6m0-6-6 6", n(at.x - 3.0), n(at.y - 3.0))} />
        </>
    }
}

/// What is wrong, on the line; an arrow says in which direction, if it is not both.
fn words(link: &LinkView, curve: &Curve) -> Html {
    let (at, forth) = (curve.at(0.5), curve.at(1.0).x > curve.at(0.0).x);
    let words = match (link.both, forth) {
        (true, _) => link.words.to_string(),
        (false, true) => format!("{} →", link.words),
        (false, false) => format!("← {}", link.words),
    };
    // The two directions of a link have the same line: their words stand below each other.
    let y = at.y + if link.both || link.from < link.to { 0.0 } else { 19.0 };
    let width = words.chars().map(|c| if c.is_ascii() { 6.2 } else { 10.5 }).sum::<f64>() + 12.0;
    html! {
        <>
            <rect x={n(at.x - width / 2.0)} y={n(y - 9.0)} width={n(width)} height="18" rx="5" />
            <text x={n(at.x)} y={n(y + 4.0)}>{ words }</text>
        </>
    }
}

/// What a node is cut off from, in words: short for the picture, and in full.
pub(super) fn severed(frame: &Frame, node: NodeId) -> Option<(String, String)> {
    let names = Names::of(frame);
    let others: Vec<String> = frame.cut_from(node).map(|other| names.node(other)).collect();
    let whole = format!("{} 연결 끊김", josa(&others.join(", "), Josa::With));
    match &others[..] {
        [] => None,
        [one] => Some((format!("✕ {} 끊김", josa(one, Josa::With)), whole)),
        many => Some((format!("✕ 연결 {}개 끊김", many.len()), whole)),
    }
}
