//! `show batch`: one record batch byte by byte, each field by its name.
//!
//! The fields come from [`layout`], which the page's byte view is painted from, too.

use super::Problem;
use super::call::Call;
use super::job::Reply;
use super::output::{Line, Status};
use super::predicate::partition_named;
use super::table::{aligned, row};
use crate::record::{Field, layout};
use crate::sim::Session;

/// How many bytes of a field are shown; of a longer one the beginning.
const MOST_BYTES: usize = 8;

/// `show batch orders-0@3`: the batch of the leader's log that holds the offset.
pub(super) fn batch(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let word = call.need(0)?;
    let place = word.text.rsplit_once('@').and_then(|(tp, offset)| Some((tp, offset.parse::<i64>().ok()?)));
    let Some((name, offset)) = place else {
        return Err(Problem::new(word.column, format!("orders-0@3처럼 파티션@오프셋으로 적어요: {}", word.text)));
    };
    let cluster = session.cluster();
    let tp = partition_named(cluster, name, word.column)?;
    let leader = cluster.registration(&tp).and_then(|partition| partition.leader);
    let node = leader.and_then(|id| cluster.broker_node(id));
    let (Some(replica), Some(node)) = (cluster.leader_replica(&tp), node) else {
        return Err(Problem::new(word.column, format!("{tp}에는 지금 리더가 없어요.")));
    };
    let Some(found) = replica.log.batches(node.disk(), offset).next() else {
        return Ok(Reply::note("그 자리에는 레코드가 없어요."));
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return Ok(Reply::end(Status::ToolFailed, vec![Line::err(error.to_string())])),
    };
    let batch = found.batch();
    let layout = layout(&batch);
    let mut lines = vec![format!("위치 {}, {} 바이트", found.position, batch.size_in_bytes())];
    lines.extend(fields(&layout.fields, batch.bytes()));
    if let Some(inner) = &layout.decompressed {
        lines.push(format!("압축을 푼 레코드, {} 바이트", inner.bytes.len()));
        lines.extend(fields(&inner.fields, &inner.bytes));
    }
    Ok(Reply::done(lines.into_iter().map(Line::out).collect()))
}

/// A line for each field: where it lies, its bytes, its name, what it says; under it the bits that mean something.
fn fields(fields: &[Field], bytes: &[u8]) -> Vec<String> {
    let mut rows = Vec::new();
    let mut record = None;
    for field in fields {
        if field.record != record {
            record = field.record;
            rows.extend(record.map(|number| row![format!("  레코드 {number}")]));
        }
        let content = &bytes[field.range.clone()];
        let mut hex: Vec<String> = content.iter().take(MOST_BYTES).map(|byte| format!("{byte:02x}")).collect();
        if content.len() > MOST_BYTES {
            hex.push("…".into());
        }
        let indent = if field.record.is_some() { "    " } else { "  " };
        rows.push(row![format!("{indent}{}", field.range.start), hex.join(" "), field.name.as_str(), field.value]);
        for bit in &field.bits {
            let bits = match bit.bits.len() {
                1 => format!("비트 {}", bit.bits.start),
                _ => format!("비트 {}–{}", bit.bits.start, bit.bits.end - 1),
            };
            rows.push(row![format!("{indent}  {bits}"), "", bit.name.as_str(), bit.value]);
        }
    }
    aligned(&rows)
}
