//! Links that are cut: a broken line between the two ends, a cross on it, and words at both.

use super::columns::n;
use crate::base::NodeId;
use crate::base::josa::{Josa, josa};
use crate::view::Frame;
use crate::view::geometry::Layout;
use crate::view::narrate::Names;
use yew::prelude::*;

/// All links that are cut.
pub(super) fn cuts(frame: &Frame, layout: &Layout) -> Html {
    if frame.cuts.is_empty() {
        return Html::default();
    }
    let names = Names::of(frame);
    let draw = frame.cuts.iter().filter_map(|(a, b)| {
        let curve = layout.link(*a, *b)?;
        let middle = curve.at(0.5);
        let words = format!("{} {} 사이의 연결이 끊겼어요", josa(&names.node(*a), Josa::With), names.node(*b));
        Some(html! {
            <g key={format!("{a}-{b}")} class="cut" role="img" aria-label={words.clone()}>
                <title>{ words }</title>
                <path class="cut-line" d={curve.to_string()} />
                <circle cx={n(middle.x)} cy={n(middle.y)} r="8" />
                <path class="cut-cross" d={format!("M{} {}l6 6m0-6-6 6", n(middle.x - 3.0), n(middle.y - 3.0))} />
            </g>
        })
    });
    html! { <g class="cuts">{ for draw }</g> }
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
