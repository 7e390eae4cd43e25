//! A partition: its name, and a cell for each replica.

use super::columns::n;
use super::replica::{Replica, Selected};
use crate::base::BrokerId;
use crate::ui::Msg;
use crate::view::geometry::{Mode, Row};
use crate::view::{PartitionView, Selection};
use yew::prelude::*;

/// A row of the grid. `down` are the brokers that do not run.
pub(super) fn partition_row(
    partition: &PartitionView,
    (row, mode): (&Row, Mode),
    down: &[BrokerId],
    selection: Option<&Selection>,
    send: &Callback<Msg>,
) -> Html {
    let cells = row.cells.iter().filter_map(|(broker, rect)| {
        let log = partition.logs.iter().find(|log| log.broker == *broker)?;
        let selected = match selection {
            Some(Selection::Replica(b, _)) if b == broker => Selected::Whole,
            Some(Selection::Record(b, _, offset)) if b == broker => Selected::Record(*offset),
            _ => Selected::No,
        };
        Some(html! {
            <Replica key={broker.0} log={log.clone()} rect={*rect} window={row.window} {selected}
                leads={partition.leader == Some(*broker)} standing={partition.standing(*broker)} down={down.contains(broker)} send={send.clone()} />
        })
    });
    html! {
        <g key={partition.partition.to_string()} class="row">
            { label(partition, row, mode) }
            <g>{ for cells }</g>
        </g>
    }
}

fn label(partition: &PartitionView, row: &Row, mode: Mode) -> Html {
    let isr: Vec<String> = partition.isr.iter().map(ToString::to_string).collect();
    let short = partition.isr.len() < partition.min_isr;
    let mut isr = format!("ISR {}", if isr.is_empty() { "없음".into() } else { isr.join("·") });
    if !partition.elr.is_empty() {
        let elr: Vec<String> = partition.elr.iter().map(ToString::to_string).collect();
        isr.push_str(&format!(" · ELR {}", elr.join("·")));
    }
    let moving = !partition.adding.is_empty() || !partition.removing.is_empty();
    let (isr_x, isr_y, warn_x, warn_y) = match mode {
        Mode::Wide => (row.label.x, row.label.y + 16.0, row.label.x, row.label.y + 30.0),
        Mode::Narrow => (
            row.label.x + 86.0,
            row.label.y,
            row.label.x + if partition.elr.is_empty() { 160.0 } else { 215.0 },
            row.label.y,
        ),
    };
    let warning = match partition.leader {
        None => Some("리더 없음"),
        Some(_) if short => Some("acks=all 거부"),
        Some(_) if moving => Some("재할당 중"),
        Some(_) => None,
    };
    html! {
        <g class="row-label">
            <text class="row-name" x={n(row.label.x)} y={n(row.label.y)}>{ partition.partition.to_string() }</text>
            <text class={classes!("row-isr", short.then_some("short"))} x={n(isr_x)} y={n(isr_y)}>{ isr }</text>
            if let Some(warning) = warning {
                <text class={classes!("row-isr", if short || partition.leader.is_none() { "short" } else { "moving" })} x={n(warn_x)} y={n(warn_y)}>{ warning }</text>
            }
        </g>
    }
}
