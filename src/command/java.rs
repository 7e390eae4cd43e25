//! The order in which Java's hash tables give out what is in them, where a tool prints it so.

use crate::base::TopicPartition;
use crate::coordinator::java_hash_code;

/// Java's hash of a partition.
pub(super) fn partition_hash(tp: &TopicPartition) -> i32 {
    31i32.wrapping_mul(31i32.wrapping_add(tp.partition)).wrapping_add(java_hash_code(&tp.topic))
}

/// Things in the order of a `HashMap` that they were put into in this order, by the hashes of their keys.
pub(super) fn hash_map_order<T>(mut things: Vec<T>, hash: impl Fn(&T) -> i32) -> Vec<T> {
    let mut buckets = 16u32;
    while things.len() as u64 * 4 > u64::from(buckets) * 3 {
        buckets *= 2;
    }
    things.sort_by_key(|thing| {
        let hash = hash(thing).cast_unsigned();
        (hash ^ (hash >> 16)) & (buckets - 1)
    });
    things
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
}
