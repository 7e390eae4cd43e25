//! `kafka-console-consumer`: prints what it reads, as Kafka's `ConsoleConsumer` and `DefaultMessageFormatter` do.
//!
//! It is a consumer in a group like any other. Without `--group` it makes up a group for itself and commits nothing; with
//! `--partition` it belongs to none.

use super::Problem;
use super::call::{Call, setting};
use super::clients::consumer_settings;
use super::duration::write_duration;
use super::job::{Condition, Job, Reply, is_gone};
use super::kafka_text::log_line;
use super::output::{Line, Status, Wait};
use super::words::Word;
use crate::base::{Bytes, ClientId, NodeId, SimTime};
use crate::client::{ConsumedRecord, FetchException};
use crate::log::{EARLIEST_TIMESTAMP, LATEST_TIMESTAMP};
use crate::sim::{Action, ConsumerSpec, Session};

/// What the tool calls its client.
const NAME: &str = "console-consumer";

/// How long a script waits for a record, if only `--max-messages` is to end the tool.
const PATIENCE: SimTime = SimTime::from_secs(60);

/// How records are printed.
#[derive(Clone, Debug)]
struct Formatter {
    timestamp: bool,
    partition: bool,
    offset: bool,
    key: bool,
    value: bool,
    separator: String,
    null: String,
}

impl Formatter {
    fn new(call: &Call) -> Result<Self, Problem> {
        let mut it = Self {
            timestamp: false,
            partition: false,
            offset: false,
            key: false,
            value: true,
            separator: "\t".into(),
            null: "null".into(),
        };
        for word in call.values("--property").chain(call.values("--formatter-property")) {
            let (name, value) = setting(word)?;
            let yes = value.trim().eq_ignore_ascii_case("true");
            match name {
                "print.timestamp" => it.timestamp = yes,
                "print.partition" => it.partition = yes,
                "print.offset" => it.offset = yes,
                "print.key" => it.key = yes,
                "print.value" => it.value = yes,
                "key.separator" => it.separator = value.into(),
                "null.literal" => it.null = value.into(),
                "print.headers" | "print.epoch" | "print.delivery" | "line.separator" | "headers.separator" => {
                    return Err(Problem::new(word.column, format!("{name} 속성은 아직 없어요.")));
                }
                _ => {
                    let names = PROPERTIES.iter().copied();
                    return Err(Problem::new(word.column, format!("모르는 속성이에요: {name}.")).or_rather(name, names));
                }
            }
        }
        Ok(it)
    }

    fn line(&self, record: &ConsumedRecord) -> Line {
        let text = |bytes: &Option<Bytes>| match bytes {
            Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            None => self.null.clone(),
        };
        let parts = [
            self.timestamp.then(|| format!("CreateTime:{}", record.timestamp)),
            self.partition.then(|| format!("Partition:{}", record.partition.partition)),
            self.offset.then(|| format!("Offset:{}", record.offset)),
            self.key.then(|| text(&record.key)),
            self.value.then(|| text(&record.value)),
        ];
        Line::out(parts.into_iter().flatten().collect::<Vec<_>>().join(&self.separator))
    }
}

/// The properties that say how records are printed.
pub(super) const PROPERTIES: &[&str] = &[
    "print.timestamp",
    "print.partition",
    "print.offset",
    "print.key",
    "print.value",
    "key.separator",
    "null.literal",
];

/// `kafka-console-consumer`.
pub(super) fn run(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let topic = call.required("--topic")?.text.clone();
    let formatter = Formatter::new(call)?;
    let limit = call.number("--max-messages", 1, i64::from(i32::MAX))?.map(i64::cast_unsigned);
    let timeout = call.number("--timeout-ms", 0, 86_400_000)?.map(|ms| SimTime::from_ms(ms.unsigned_abs()));
    if timeout.is_none() && limit.is_none() && !call.interactive {
        return Err(Problem::new(1, "스스로 끝나지 않는 명령이에요. --max-messages나 --timeout-ms를 주세요."));
    }
    let patience = (timeout.is_none() && !call.interactive).then_some(PATIENCE);
    let spec = spec(call, session, topic, limit)?;
    session.act(Action::StartConsumer(spec)).map_err(|error| Problem::action(1, &error))?;
    let Some(client) = session.cluster().clients().last().map(|client| client.id) else {
        return Ok(Reply::done(Vec::new()));
    };
    let reading = Reading { client, formatter, limit, timeout, patience, seen: 0, since: session.now(), ending: None };
    Ok(reading.wait(Vec::new()))
}

fn spec(call: &Call, session: &Session, topic: String, limit: Option<u64>) -> Result<ConsumerSpec, Problem> {
    let named: Vec<&Word> = call.values("--consumer-property").chain(call.values("--command-property")).collect();
    let mut config = consumer_settings(named.iter().copied())?;
    let set = |config: &[(String, String)], name: &str| {
        config.iter().find(|(known, _)| known == name).map(|(_, v)| v.clone())
    };
    match (set(&config, "auto.offset.reset"), call.has("--from-beginning")) {
        (Some(value), true) if value != "earliest" => {
            return Err(Problem::new(
                1,
                format!("--from-beginning과 auto.offset.reset={value} 설정은 함께 쓸 수 없어요."),
            ));
        }
        (None, true) => config.push(("auto.offset.reset".into(), "earliest".into())),
        _ => {}
    }
    let group = match (call.value("--group").map(|word| word.text.clone()), set(&config, "group.id")) {
        (Some(a), Some(b)) if a != b => {
            return Err(Problem::new(1, format!("그룹이 두 가지예요: --group {a}, group.id={b}")));
        }
        (Some(group), _) | (None, Some(group)) => group,
        (None, None) => {
            if set(&config, "enable.auto.commit").is_none() {
                config.push(("enable.auto.commit".into(), "false".into()));
            }
            format!("{NAME}-{}", session.cluster().clients().count() + 1)
        }
    };
    if group.is_empty() {
        return Err(Problem::new(1, "그룹 이름이 비어 있어요."));
    }
    config.retain(|(name, _)| name != "group.id");
    let assign = assigned(call)?;
    Ok(ConsumerSpec {
        name: NAME.into(),
        group,
        topics: vec![topic],
        config,
        assign,
        processing_us: 0,
        limit,
        tool: true,
    })
}

/// The partition that is read without a group, and where: an offset, or −1 for the end and −2 for the beginning.
fn assigned(call: &Call) -> Result<Option<(i32, i64)>, Problem> {
    let partition = call.number("--partition", 0, i64::from(i32::MAX))?.and_then(|number| i32::try_from(number).ok());
    let offset = call.value("--offset");
    let Some(partition) = partition else {
        return match offset {
            Some(word) => Err(Problem::new(word.column, "--offset에는 --partition도 있어야 해요.")),
            None => Ok(None),
        };
    };
    if let Some(word) = call.value("--group") {
        return Err(Problem::new(word.column, "--group과 --partition은 함께 쓸 수 없어요. 그룹 없이 읽어요."));
    }
    let begin = match offset {
        None if call.has("--from-beginning") => EARLIEST_TIMESTAMP,
        None => LATEST_TIMESTAMP,
        Some(word) if call.has("--from-beginning") => {
            return Err(Problem::new(word.column, "--from-beginning과 --offset은 함께 쓸 수 없어요."));
        }
        Some(word) => match word.text.as_str() {
            "earliest" => EARLIEST_TIMESTAMP,
            "latest" => LATEST_TIMESTAMP,
            text => text.parse().ok().filter(|offset| *offset >= 0).ok_or_else(|| {
                Problem::new(word.column, format!("--offset 값은 earliest, latest, 0 이상의 정수예요: {text}"))
            })?,
        },
    };
    Ok(Some((partition, begin)))
}

/// The tool reads.
struct Reading {
    client: ClientId,
    formatter: Formatter,
    limit: Option<u64>,
    timeout: Option<SimTime>,
    /// How long a script waits for a record when nothing else ends it.
    patience: Option<SimTime>,
    /// How many records have been printed.
    seen: usize,
    /// When the last one came.
    since: SimTime,
    /// It has been told to end, and is to end so.
    ending: Option<Status>,
}

impl Reading {
    fn wait(self, lines: Vec<Line>) -> Reply {
        let (deadline, condition) = match self.ending {
            Some(_) => (Some(self.since + CLOSING), Condition::Gone(self.client)),
            None => (
                self.timeout.or(self.patience).map(|wait| self.since + wait),
                Condition::Delivered(self.client, self.seen),
            ),
        };
        Reply::wait(lines, Wait::new(deadline, condition), self)
    }

    /// The records that came since the last time.
    fn news(&mut self, session: &Session) -> Vec<Line> {
        let consumer = session.cluster().client(self.client).and_then(|client| client.consumer());
        let records = consumer.map(|consumer| consumer.delivered()).unwrap_or_default();
        let fresh = records.get(self.seen..).unwrap_or_default();
        let lines: Vec<Line> = fresh.iter().map(|record| self.formatter.line(record)).collect();
        self.seen += lines.len();
        if !lines.is_empty() {
            self.since = session.now();
        }
        lines
    }

    fn close(mut self, session: &mut Session, status: Status, lines: Vec<Line>) -> Reply {
        if is_gone(session.cluster(), self.client) {
            return self.end(status, lines);
        }
        (self.ending, self.since) = (Some(status), session.now());
        match session.act(Action::Stop(NodeId::Client(self.client))) {
            Ok(()) => self.wait(lines),
            Err(_) => self.end(status, lines),
        }
    }

    fn end(&self, status: Status, mut lines: Vec<Line>) -> Reply {
        lines.push(Line::err(format!("Processed a total of {} messages", self.seen)));
        Reply::end(status, lines)
    }
}

/// What the tool logs when it gives up; the exception and its causes follow, without the frames of the stack.
const TERMINATING: &str =
    "Error processing message, terminating consumer process:  (org.apache.kafka.tools.consumer.ConsoleConsumer)";

/// What its consumer threw, if it did.
fn thrown(session: &Session, client: ClientId) -> Option<FetchException> {
    session.cluster().client(client)?.consumer()?.exception().cloned()
}

/// How long a consumer may take to leave its group.
const CLOSING: SimTime = SimTime::from_secs(30);

impl Job for Reading {
    fn go_on(mut self: Box<Self>, session: &mut Session) -> Reply {
        let mut lines = self.news(session);
        if let Some(status) = self.ending {
            return self.end(status, lines);
        }
        if let Some(exception) = thrown(session, self.client) {
            let FetchException { cause, .. } = &exception;
            lines.push(log_line(session.now(), "ERROR", TERMINATING));
            lines.push(Line::err(format!("org.apache.kafka.common.KafkaException: {exception}")));
            lines.push(Line::err(format!("Caused by: {cause}")));
            return self.close(session, Status::Done, lines);
        }
        if self.limit.is_some_and(|limit| self.seen as u64 >= limit) || is_gone(session.cluster(), self.client) {
            return self.close(session, Status::Done, lines);
        }
        if self.timeout.is_some_and(|timeout| session.now().since(self.since) >= timeout) {
            lines.push(log_line(session.now(), "ERROR", TERMINATING));
            lines.push(Line::err("org.apache.kafka.common.errors.TimeoutException"));
            return self.close(session, Status::Done, lines);
        }
        if self.patience.is_some_and(|patience| session.now().since(self.since) >= patience) {
            let text = format!("{} 동안 레코드가 오지 않아 그만 읽어요.", write_duration(PATIENCE));
            lines.push(Line::err(text));
            return self.close(session, Status::Unmet, lines);
        }
        self.wait(lines)
    }

    fn interrupt(mut self: Box<Self>, session: &mut Session) -> Reply {
        let lines = self.news(session);
        if self.ending.is_some() {
            return self.end(Status::Done, lines);
        }
        self.close(session, Status::Done, lines)
    }
}
