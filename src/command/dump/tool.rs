//! `kafka-dump-log`: the tool on a broker's own disk.

use super::{DumpDecoder, DumpOptions, dump_log};
use crate::command::Problem;
use crate::command::call::Call;
use crate::command::files::{DiskPath, disk_paths};
use crate::command::grammar::Flag;
use crate::command::job::Reply;
use crate::command::output::{LineKind, Status};
use crate::sim::Session;

/// The options of `kafka-dump-log`.
pub(in crate::command) static FLAGS: &[Flag] = &[
    Flag::of("--files", "FILE[,FILE]", "볼 파일. broker-1:/var/lib/kafka/data/orders-0/00000000000000000000.log처럼"),
    Flag::alone("--print-data-log", "키와 값도 보여 줘요"),
    Flag::alone("--deep-iteration", "배치 안의 레코드까지 보여 줘요"),
    Flag::alone("--skip-record-metadata", "레코드의 오프셋, 시각, 크기는 빼고 보여 줘요"),
    Flag::of("--max-bytes", "BYTES", ".log에서 읽을 최대 크기"),
    Flag::of("--max-message-size", "BYTES", "인덱스를 확인할 때 한 번에 볼 크기 (기본값 5242880)"),
    Flag::alone("--verify-index-only", "인덱스의 내용은 빼고 틀린 것만 보여 줘요"),
    Flag::alone("--index-sanity-check", "브로커가 켜질 때 하는 인덱스 검사만 해요"),
    Flag::alone("--offsets-decoder", "__consumer_offsets의 레코드를 풀어서 보여 줘요"),
    Flag::not_yet("--transaction-log-decoder"),
    Flag::not_yet("--cluster-metadata-decoder"),
    Flag::not_yet("--remote-log-metadata-decoder"),
    Flag::not_yet("--share-group-state-decoder"),
    Flag::not_yet("--key-decoder-class"),
    Flag::not_yet("--value-decoder-class"),
];

/// `kafka-dump-log`.
pub(in crate::command) fn run(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let number = |flag, default| {
        let given = call.number(flag, 0, i64::from(i32::MAX))?;
        Ok(given.and_then(|n| i32::try_from(n).ok()).unwrap_or(default))
    };
    let paths = disk_paths(call.required("--files")?, call, session)?;
    let defaults = DumpOptions::default();
    let options = DumpOptions {
        files: Vec::new(),
        dir: String::new(),
        print_data_log: call.has("--print-data-log"),
        deep_iteration: call.has("--deep-iteration"),
        skip_record_metadata: call.has("--skip-record-metadata"),
        verify_index_only: call.has("--verify-index-only"),
        index_sanity_check: call.has("--index-sanity-check"),
        max_bytes: number("--max-bytes", defaults.max_bytes)?,
        max_message_size: number("--max-message-size", defaults.max_message_size)?,
        decoder: if call.has("--offsets-decoder") { DumpDecoder::Offsets } else { DumpDecoder::Strings },
    };
    let mut lines = Vec::new();
    // The real tool runs on one machine; files of several are dumped one machine after the other.
    for of_one in paths.chunk_by(|a, b| (a.broker, &a.dir) == (b.broker, &b.dir)) {
        let DiskPath { broker, dir, .. } = &of_one[0];
        let Some(node) = session.cluster().broker_node(*broker) else { continue };
        let files = of_one.iter().map(|path| path.shown.clone()).collect();
        lines.extend(dump_log(node.disk(), &DumpOptions { files, dir: dir.clone(), ..options.clone() }));
    }
    let failed = lines.iter().any(|line| line.kind == LineKind::Err && line.text.starts_with("Exception in thread"));
    Ok(Reply::end(if failed { Status::ToolFailed } else { Status::Done }, lines))
}
