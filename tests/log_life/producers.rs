//! Who writes to a log in its life.

use kafkascope::base::Rng;
use kafkascope::log::UnifiedLog;
use kafkascope::record::{CompressionType, RecordBatchBuilder};

/// The producer ids of those that are idempotent.
const IDEMPOTENT: [i64; 2] = [1000, 1001];
/// The producer ids of those with a transactional id.
pub(crate) const TRANSACTIONAL: [i64; 2] = [2000, 2001];

/// Which producer a batch comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum From {
    /// One without an id.
    Plain,
    /// One of [`IDEMPOTENT`].
    Idempotent(i64),
    /// One of [`TRANSACTIONAL`].
    Transactional(i64),
}

/// Draws a producer.
pub(crate) fn draw(rng: &mut Rng) -> From {
    match rng.below(5) {
        0 | 1 => From::Plain,
        2 => From::Idempotent(IDEMPOTENT[rng.below(2) as usize]),
        _ => From::Transactional(TRANSACTIONAL[rng.below(2) as usize]),
    }
}

/// The next batch of a producer in its epoch. Keyed logs are those that are compacted: they take no record without a key.
pub(crate) fn batch(rng: &mut Rng, log: &UnifiedLog, from: From, epoch: i16, now_ms: i64, keyed: bool) -> Vec<u8> {
    let codec = match rng.below(3) {
        0 => CompressionType::ALL[rng.below(CompressionType::ALL.len() as u64) as usize],
        _ => CompressionType::None,
    };
    let mut builder = RecordBatchBuilder::new().with_compression(codec);
    if let From::Idempotent(id) | From::Transactional(id) = from {
        let known = log.producer_state().last_entry(id).filter(|entry| entry.producer_epoch() == epoch);
        let last = known.map_or(-1, |entry| entry.last_sequence());
        builder = builder.with_producer(id, epoch, last.wrapping_add(1) & i32::MAX);
        builder = builder.with_transactional(matches!(from, From::Transactional(_)));
    }
    for _ in 0..1 + rng.below(4) {
        // Producers' clocks differ.
        let timestamp = now_ms - rng.below(3000) as i64 + rng.below(500) as i64;
        let key = (keyed || rng.below(4) > 0).then(|| format!("key-{}", rng.below(9)));
        let value = (rng.below(6) > 0).then(|| vec![b'v'; rng.below(90) as usize]);
        let header = [("header", value.as_deref())];
        let headers = if rng.below(5) == 0 { &header[..] } else { &[] };
        builder.append(timestamp, key.as_deref().map(str::as_bytes), value.as_deref(), headers);
    }
    builder.build()
}
