//! `kafka-console-producer`: every line of input becomes a record, as Kafka's `ConsoleProducer` and `LineMessageReader` do it.
//!
//! The tool has defaults of its own, which differ from the producer's: it lingers for a second, tries three times again and waits 1.5 s for an
//! answer. Since its input ends here with the here-document, it closes at once, and closing sends without lingering.

use super::Problem;
use super::call::{Call, setting};
use super::clients::producer_settings;
use super::job::{Condition, Job, Reply, is_gone};
use super::kafka_text::{error_named, exception_line, log_line};
use super::output::{Line, Status, Wait};
use super::words::Word;
use crate::base::{ClientId, NodeId, SimTime};
use crate::sim::{Action, Cluster, KeySpec, ProducerSpec, Session};
use crate::trace::{EventSeq, TraceKind};

/// What the tool calls its client.
const NAME: &str = "console-producer";
/// Flags that stand for settings, with the tool's own defaults.
const FLAGS: [(&str, &str, &str); 8] = [
    ("--request-required-acks", "acks", "-1"),
    ("--message-send-max-retries", "retries", "3"),
    ("--retry-backoff-ms", "retry.backoff.ms", "100"),
    ("--timeout", "linger.ms", "1000"),
    ("--request-timeout-ms", "request.timeout.ms", "1500"),
    ("--batch-size", "batch.size", "16384"),
    ("--max-block-ms", "max.block.ms", "60000"),
    ("--compression-codec", "compression.type", "none"),
];

/// The properties that say how lines are read.
pub(super) const PROPERTIES: &[&str] = &["parse.key", "key.separator", "null.marker", "ignore.error"];

/// How lines are read.
struct LineReader {
    parse_key: bool,
    separator: String,
    null_marker: Option<String>,
    ignore_error: bool,
}

type Record = (Option<String>, Option<String>);

impl LineReader {
    fn new(call: &Call) -> Result<Self, Problem> {
        let mut reader = Self { parse_key: false, separator: "\t".into(), null_marker: None, ignore_error: false };
        for word in call.values("--property").chain(call.values("--reader-property")) {
            let (name, value) = setting(word)?;
            let yes = value.trim().eq_ignore_ascii_case("true");
            match name {
                "parse.key" => reader.parse_key = yes,
                "key.separator" if value.is_empty() => {
                    return Err(Problem::new(word.column, "key.separator 값이 비어 있어요."));
                }
                "key.separator" => reader.separator = value.into(),
                "null.marker" => reader.null_marker = Some(value.into()),
                "ignore.error" => reader.ignore_error = yes,
                "parse.headers" | "headers.delimiter" | "headers.separator" | "headers.key.separator" => {
                    return Err(Problem::new(word.column, format!("{name} 속성은 아직 없어요.")));
                }
                _ => {
                    let problem = Problem::new(word.column, format!("모르는 속성이에요: {name}."));
                    return Err(problem.or_rather(name, PROPERTIES.iter().copied()));
                }
            }
        }
        Ok(reader)
    }

    /// A line as a record, or what Kafka says of a line that is none.
    fn read(&self, line: &str, number: usize) -> Result<Record, String> {
        let some = |text: &str| (self.null_marker.as_deref() != Some(text)).then(|| text.to_string());
        if !self.parse_key {
            return Ok((None, some(line)));
        }
        match line.split_once(&self.separator) {
            Some((key, value)) => Ok((some(key), some(value))),
            None if self.ignore_error => Ok((None, some(line))),
            None => Err(format!("No key separator found on line number {number}: '{line}'")),
        }
    }
}

/// `kafka-console-producer`.
pub(super) fn run(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let topic = call.required("--topic")?.text.clone();
    let reader = LineReader::new(call)?;
    let config = config(call)?;
    let Some(input) = &call.input else {
        return Err(Problem::new(1, "보낼 줄을 적어 주세요: 명령 끝에 <<END, 다음 줄부터 보낼 내용, 마지막 줄에 END."));
    };
    let (mut records, mut broken) = (Vec::new(), None);
    for (line, number) in input.iter().zip(1..) {
        match reader.read(line, number) {
            Ok(record) => records.push(record),
            Err(message) => {
                broken = Some(message);
                break;
            }
        }
    }
    let from = session.cluster().trace().len();
    let number =
        |name: &str| config.iter().find(|(known, _)| known == name).and_then(|(_, n)| n.parse().ok()).unwrap_or(0);
    let (retries, max_block) = (number("retries"), number("max.block.ms"));
    let spec = ProducerSpec {
        name: NAME.into(),
        topic,
        interval_us: None,
        count: None,
        keys: KeySpec::None,
        value_size: 0,
        config,
        tool: true,
    };
    let refused = |error| Problem::action(1, &error);
    session.act(Action::StartProducer(spec)).map_err(refused)?;
    let Some(client) = session.cluster().clients().last().map(|client| client.id) else {
        return Ok(Reply::done(Vec::new()));
    };
    let sizes = records.iter().map(|(key, value)| (size(key.as_deref()), size(value.as_deref()))).collect();
    for (key, value) in records {
        session.act(Action::Send { producer: NAME.into(), key, value, partition: None }).map_err(refused)?;
    }
    if !is_gone(session.cluster(), client) {
        session.act(Action::Stop(NodeId::Client(client))).map_err(refused)?;
    }
    let job = Closing { client, from, sizes, retries, max_block, broken };
    Ok(Reply::wait(Vec::new(), Wait::new(Some(session.now() + LONGEST), Condition::Gone(client)), job))
}

/// Nothing takes longer: `delivery.timeout.ms` ends it before, unless somebody set that to more.
const LONGEST: SimTime = SimTime::from_secs(24 * 3600);

/// The flags with the tool's defaults, and on top what was set by name.
fn config(call: &Call) -> Result<Vec<(String, String)>, Problem> {
    let named: Vec<&Word> = call.values("--producer-property").chain(call.values("--command-property")).collect();
    let set = producer_settings(named.into_iter())?;
    let mut config = Vec::new();
    for (flag, name, default) in FLAGS {
        let given = call.value(flag);
        if given.is_none() && set.iter().any(|(known, _)| known == name) {
            continue;
        }
        let value = given.map_or(default, |word| word.text.as_str());
        if let Some(word) = given {
            let pair = Word { text: format!("{name}={value}"), ..word.clone() };
            producer_settings(std::iter::once(&pair))?;
        }
        config.push((name.to_string(), value.to_string()));
    }
    config.extend(
        set.into_iter().filter(|(name, _)| !FLAGS.iter().any(|(flag, known, _)| known == name && call.has(flag))),
    );
    Ok(config)
}

fn size(bytes: Option<&str>) -> Option<usize> {
    bytes.map(str::len)
}

/// The tool closes: everything is brought to its end.
struct Closing {
    client: ClientId,
    /// From where in the trace its story is told.
    from: EventSeq,
    /// The sizes of each record's key and value.
    sizes: Vec<(Option<usize>, Option<usize>)>,
    retries: u64,
    /// `max.block.ms`.
    max_block: u64,
    /// A line that could not be read.
    broken: Option<String>,
}

impl Job for Closing {
    fn go_on(self: Box<Self>, session: &mut Session) -> Reply {
        let mut lines = self.story(session.cluster());
        let failed = lines.iter().any(|line| line.text.contains("ERROR")) || self.broken.is_some();
        if let Some(message) = &self.broken {
            lines.push(Line::err(format!("org.apache.kafka.common.KafkaException: {message}")));
        }
        Reply::end(if failed { Status::ToolFailed } else { Status::Done }, lines)
    }

    fn interrupt(self: Box<Self>, session: &mut Session) -> Reply {
        if !is_gone(session.cluster(), self.client)
            && let Err(error) = session.act(Action::Kill(NodeId::Client(self.client)))
        {
            return Reply::end(Status::ToolFailed, vec![Line::err(error.to_string())]);
        }
        let mut lines = self.story(session.cluster());
        lines.push(Line::note("^C"));
        Reply::end(Status::ToolFailed, lines)
    }
}

impl Closing {
    /// What the tool's log says: retries, and records given up on.
    fn story(&self, cluster: &Cluster) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut tried = 0;
        for event in cluster.trace().since(self.from).filter(|event| event.node == Some(NodeId::Client(self.client))) {
            match &event.kind {
                TraceKind::ProduceRetried { partition, error } => {
                    tried += 1;
                    let left = self.retries.saturating_sub(tried);
                    let text = format!(
                        "[Producer clientId={NAME}] Got error produce response on topic-partition {partition}, retrying ({left} attempts left). \
                         Error: {error} (org.apache.kafka.clients.producer.internals.Sender)"
                    );
                    lines.push(log_line(event.at, "WARN", &text));
                }
                TraceKind::RecordsFailed { partition, ids, error, message } => {
                    for id in ids.iter() {
                        let (key, value) = self.sizes.get(id.number as usize).copied().unwrap_or_default();
                        let text = format!(
                            "Error when sending message to topic {} with key: {}, value: {} with error: \
                             (org.apache.kafka.clients.producer.internals.ErrorLoggingCallback)",
                            partition.topic,
                            bytes(key),
                            bytes(value)
                        );
                        lines.push(log_line(event.at, "ERROR", &text));
                        let unplaced =
                            format!("Topic {} not present in metadata after {} ms.", partition.topic, self.max_block);
                        let message = if partition.partition < 0 { unplaced.as_str() } else { message };
                        lines.push(Line::err(exception_line(error_named(error), message)));
                    }
                }
                _ => {}
            }
        }
        lines
    }
}

fn bytes(size: Option<usize>) -> String {
    size.map_or("null".into(), |size| format!("{size} bytes"))
}
