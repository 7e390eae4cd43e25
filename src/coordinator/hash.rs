//! Which partition of `__consumer_offsets` a group belongs to.

/// Java's `String.hashCode`: over UTF-16 code units, wrapping at 32 bits.
#[must_use]
pub fn java_hash_code(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The partition that holds a group, of `partitions` in all.
///
/// Kafka's `Utils.abs` maps the one number without a positive twin, −2³¹, to 0.
///
/// # Panics
/// If `partitions` is not positive.
#[must_use]
pub fn partition_for(group_id: &str, partitions: i32) -> i32 {
    java_hash_code(group_id).checked_abs().unwrap_or(0) % partitions
}

/// Where a key stands in the iteration of a small Java `HashMap` (16 buckets): the bucket's number. Kafka breaks a tie of
/// votes by that order.
pub(super) fn java_bucket(key: &str) -> u32 {
    let hash = java_hash_code(key).cast_unsigned();
    (hash ^ (hash >> 16)) & 15
}

#[cfg(test)]
mod tests {
    use super::{java_hash_code, partition_for};

    #[test]
    fn hashes_as_java_does() {
        assert_eq!(java_hash_code(""), 0);
        assert_eq!(java_hash_code("group"), 98_629_247);
        assert_eq!(java_hash_code("polygenelubricants"), i32::MIN);
        assert_eq!(partition_for("polygenelubricants", 50), 0);
        assert_eq!(partition_for("group", 50), 47);
    }
}
