//! Cases that give whole files: a follower that fetches the `.log` must end up with the same bytes in every file.

use super::log_cases::config_of;
use super::log_state::{CLOCK_START_MS, check_bytes, new_log};
use super::support::{Vectors, int, list, maybe_hex};
use kafkascope::disk::Disk;
use serde_json::Value;

pub(crate) fn check(vectors: &mut Vectors) {
    for case in vectors.cases() {
        for step in list(&case, "steps") {
            let Some(files) = step["state"]["file_hex"].as_object() else { continue };
            match config_of(&case) {
                Ok(config) => {
                    let mut disk = Disk::new();
                    replay(&case, &mut disk, &config, files, &step["state"]);
                    vectors.checked();
                }
                Err(reason) => vectors.skip(&case, reason),
            }
        }
    }
}

fn replay(
    case: &Value,
    disk: &mut Disk,
    config: &kafkascope::log::LogConfig,
    files: &serde_json::Map<String, Value>,
    state: &Value,
) {
    let mut log = new_log(disk, config);
    for (file, bytes) in files.iter().filter(|(file, _)| file.ends_with(".log")) {
        let base_offset: i64 = file.trim_end_matches(".log").parse().expect("an offset");
        if log.active_segment().base_offset() != base_offset {
            log.roll(disk, Some(base_offset), CLOCK_START_MS).expect("rolled");
        }
        let records = maybe_hex(bytes).expect("bytes");
        for batch in kafkascope::record::batches(&records) {
            log.append_as_follower(disk, batch.expect("a batch").bytes(), i32::MAX, CLOCK_START_MS).expect("appended");
        }
    }
    for (file, bytes) in files {
        check_bytes(case, disk, file, bytes);
    }
    for (segment, expected) in log.segments().zip(list(state, "segments")) {
        assert_eq!(i64::from(segment.size()), int(expected, "size"), "{}", case["name"]);
    }
}
