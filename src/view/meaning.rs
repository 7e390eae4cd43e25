//! One line for each field of a record batch: what a person who sees the bytes wants to know.

use super::bytes::BitView;
use crate::record::{BitField, FieldName};

/// What the field `name` of a batch means.
pub(super) fn meaning(name: FieldName) -> &'static str {
    match name {
        FieldName::BaseOffset => "배치 첫 레코드의 오프셋. 리더가 로그에 적을 때 채워요.",
        FieldName::BatchLength => "이 필드 다음부터 배치 끝까지의 바이트 수",
        FieldName::PartitionLeaderEpoch => "이 배치를 받은 리더의 에포크. 로그가 갈라진 곳을 찾을 때 써요.",
        FieldName::Magic => "배치 형식의 버전. 지금은 늘 2예요.",
        FieldName::Crc => "attributes부터 끝까지의 CRC-32C. 깨진 배치를 알아내요.",
        FieldName::Attributes => "압축, 시각의 종류, 트랜잭션, 컨트롤 여부를 담은 비트",
        FieldName::CompressionType => "레코드를 압축한 코덱(비트 0–2)",
        FieldName::TimestampType => {
            "레코드의 시각을 정한 쪽(비트 3). 프로듀서면 CreateTime, 리더면 LogAppendTime이에요."
        }
        FieldName::IsTransactional => "트랜잭션에 든 배치인지(비트 4)",
        FieldName::IsControlBatch => "카프카가 스스로 적은 배치인지(비트 5). 컨슈머에게는 보이지 않아요.",
        FieldName::HasDeleteHorizon => "baseTimestamp 자리에 툼스톤을 지워도 되는 시각이 들었는지(비트 6)",
        FieldName::Unused => "아직 쓰지 않는 비트",
        FieldName::LastOffsetDelta => {
            "마지막 레코드의 오프셋에서 baseOffset을 뺀 값. 컴팩션으로 레코드가 빠져도 그대로예요."
        }
        FieldName::BaseTimestamp => "레코드들의 시각을 재는 기준(Unix ms). 보통은 첫 레코드의 시각이에요.",
        FieldName::MaxTimestamp => "가장 늦은 레코드의 시각(Unix ms)",
        FieldName::ProducerId => "멱등 프로듀서의 번호. −1은 없음",
        FieldName::ProducerEpoch => "프로듀서 번호의 세대. −1은 없음",
        FieldName::BaseSequence => "첫 레코드의 순번. 같은 순번이 또 오면 중복이에요. −1은 없음",
        FieldName::RecordsCount => "배치에 든 레코드 수",
        FieldName::Records => "한 덩어리로 압축했거나 읽을 수 없는 레코드들",
        FieldName::Length => "이 레코드의 바이트 수(가변 길이 정수)",
        FieldName::RecordAttributes => "레코드의 속성. 아직 쓰지 않아 늘 0이에요.",
        FieldName::TimestampDelta => "baseTimestamp와의 차이(ms)",
        FieldName::OffsetDelta => "baseOffset과의 차이",
        FieldName::KeyLength => "키의 바이트 수. −1은 키 없음",
        FieldName::Key => "키. 같은 키는 같은 파티션으로 가요.",
        FieldName::ValueLength => "값의 바이트 수. −1은 값 없음(툼스톤)",
        FieldName::Value => "값",
        FieldName::HeadersCount => "헤더의 수",
        FieldName::HeaderKeyLength => "헤더 이름의 바이트 수",
        FieldName::HeaderKey => "헤더 이름",
        FieldName::HeaderValueLength => "헤더 값의 바이트 수",
        FieldName::HeaderValue => "헤더 값",
        FieldName::ControlKeyVersion => "컨트롤 레코드 키의 버전",
        FieldName::ControlType => "컨트롤 레코드의 종류. 0은 ABORT, 1은 COMMIT",
        FieldName::MarkerVersion => "트랜잭션 마커의 버전",
        FieldName::CoordinatorEpoch => "마커를 보낸 트랜잭션 코디네이터의 에포크",
    }
}

/// Some bits of `whole`, and what they say.
pub(super) fn bits(field: &BitField, whole: u16) -> BitView {
    let (first, last) = (field.bits.start, field.bits.end - 1);
    let width = usize::from(field.bits.end - first);
    let bits = (u32::from(whole) >> first) & ((1u32 << width) - 1);
    let on = bits != 0;
    let meaning = match field.name {
        FieldName::CompressionType if !on => "압축하지 않음".into(),
        FieldName::CompressionType => format!("{} 압축", field.value),
        FieldName::TimestampType if on => "리더의 시각(LogAppendTime)".into(),
        FieldName::TimestampType => "프로듀서의 시각(CreateTime)".into(),
        FieldName::IsTransactional if on => "트랜잭션에 든 배치".into(),
        FieldName::IsTransactional => "트랜잭션 아님".into(),
        FieldName::IsControlBatch if on => "컨트롤 배치. 컨슈머에게는 보이지 않아요.".into(),
        FieldName::IsControlBatch => "보통 배치".into(),
        FieldName::HasDeleteHorizon if on => "baseTimestamp 자리에 삭제 기한이 있음".into(),
        FieldName::HasDeleteHorizon => "삭제 기한 없음".into(),
        _ if on => "쓰지 않는 비트인데 켜져 있음".into(),
        _ => "쓰지 않음".into(),
    };
    let place = if first == last { first.to_string() } else { format!("{first}–{last}") };
    BitView { place, bits: format!("{bits:0width$b}"), meaning }
}
