//! Telling news from repetition.
//!
//! Kafka fetches all the time, news or none. On a stage that would be noise; so the network remembers what was last asked and told
//! between two nodes, calls a Fetch that says nothing new *idle*, and labels one that does with the partition that it is news about.
//! Internal topics are never news. This is for the eye only: no node sees it.

use crate::base::{Map, NodeId, Offset, TopicPartition};
use crate::protocol::{Body, Request, Response};
use crate::trace::MessageLabel;

type Told = Map<TopicPartition, Offset>;

/// What was last asked (request: fetch offsets) and told (response: high watermarks) on each link.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct LastFetches {
    asked: Map<(NodeId, NodeId), Told>,
    told: Map<(NodeId, NodeId), Told>,
}

impl LastFetches {
    pub(super) fn forget(&mut self, node: NodeId) {
        self.asked.retain(|(a, b), _| *a != node && *b != node);
        self.told.retain(|(a, b), _| *a != node && *b != node);
    }

    pub(super) fn refine(&mut self, from: NodeId, to: NodeId, body: &Body, label: &mut MessageLabel) {
        match body {
            Body::Request { request: Request::Fetch(fetch), .. } => {
                let offsets = fetch.partitions.iter().map(|p| (p.partition.clone(), p.fetch_offset));
                let news = news(self.asked.entry((from, to)).or_default(), offsets);
                describe(label, &news, '@');
            }
            Body::Response { response: Response::Fetch(fetch), .. } if !label.failed => {
                let answers = fetch.partitions.iter().filter(|p| !p.partition.is_internal());
                let marks = answers.clone().map(|p| (p.partition.clone(), p.high_watermark));
                let news = news(self.told.entry((from, to)).or_default(), marks);
                let shown = answers
                    .clone()
                    .any(|p| !p.records.is_empty() || p.diverging.is_some() || p.preferred_read_replica.is_some());
                if !shown {
                    describe(label, &news, ' ');
                    label.loaded = false;
                }
            }
            _ => {}
        }
    }
}

/// Remembers what is said now, and returns what differs from before.
fn news(last: &mut Told, now: impl Iterator<Item = (TopicPartition, Offset)>) -> Vec<(TopicPartition, Offset)> {
    let mut news = Vec::new();
    for (tp, offset) in now.filter(|(tp, _)| !tp.is_internal()) {
        if last.insert(tp.clone(), offset) != Some(offset) {
            news.push((tp, offset));
        }
    }
    news
}

fn describe(label: &mut MessageLabel, news: &[(TopicPartition, Offset)], sign: char) {
    let say = |offset: &Offset| if sign == '@' { format!("@{offset}") } else { format!("HW {offset}") };
    match news {
        [] => label.idle = true,
        [(tp, offset)] => {
            label.partition = Some(tp.clone());
            label.detail = say(offset).into();
        }
        several => label.detail = format!("×{}", several.len()).into(),
    }
}
