//! The stage, read as a screen reader reads it: nothing here asks the model.

use crate::Page;

/// A replica's cell: `orders-0 브로커 3 리더, ISR, HW 12, LEO 12, 에포크 0`.
#[derive(Clone, PartialEq, Debug)]
pub struct Replica {
    /// The partition, as it is named on the stage.
    pub partition: String,
    /// The broker's number.
    pub broker: i64,
    /// `리더`, `팔로워`, or what else stands there.
    pub role: String,
    /// Whether it is said to be in the ISR.
    pub in_isr: bool,
    /// The high watermark.
    pub high_watermark: i64,
    /// The log end.
    pub log_end: i64,
    /// The leader epoch.
    pub epoch: i64,
}

impl Replica {
    fn read(label: &str) -> Option<Self> {
        let (head, rest) = label.split_once(", ")?;
        let mut words = head.splitn(4, ' ');
        let partition = words.next()?.to_owned();
        let (_, broker, role) = (words.next()?, words.next()?.parse().ok()?, words.next()?.to_owned());
        let number = |name: &str| rest.split(", ").find_map(|part| part.strip_prefix(name)?.trim().parse().ok());
        Some(Self {
            partition,
            broker,
            role,
            in_isr: rest.split(", ").any(|part| part == "ISR"),
            high_watermark: number("HW")?,
            log_end: number("LEO")?,
            epoch: number("에포크")?,
        })
    }
}

impl Page {
    /// The accessible names of all such elements.
    #[track_caller]
    pub fn labels_of(&self, css: &str) -> Vec<String> {
        let body =
            format!("return [...document.querySelectorAll({css:?})].map(e => e.getAttribute('aria-label') || '')");
        let labels = self.script(&body);
        labels.as_array().into_iter().flatten().filter_map(|label| label.as_str().map(str::to_owned)).collect()
    }

    /// All replicas on the stage.
    #[track_caller]
    pub fn replicas(&self) -> Vec<Replica> {
        self.labels_of("g.face").iter().filter_map(|label| Replica::read(label)).collect()
    }

    /// The replicas of one partition.
    #[track_caller]
    pub fn replicas_of(&self, partition: &str) -> Vec<Replica> {
        self.replicas().into_iter().filter(|replica| replica.partition == partition).collect()
    }

    /// The replica that wears the crown, if one does.
    #[track_caller]
    pub fn leader_of(&self, partition: &str) -> Option<Replica> {
        self.replicas_of(partition).into_iter().find(|replica| replica.role == "리더")
    }

    /// How many replicas of a partition are said to be in the ISR.
    #[track_caller]
    pub fn isr_of(&self, partition: &str) -> usize {
        self.replicas_of(partition).iter().filter(|replica| replica.in_isr).count()
    }

    /// The clock, in milliseconds of simulated time: `00:13.010`.
    #[track_caller]
    pub fn clock(&self) -> i64 {
        let text = self.text_of("output[aria-label='지금 시각']");
        let digits: Vec<i64> = text.split([':', '.']).filter_map(|part| part.trim().parse().ok()).collect();
        match digits[..] {
            [minutes, seconds, ms] => (minutes * 60 + seconds) * 1000 + ms,
            _ => panic!("the clock shows {text:?}"),
        }
    }

    /// Types a line into the terminal.
    #[track_caller]
    pub fn command(&self, line: &str) {
        self.type_into("[aria-label='명령']", &format!("{line}\n"));
    }
}
