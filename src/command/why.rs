//! `why`: from how something is, back to what began it.
//!
//! The last event that made it so is looked for in the trace, and then what caused that, and so on: each event names its cause.

use super::Problem;
use super::call::Call;
use super::inquire::{event_line, names};
use super::job::Reply;
use super::output::Line;
use super::predicate::partition_named;
use super::words::Word;
use crate::base::{NodeId, Offset, TopicPartition};
use crate::sim::{Cluster, Session};
use crate::trace::{EventSeq, TraceEvent, TraceKind};

/// How many links of a chain of causes are shown.
const LONGEST_CHAIN: usize = 12;
/// What one can ask of a partition.
const ASPECTS: [&str; 5] = ["hw", "isr", "leader", "epoch", "leo"];

/// `why orders-0.hw`.
pub(super) fn why(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let word = call.need(0)?;
    let seq = asked_event(word, session.cluster())?;
    Ok(chain(session.cluster(), seq, "아직 바뀐 적이 없어요."))
}

/// The event that a `why` asks after.
fn asked_event(word: &Word, cluster: &Cluster) -> Result<Option<EventSeq>, Problem> {
    let Some((name, aspect)) = word.text.rsplit_once('.') else {
        return Err(Problem::new(
            word.column,
            format!("orders-0.hw, orders-0.isr, orders-0.leader처럼 물어요: {}", word.text),
        ));
    };
    if !ASPECTS.contains(&aspect) {
        let problem = Problem::new(word.column, format!("{} 가운데 하나를 물어요: {aspect}.", ASPECTS.join(", ")));
        return Err(problem.or_rather(aspect, ASPECTS));
    }
    let tp = partition_named(cluster, name, word.column)?;
    Ok(latest_cause(cluster, &tp, aspect))
}

/// The last event that made a partition's `hw`, `isr`, `leader`, `epoch` or `leo` what it is.
#[must_use]
pub fn latest_cause(cluster: &Cluster, tp: &TopicPartition, aspect: &str) -> Option<EventSeq> {
    let leader = cluster.registration(tp).and_then(|partition| partition.leader).map(NodeId::Broker);
    let about = |event: &TraceEvent| match &event.kind {
        TraceKind::HighWatermark { partition, on_leader: true, .. } => aspect == "hw" && partition == tp,
        TraceKind::IsrChanged { partition, .. } => aspect == "isr" && partition == tp,
        TraceKind::LeaderElected { partition, .. } => (aspect == "leader" || aspect == "epoch") && partition == tp,
        TraceKind::Appended { partition, .. } | TraceKind::Truncated { partition, .. } => {
            aspect == "leo" && partition == tp && (leader.is_none() || event.node == leader)
        }
        _ => false,
    };
    latest(cluster, about)
}

fn latest(cluster: &Cluster, about: impl Fn(&TraceEvent) -> bool) -> Option<EventSeq> {
    cluster.trace().newest_first().find(|event| about(event)).map(|event| event.seq)
}

/// `why record orders-0@3`: why it is there, and if it is no more, why not.
pub(super) fn why_record(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (word, cluster) = (call.need(0)?, session.cluster());
    let place = word.text.split_once('@').and_then(|(tp, offset)| Some((tp, offset.parse::<Offset>().ok()?)));
    let Some((name, offset)) = place else {
        return Err(Problem::new(word.column, format!("orders-0@3처럼 파티션@오프셋으로 물어요: {}", word.text)));
    };
    let tp = partition_named(cluster, name, word.column)?;
    let appended = |event: &TraceEvent| match &event.kind {
        TraceKind::Appended { partition, first, last, as_leader: true, .. } => {
            *partition == tp && (*first..=*last).contains(&offset)
        }
        _ => false,
    };
    let Some(there) = latest(cluster, appended) else {
        return Ok(Reply::note("그 자리에 적힌 레코드가 없어요."));
    };
    let mut lines = Vec::new();
    if let Some(gone) = taken_away(cluster, &tp, offset, there) {
        lines.push(Line::note("그 레코드는 이제 없어요. 이래서 사라졌어요."));
        lines.extend(links(cluster, gone));
        lines.push(Line::note("이래서 거기 있었어요."));
    }
    lines.extend(links(cluster, there));
    Ok(Reply::done(lines))
}

/// The first event after an append that took the record away, if the leader no longer has it: an election of somebody who had it not, a cut, or a
/// deletion.
fn taken_away(cluster: &Cluster, tp: &TopicPartition, offset: Offset, appended: EventSeq) -> Option<EventSeq> {
    let log = &cluster.leader_replica(tp)?.log;
    if (log.log_start_offset()..log.log_end_offset()).contains(&offset) {
        return None;
    }
    let takes = |event: &&TraceEvent| match &event.kind {
        TraceKind::BecameLeader { partition, start, .. } => partition == tp && *start <= offset,
        TraceKind::Truncated { partition, to, .. } => partition == tp && *to <= offset,
        TraceKind::LogStartIncremented { partition, to, .. } => partition == tp && *to > offset,
        TraceKind::SegmentDeleted { partition, end, .. } => partition == tp && *end > offset,
        _ => false,
    };
    cluster.trace().since(appended).find(takes).map(|event| event.seq)
}

/// `why group payment`, `why group payment orders-0`: the last change of the group, or of its committed offset.
pub(super) fn why_group(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (word, cluster) = (call.need(0)?, session.cluster());
    let known: Vec<&str> = cluster.clients().filter_map(|client| client.group()).collect();
    if !known.contains(&&*word.text) {
        let problem = Problem::new(word.column, format!("그런 그룹은 없어요: {}.", word.text));
        return Err(problem.or_rather(&word.text, known));
    }
    let of = call.given(1).map(|word| partition_named(cluster, &word.text, word.column)).transpose()?;
    let about = |event: &TraceEvent| match (&event.kind, &of) {
        (TraceKind::OffsetCommitted { group, partition, .. }, Some(tp)) => **group == *word.text && partition == tp,
        (
            TraceKind::GroupState { group, .. }
            | TraceKind::MemberJoined { group, .. }
            | TraceKind::MemberLeft { group, .. },
            None,
        ) => **group == *word.text,
        _ => false,
    };
    let otherwise = if of.is_some() {
        "그룹이 이 파티션에 커밋한 적이 없어요."
    } else {
        "아직 바뀐 적이 없어요."
    };
    Ok(chain(cluster, latest(cluster, about), otherwise))
}

/// A chain of causes, from the effect back to what began it.
fn chain(cluster: &Cluster, seq: Option<EventSeq>, otherwise: &str) -> Reply {
    match seq {
        Some(seq) => Reply::done(links(cluster, seq)),
        None => Reply::note(otherwise),
    }
}

fn links(cluster: &Cluster, seq: EventSeq) -> Vec<Line> {
    let names = names(cluster);
    let mut lines: Vec<Line> =
        cluster.trace().causes(seq).take(LONGEST_CHAIN).map(|event| Line::out(event_line(event, &names))).collect();
    if cluster.trace().causes(seq).nth(LONGEST_CHAIN).is_some() {
        lines.push(Line::note("…"));
    }
    lines
}
