//! What of Java itself can be seen in what Kafka's tools print: the order in which its hash tables give out what is in them, and what its strings
//! make of bytes that are no text.

use crate::base::TopicPartition;
use crate::coordinator::java_hash_code;

/// Java's hash of a partition.
pub(super) fn partition_hash(tp: &TopicPartition) -> i32 {
    31i32.wrapping_mul(31i32.wrapping_add(tp.partition)).wrapping_add(java_hash_code(&tp.topic))
}

/// Things in the order of a `HashMap` that they were put into in this order, by the hashes of their keys.
pub(super) fn hash_map_order<T>(things: Vec<T>, hash: impl Fn(&T) -> i32) -> Vec<T> {
    let buckets = buckets(16, things.len());
    in_buckets(buckets, things, hash)
}

/// The same of a `HashMap` that was made for as many things as there are.
pub(super) fn sized_hash_map_order<T>(things: Vec<T>, hash: impl Fn(&T) -> i32) -> Vec<T> {
    let buckets = buckets((things.len().max(1) as u32).next_power_of_two(), things.len());
    in_buckets(buckets, things, hash)
}

/// How many buckets there are when it is full, of as many as there were at first.
fn buckets(mut buckets: u32, things: usize) -> u32 {
    while things as u64 > u64::from(buckets) * 3 / 4 {
        buckets *= 2;
    }
    buckets
}

/// Things in the order of a hash table of so many buckets.
pub(super) fn in_buckets<T>(buckets: u32, mut things: Vec<T>, hash: impl Fn(&T) -> i32) -> Vec<T> {
    things.sort_by_key(|thing| {
        let hash = hash(thing).cast_unsigned();
        (hash ^ (hash >> 16)) & (buckets - 1)
    });
    things
}

/// Bytes as a Java string decodes them from UTF-8. It replaces what is malformed as Rust does, but takes half of a surrogate pair, three bytes, for
/// one malformed character and not for three.
pub(super) fn decode_utf8(bytes: &[u8]) -> String {
    let (mut text, mut rest) = (String::with_capacity(bytes.len()), bytes);
    loop {
        let error = match std::str::from_utf8(rest) {
            Ok(valid) => return text + valid,
            Err(error) => error,
        };
        let (valid, malformed) = rest.split_at(error.valid_up_to());
        text.push_str(std::str::from_utf8(valid).unwrap_or_default());
        text.push(char::REPLACEMENT_CHARACTER);
        let len = match malformed {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => 3,
            [0xed, 0xa0..=0xbf, ..] => 2,
            _ => error.error_len().unwrap_or(malformed.len()),
        };
        rest = &malformed[len..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_a_java_program_printed_it() {
        let keys = vec!["partition", "size", "offsetLag", "isFuture"];
        let order = hash_map_order(keys, |key| java_hash_code(key));
        assert_eq!(order, ["partition", "size", "offsetLag", "isFuture"]);
        assert_eq!(hash_map_order(vec!["version", "brokers"], |key| java_hash_code(key)), ["brokers", "version"]);
        assert_eq!(
            hash_map_order(vec!["logDir", "error", "partitions"], |key| java_hash_code(key)),
            ["partitions", "error", "logDir"]
        );
    }

    #[test]
    fn bytes_become_text_as_in_java() {
        for (bytes, text) in [
            (&b"plain"[..], "plain"),
            ("주문 🚚".as_bytes(), "주문 🚚"),
            (b"a\xffb\xc0\x80c", "a\u{fffd}b\u{fffd}\u{fffd}c"),
            (b"\xe1\x80", "\u{fffd}"),
            (b"\xf0\x90\x80x", "\u{fffd}x"),
            (b"\xed\xa0\x80x", "\u{fffd}x"),
            (b"\xed\xbfx", "\u{fffd}x"),
            (b"\xed\xa0", "\u{fffd}"),
            (b"\xed\x9f\xbf", "\u{d7ff}"),
        ] {
            assert_eq!(decode_utf8(bytes), text, "{bytes:x?}");
        }
    }
}
