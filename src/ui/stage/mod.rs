//! The stage: the world in one picture.
//!
//! Two drawings lie on each other. The lower one, [`Grid`], is drawn again only when something in the world changed; the
//! upper one, [`Packets`], with every animation frame, because a packet's place is a function of the moment. Beside them
//! stands a table that says the same in words.

mod clients;
mod columns;
mod links;
mod packets;
mod quorum;
mod replica;
mod row;
mod table;

use super::Msg;
use crate::base::SimTime;
use crate::view::geometry::{Layout, Mode};
use crate::view::{Frame, ProcessState, Selection};
use clients::{groups, ownership, producers};
use columns::columns;
use links::links;
use packets::Packets;
use quorum::quorum;
use row::partition_row;
use std::rc::Rc;
use table::Table;
use yew::prelude::*;

/// What the stage shows.
pub(super) struct Stage<'a> {
    pub(super) frame: &'a Rc<Frame>,
    pub(super) layout: &'a Rc<Layout>,
    pub(super) now: SimTime,
    pub(super) selection: &'a Option<Selection>,
    /// As a table in sight, instead of a picture.
    pub(super) as_table: bool,
    pub(super) send: &'a Callback<Msg>,
}

/// The stage.
pub(super) fn stage(view: &Stage<'_>) -> Html {
    let Stage { frame, layout, now, selection, as_table, send } = *view;
    if as_table {
        return html! { <div class="stage-table"><Table frame={frame.clone()} /></div> };
    }
    let size = format!("width:{:.0}px;height:{:.0}px", layout.width, layout.height);
    html! {
        <div class="canvas" style={size}>
            <Grid frame={frame.clone()} layout={layout.clone()} selection={selection.clone()} send={send.clone()} />
            <Packets frame={frame.clone()} layout={layout.clone()} {now} selection={selection.clone()}
                send={send.clone()} />
            <div class="sr-only"><Table frame={frame.clone()} /></div>
        </div>
    }
}

/// The properties of [`Grid`].
#[derive(Properties, PartialEq)]
struct GridProps {
    frame: Rc<Frame>,
    layout: Rc<Layout>,
    selection: Option<Selection>,
    send: Callback<Msg>,
}

/// All that stands still between two events.
#[component]
fn Grid(props: &GridProps) -> Html {
    let GridProps { frame, layout, selection, send } = props;
    let deselect = send.reform(|_: MouseEvent| Msg::Deselect);
    let down: Vec<_> = frame.brokers.iter().filter(|b| b.process != ProcessState::Running).map(|b| b.id).collect();
    let rows = frame.partitions.iter().zip(&layout.rows).map(|(partition, row)| {
        let chosen = selection.as_ref().filter(|s| touches(s, &partition.partition));
        partition_row(partition, (row, layout.mode), &down, chosen, send)
    });
    html! {
        <svg class="grid" width={layout.width.to_string()} height={layout.height.to_string()} onclick={deselect}
            role="group" aria-label="클러스터 그림">
            { patterns() }
            { quorum(frame, layout, selection.as_ref(), send) }
            { columns(frame, layout, selection.as_ref(), send) }
            { ownership(&frame.groups, layout) }
            <g>{ for rows }</g>
            { producers(frame, layout, selection.as_ref(), send) }
            { groups(frame, layout, selection.as_ref(), send) }
            { links(frame, layout) }
            if frame.partitions.is_empty() { { empty(layout) } }
        </svg>
    }
}

fn touches(selection: &Selection, partition: &crate::base::TopicPartition) -> bool {
    matches!(selection, Selection::Replica(_, p) | Selection::Record(_, p, _) if p == partition)
}

/// What stands where the rows will be.
fn empty(layout: &Layout) -> Html {
    let (Some(first), Some(last)) = (layout.columns.first(), layout.columns.last()) else {
        return html! { <text class="empty" x="24" y="90">{ "브로커가 없어요." }</text> };
    };
    let x = (first.rect.x + last.rect.right()) / 2.0;
    let y = first.head.bottom() + if layout.mode == Mode::Wide { 120.0 } else { 50.0 };
    html! {
        <g class="empty" text-anchor="middle">
            <text class="empty-title" x={x.to_string()} y={y.to_string()}>{ "아직 토픽이 없어요" }</text>
            <text x={x.to_string()} y={(y + 24.0).to_string()}>{ "위의 ‘토픽’ 단추나 터미널로 만들어 보세요." }</text>
        </g>
    }
}

/// The patterns that stand for keys besides their colours, and the hatching of what is down.
fn patterns() -> Html {
    // One shape for each hue; 0, for records without a key, is plain.
    const SHAPES: [&str; 7] = [
        "M0 0h6v6h-6z",
        "M-1 7 7 -1M-1 1 1 -1M5 7 7 5",
        "M3 0v6",
        "M0 3h6",
        "M-1 -1 7 7M5 -1 7 1M-1 5 1 7",
        "M0 0 3 3 6 0M0 6 3 3 6 6",
        "M3 1.2v3.6M1.2 3h3.6",
    ];
    let keys = SHAPES.iter().enumerate().map(|(i, shape)| {
        let hue = i + 1;
        html! {
            <pattern id={format!("key-{hue}")} width="6" height="6" patternUnits="userSpaceOnUse">
                <path class={format!("key-stroke k{hue}")} d={*shape} />
            </pattern>
        }
    });
    html! {
        <defs>
            { for keys }
            <pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <path class="hatch" d="M0 0v9" />
            </pattern>
        </defs>
    }
}
