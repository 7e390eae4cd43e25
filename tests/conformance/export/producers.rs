//! The producers of a log's life. What they know of their sequences they read from the log itself, so that they can go on
//! after it was cut or recovered.

use kafkascope::base::Rng;
use kafkascope::log::UnifiedLog;
use kafkascope::record::{CompressionType, RecordBatchBuilder};

/// The producer ids of those that are idempotent.
pub(crate) const IDEMPOTENT: [i64; 2] = [1000, 1001];
/// The producer ids of those with a transactional id.
pub(crate) const TRANSACTIONAL: [i64; 3] = [2000, 2001, 2002];

const CODECS: [CompressionType; 5] = [
    CompressionType::None,
    CompressionType::Gzip,
    CompressionType::Snappy,
    CompressionType::Lz4,
    CompressionType::Zstd,
];

/// Which producer a batch comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// One without an id.
    Plain,
    /// One of [`IDEMPOTENT`].
    Idempotent(i64),
    /// One of [`TRANSACTIONAL`].
    Transactional(i64),
}

/// Draws a producer.
pub(crate) fn draw(rng: &mut Rng, transactions: bool) -> From {
    match rng.below(if transactions { 5 } else { 3 }) {
        0 | 1 => From::Plain,
        2 => From::Idempotent(IDEMPOTENT[rng.below(2) as usize]),
        _ => From::Transactional(TRANSACTIONAL[rng.below(3) as usize]),
    }
}

/// The next batch of a producer. Keyed logs are those that are compacted: they take no record without a key.
pub(crate) fn batch(rng: &mut Rng, log: &UnifiedLog, from: From, now_ms: i64, keyed: bool) -> Vec<u8> {
    let mut builder = RecordBatchBuilder::new().with_compression(CODECS[rng.below(5) as usize]);
    if let From::Idempotent(id) | From::Transactional(id) = from {
        let known = log.producer_state().last_entry(id);
        let (epoch, last) = known.map_or((0, -1), |entry| (entry.producer_epoch(), entry.last_sequence()));
        builder = builder.with_producer(id, epoch, last.wrapping_add(1) & i32::MAX);
        builder = builder.with_transactional(matches!(from, From::Transactional(_)));
    }
    // One that is cut into several blocks by those codecs that do, or several small ones.
    let large = rng.below(25) == 0;
    for _ in 0..if large { 1 } else { 1 + rng.below(5) } {
        // Producers' clocks differ.
        let timestamp = now_ms - rng.below(3000) as i64 + rng.below(500) as i64;
        let key = if keyed || rng.below(4) > 0 { Some(format!("key-{}", rng.below(12)).into_bytes()) } else { None };
        let value = if large { Some(words(rng, 40_000)) } else { value(rng) };
        let headers = headers(rng);
        let headers: Vec<(&str, Option<&[u8]>)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        builder.append(timestamp, key.as_deref(), value.as_deref(), &headers);
    }
    builder.build()
}

fn value(rng: &mut Rng) -> Option<Vec<u8>> {
    match rng.below(20) {
        0..=2 => None,
        3 => Some(Vec::new()),
        4 => Some((0..200).map(|_| rng.below(256) as u8).collect()),
        _ => {
            let len = rng.below(120);
            Some(words(rng, len))
        }
    }
}

fn words(rng: &mut Rng, len: u64) -> Vec<u8> {
    let mut text = String::new();
    while (text.len() as u64) < len {
        text.push_str(["주문 ", "order ", "paid ", "배송 ", "cancelled "][rng.below(5) as usize]);
    }
    text.into_bytes()
}

fn headers(rng: &mut Rng) -> Vec<(String, Option<Vec<u8>>)> {
    let count = rng.below(8).saturating_sub(5);
    (0..count)
        .map(|number| {
            let value = (rng.below(3) > 0).then(|| words(rng, 5));
            (format!("header-{}", number % 2), value)
        })
        .collect()
}
