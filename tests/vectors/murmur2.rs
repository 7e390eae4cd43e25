//! `murmur2.json`: the hash of a key, and the partition among so many.

use super::support::{Vectors, hex, int};
use kafkascope::client::{murmur2, partition_for_key};

pub(crate) fn check(vectors: &mut Vectors) {
    for case in vectors.group("vectors") {
        let key = hex(&case, "key_hex");
        assert_eq!(i64::from(murmur2(&key)), int(&case, "murmur2_i32"), "{case}");
        for (partitions, expected) in case["partition_for"].as_object().expect("partitions by their number") {
            let number = partitions.parse().expect("a number of partitions");
            assert_eq!(Some(i64::from(partition_for_key(&key, number))), expected.as_i64(), "{partitions}: {case}");
        }
        vectors.checked();
    }
}
