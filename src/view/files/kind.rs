//! What the files of a broker are for, and what stands in them: a line each.

use crate::log::{FileFate, LogFileKind};

/// What kind of file it is, in a word.
#[must_use]
pub fn kind_name(kind: LogFileKind) -> &'static str {
    match kind {
        LogFileKind::Log => "레코드 배치",
        LogFileKind::OffsetIndex => "오프셋 인덱스",
        LogFileKind::TimeIndex => "시간 인덱스",
        LogFileKind::TransactionIndex => "트랜잭션 인덱스",
        LogFileKind::ProducerSnapshot => "프로듀서 스냅샷",
        LogFileKind::LeaderEpochCheckpoint => "리더 에포크",
        LogFileKind::OffsetCheckpoint => "오프셋 체크포인트",
        LogFileKind::PartitionMetadata => "파티션 메타데이터",
        LogFileKind::MetaProperties => "노드 정보",
        LogFileKind::CleanShutdown => "정상 종료 표시",
        LogFileKind::Other => "그 밖의 파일",
    }
}

/// What the file called `name` is for.
#[must_use]
pub fn purpose(name: &str) -> &'static str {
    match LogFileKind::of(name) {
        LogFileKind::Log => "레코드 배치가 차례로 이어져 있어요. 이 세그먼트의 본체예요.",
        LogFileKind::OffsetIndex => "오프셋으로 .log 안의 위치를 찾아요. 배치마다가 아니라 4 KiB쯤마다 한 항목이에요.",
        LogFileKind::TimeIndex => "시각으로 오프셋을 찾아요. 지금까지 가장 늦은 시각이 바뀔 때만 항목이 늘어요.",
        LogFileKind::TransactionIndex => "중단된 트랜잭션의 목록. read_committed 컨슈머가 건너뛸 레코드를 알려 줘요.",
        LogFileKind::ProducerSnapshot => "이 오프셋까지의 프로듀서 상태. 다시 켠 뒤에도 중복을 걸러 내게 해 줘요.",
        LogFileKind::LeaderEpochCheckpoint => {
            "리더 에포크마다 어느 오프셋에서 시작했는지 적어요. 로그가 갈라진 곳을 찾을 때 써요."
        }
        LogFileKind::OffsetCheckpoint if name.starts_with("replication") => {
            "파티션마다 하이워터마크를 5초마다 적어요. 다시 켜면 여기서 이어 가요."
        }
        LogFileKind::OffsetCheckpoint if name.starts_with("recovery") => {
            "파티션마다 디스크에 확실히 쓴 데까지의 오프셋. 비정상 종료 뒤 복구는 여기서 시작해요."
        }
        LogFileKind::OffsetCheckpoint if name.starts_with("log-start") => {
            "파티션마다 로그 시작 오프셋을 적어요. 그 앞은 지워진 것으로 쳐요."
        }
        LogFileKind::OffsetCheckpoint if name.starts_with("cleaner") => {
            "로그 클리너가 파티션마다 어디까지 컴팩션했는지 적어요."
        }
        LogFileKind::OffsetCheckpoint => "파티션마다 오프셋 하나를 적어요.",
        LogFileKind::PartitionMetadata => "이 폴더가 어느 토픽의 것인지 토픽 ID로 밝혀요.",
        LogFileKind::MetaProperties => "이 디스크가 어느 클러스터, 어느 노드의 것인지 적어요.",
        LogFileKind::CleanShutdown => "정상 종료했다는 표시. 켤 때 이 파일이 있으면 복구 검사를 건너뛰어요.",
        LogFileKind::Other => "쓰임을 알 수 없는 파일. 바이트 그대로 보여 드려요.",
    }
}

/// What is to become of a file, in a word.
#[must_use]
pub fn fate_name(fate: FileFate) -> &'static str {
    match fate {
        FileFate::Deleted => "삭제 대기",
        FileFate::Cleaned => "클리너가 쓰는 중",
        FileFate::Swap => "교체 중",
    }
}

/// A size as people read it.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    let tenths = |unit: u64| bytes * 10 / unit;
    let (tenths, unit) = match bytes {
        0..=1023 => return format!("{bytes} B"),
        1024..=1_048_575 => (tenths(1 << 10), "KiB"),
        1_048_576..=1_073_741_823 => (tenths(1 << 20), "MiB"),
        _ => (tenths(1 << 30), "GiB"),
    };
    if tenths >= 1000 { format!("{} {unit}", tenths / 10) } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

/// What an entry of such a file is called.
pub(super) fn entry_word(kind: LogFileKind) -> &'static str {
    match kind {
        LogFileKind::TransactionIndex => "트랜잭션",
        LogFileKind::ProducerSnapshot => "프로듀서",
        LogFileKind::LeaderEpochCheckpoint => "에포크",
        LogFileKind::OffsetCheckpoint => "파티션",
        _ => "항목",
    }
}

/// What the field `name` of a file of this kind means; empty for a name that is not known.
pub(super) fn field_meaning(kind: LogFileKind, name: &str) -> &'static str {
    use LogFileKind as Kind;
    match (kind, name) {
        (Kind::OffsetIndex, "relativeOffset") => "배치의 마지막 오프셋에서 세그먼트의 기준 오프셋을 뺀 값",
        (Kind::TimeIndex, "relativeOffset") => "그 시각에 처음 닿은 배치의 마지막 오프셋. 기준 오프셋을 뺀 값이에요.",
        (Kind::OffsetIndex, "position") => "그 배치가 .log에서 시작하는 바이트 위치",
        (Kind::TimeIndex, "timestamp") => "여기까지 가장 늦은 레코드의 시각(Unix ms)",
        (Kind::TransactionIndex, "version") => "항목 형식의 버전. 0이에요.",
        (Kind::TransactionIndex, "producerId") => "트랜잭션을 중단한 프로듀서의 번호",
        (Kind::TransactionIndex, "firstOffset") => "그 트랜잭션의 첫 레코드",
        (Kind::TransactionIndex, "lastOffset") => "중단 마커의 오프셋. 여기까지가 그 트랜잭션이에요.",
        (Kind::TransactionIndex, "lastStableOffset") => "마커를 적을 때의 마지막 안정 오프셋(LSO)",
        (Kind::ProducerSnapshot, "version") => "스냅샷 형식의 버전. 1이에요.",
        (Kind::ProducerSnapshot, "crc") => {
            "이 뒤 모든 바이트의 CRC-32C. 틀리면 스냅샷을 버리고 로그에서 다시 만들어요."
        }
        (Kind::ProducerSnapshot, "producerEntriesCount") => "뒤따르는 프로듀서의 수",
        (Kind::ProducerSnapshot, "producerId") => "멱등 프로듀서의 번호",
        (Kind::ProducerSnapshot, "producerEpoch") => "그 번호의 세대. 더 낮은 세대의 쓰기는 거절해요.",
        (Kind::ProducerSnapshot, "lastSequence") => "마지막으로 받은 순번. 다음은 이 값 + 1이어야 해요.",
        (Kind::ProducerSnapshot, "lastOffset") => "그 순번의 레코드가 놓인 오프셋",
        (Kind::ProducerSnapshot, "offsetDelta") => "마지막 배치의 첫 레코드부터 끝 레코드까지의 차이",
        (Kind::ProducerSnapshot, "timestamp") => {
            "마지막 배치의 가장 늦은 시각(Unix ms). 오래 쉰 프로듀서를 잊을 때 봐요."
        }
        (Kind::ProducerSnapshot, "coordinatorEpoch") => "마지막 마커를 보낸 트랜잭션 코디네이터의 에포크. −1은 없음",
        (Kind::ProducerSnapshot, "currentTxnFirstOffset") => "열려 있는 트랜잭션의 첫 오프셋. −1은 없음",
        (Kind::PartitionMetadata, "version") => "파일 형식의 버전",
        (Kind::PartitionMetadata, "topicId") => "토픽의 ID. 같은 이름으로 다시 만든 토픽과 구별해요.",
        (_, "version") => "파일 형식의 버전. 0이에요.",
        (_, "entryCount") => "뒤따르는 줄의 수. 맞지 않으면 깨진 파일로 봐요.",
        (_, "epoch") => "리더 에포크",
        (_, "startOffset") => "그 에포크의 리더가 쓴 첫 오프셋",
        (_, "topic") => "토픽",
        (_, "partition") => "파티션 번호",
        (_, "offset") => "그 파티션의 오프셋",
        (_, "property") => "이름=값 한 줄",
        (_, "comment") => "사람이 읽으라고 적은 줄",
        (_, "json") => "JSON 한 줄. 종료할 때의 브로커 에포크가 들어 있어요.",
        (_, "text") => "뜻을 알 수 없는 바이트",
        (_, "rest") => "항목 하나가 되지 못하는 나머지. 쓰다 만 것이거나 깨진 것이에요.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{entry_fields, snapshot_head_fields, text_fields};

    #[test]
    fn sizes_are_short() {
        let texts = [0, 1023, 1024, 102_300, 102_400, 10 << 20, 3 << 30].map(size_text);
        assert_eq!(texts, ["0 B", "1023 B", "1.0 KiB", "99.9 KiB", "100 KiB", "10.0 MiB", "3.0 GiB"]);
    }

    #[test]
    fn every_field_of_every_file_has_a_meaning() {
        use LogFileKind as Kind;
        let mut fields = Vec::new();
        for kind in [Kind::OffsetIndex, Kind::TimeIndex, Kind::TransactionIndex, Kind::ProducerSnapshot] {
            fields.extend(entry_fields(kind, 0, 0, &[0; 47]).into_iter().map(|field| (kind, field.name)));
        }
        fields.extend(snapshot_head_fields(&[0; 10]).into_iter().map(|field| (Kind::ProducerSnapshot, field.name)));
        let text = b"0\n1\n1 2 3\n#c\n";
        let kinds = [
            Kind::LeaderEpochCheckpoint,
            Kind::OffsetCheckpoint,
            Kind::PartitionMetadata,
            Kind::MetaProperties,
            Kind::CleanShutdown,
            Kind::Other,
        ];
        for kind in kinds {
            fields.extend(text_fields(kind, 0, text).into_iter().map(|field| (kind, field.name)));
        }
        for (kind, name) in fields {
            assert!(!field_meaning(kind, name).is_empty(), "{kind:?} {name}");
        }
    }
}
