//! Words that one need not type: what may stand at the end of a line, and whole lines that fit the world.

use crate::command::{Place, path_words, vocabulary, world_names};
use crate::sim::Session;
use crate::view::{Frame, ProcessState};

/// More choices than this help nobody.
const MOST: usize = 14;

/// Something offered below the terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Offer {
    /// What stands on the chip.
    pub(super) label: String,
    /// What the line is then.
    pub(super) line: String,
}

impl Offer {
    fn line(line: String) -> Self {
        Self { label: line.clone(), line }
    }
}

/// Lines that one may want to run in this world.
pub(super) fn offers(frame: &Frame) -> Vec<Offer> {
    let mut lines = Vec::new();
    match frame.partitions.first() {
        None => lines.push(
            "kafka-topics --create --topic orders --partitions 3 --replication-factor 3 --config min.insync.replicas=2"
                .into(),
        ),
        Some(first) => {
            let topic = &first.partition.topic;
            lines.push(format!("kafka-topics --describe --topic {topic}"));
            lines.push(format!("kafka-console-consumer --topic {topic} --from-beginning --max-messages 5"));
            if first.leader.is_some() {
                lines.push(format!("broker kill leader({})", first.partition));
            }
        }
    }
    let dead = frame.brokers.iter().filter(|broker| broker.process == ProcessState::Dead);
    lines.extend(dead.take(2).map(|broker| format!("broker start {}", broker.id)));
    if let Some(group) = frame.groups.first() {
        lines.push(format!("show group {}", group.name));
    }
    lines.extend(["run 10s", "show cluster", "help"].map(String::from));
    lines.into_iter().map(Offer::line).collect()
}

/// Commands that take paths on a broker's disk.
const PATH_COMMANDS: [&str; 5] = ["ls ", "cat ", "cd ", "hexdump ", "kafka-dump-log "];

/// The line with its last word completed as far as that is clear, and what it may become if there are several ways.
pub(super) fn complete(session: &Session, place: Option<&Place>, line: &str) -> (String, Vec<Offer>) {
    let current = line.rsplit('\n').next().unwrap_or_default();
    let stem_at = current.rfind([' ', '(', ',', '!']).map_or(0, |at| at + 1);
    let (before, stem) = current.split_at(stem_at);
    let head = &line[..line.len() - stem.len()];
    let mut words = candidates(session, before);
    if PATH_COMMANDS.iter().any(|command| before.trim_start().starts_with(command)) {
        words.extend(path_words(session, place, stem));
    }
    words.retain(|word| word.starts_with(stem) && word != stem);
    words.sort();
    words.dedup();
    let whole = |word: &str| {
        let open = word.ends_with(['(', '=', ':', '/']);
        format!("{head}{word}{}", if open { "" } else { " " })
    };
    match &words[..] {
        [] => (line.into(), Vec::new()),
        [only] => (whole(only), Vec::new()),
        [first, others @ ..] => {
            let shared = others.iter().fold(first.as_str(), |shared, word| common(shared, word));
            let choices = words.iter().take(MOST).map(|word| Offer { label: word.clone(), line: whole(word) });
            (format!("{head}{shared}"), choices.collect())
        }
    }
}

/// What may follow `before`.
fn candidates(session: &Session, before: &str) -> Vec<String> {
    let words = vocabulary();
    let mut typed = before.split([' ', '(', ',', '!']).filter(|word| !word.is_empty());
    let Some(command) = typed.next().map(|name| name.trim_end_matches(".sh")) else {
        return words.commands.into_iter().map(|offer| offer.word).collect();
    };
    if typed.next_back().is_some_and(|last| matches!(last, "--config" | "--property" | "--producer-property")) {
        return words.settings.into_iter().filter(|(name, _)| *name == command).flat_map(|(_, names)| names).collect();
    }
    let own = words.words.into_iter().filter(|(name, _)| *name == command).flat_map(|(_, offers)| offers);
    let functions = words.functions.into_iter().filter(|_| matches!(command, "expect" | "run" | "broker"));
    own.chain(functions).map(|offer| offer.word).chain(world_names(session)).collect()
}

/// How both begin.
fn common<'a>(a: &'a str, b: &str) -> &'a str {
    let mut same = a.char_indices().zip(b.chars()).skip_while(|((_, x), y)| x == y);
    let end = same.next().map_or(a.len().min(b.len()), |((at, _), _)| at);
    &a[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::world::fresh_session;

    #[test]
    fn words_are_completed_from_the_language_and_from_the_world() {
        let session = fresh_session();
        assert_eq!(complete(&session, None, "kafka-to").0, "kafka-topics ");
        assert_eq!(
            complete(&session, None, "kafka-topics --create --topic ord").0,
            "kafka-topics --create --topic orders"
        );
        let (line, choices) = complete(&session, None, "kafka-console-");
        assert_eq!(line, "kafka-console-");
        assert_eq!(choices.len(), 2);
        assert_eq!(complete(&session, None, "expect isr(orders-0").0, "expect isr(orders-0");
        assert_eq!(complete(&session, None, "produc").0, "producer ");
        assert_eq!(complete(&session, None, "ls broker-1:/va").0, "ls broker-1:/var/");
        let place = Place { broker: crate::base::BrokerId(1), dir: crate::broker::LOG_DIR.into() };
        assert_eq!(complete(&session, Some(&place), "ls orders-0/lea").0, "ls orders-0/leader-epoch-checkpoint ");
    }

    #[test]
    fn the_first_world_is_alive_and_in_motion() {
        let session = fresh_session();
        let frame = crate::view::Projector::default().project(session.cluster());
        assert_eq!((frame.partitions.len(), frame.groups.len()), (3, 1));
        assert_eq!(frame.groups[0].state, "Stable");
        let now = session.now();
        let moving = frame.packets.iter().filter(|p| !p.idle && p.sent_at <= now && now < p.deliver_at);
        assert!(moving.count() >= 2);
    }
}
