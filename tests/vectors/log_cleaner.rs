//! One round of the cleaner on the log under test.

use super::support::flag;
use kafkascope::base::Offset;
use kafkascope::disk::Disk;
use kafkascope::log::UnifiedLog;
use kafkascope::log::cleaner::{LogToClean, OffsetMapSize, plan};
use serde_json::{Value, json};

/// Cleans if there is something to clean and, unless the step forces it, enough of it. `checkpoint` is the log's own
/// from round to round.
pub(crate) fn clean(
    log: &mut UnifiedLog,
    disk: &mut Disk,
    checkpoint: &mut Option<Offset>,
    now_ms: i64,
    step: &Value,
) -> Result<Value, String> {
    let to_clean = LogToClean::new(log, *checkpoint, now_ms);
    let due = to_clean.is_due(log.config().min_cleanable_dirty_ratio) || flag(step, "force");
    let cleans = due && to_clean.cleanable_bytes > 0;
    let mut answer = json!({
        "first_dirty_offset": to_clean.first_dirty_offset,
        "first_uncleanable_offset": to_clean.first_uncleanable_offset,
        "clean_bytes": to_clean.clean_bytes,
        "cleanable_bytes": to_clean.cleanable_bytes,
        "dirty_ratio": dirty_ratio(&to_clean),
        "cleaned": cleans,
    });
    if cleans {
        let broken = |error: kafkascope::log::LogError| error.to_string();
        let plan = plan(log, disk, &to_clean, OffsetMapSize::default(), now_ms).map_err(broken)?;
        log.apply_cleaning(disk, &plan).map_err(broken)?;
        *checkpoint = Some(plan.next_dirty_offset);
        answer["next_dirty_offset"] = json!(plan.next_dirty_offset);
    }
    Ok(answer)
}

/// To four digits, as the file has it; −1 of nothing.
fn dirty_ratio(to_clean: &LogToClean) -> f64 {
    match (to_clean.cleanable_bytes, to_clean.total_bytes()) {
        (_, 0) => -1.0,
        (part, whole) => ((part * 20_000 + whole) / (2 * whole)) as f64 / 10_000.0,
    }
}
