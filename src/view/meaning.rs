//! One line for each field of a record batch: what a person who sees the bytes wants to know.

use super::bytes::BitView;
use crate::record::{Attributes, TimestampType};

/// What the field `name` of a batch, or of a record in it, means; empty for a name that is not known.
pub(super) fn meaning(name: &str, in_record: bool) -> &'static str {
    match name {
        "baseOffset" => "배치 첫 레코드의 오프셋. 리더가 로그에 적을 때 채워요.",
        "batchLength" => "이 필드 다음부터 배치 끝까지의 바이트 수",
        "partitionLeaderEpoch" => "이 배치를 받은 리더의 에포크. 로그가 갈라진 곳을 찾을 때 써요.",
        "magic" => "배치 형식의 버전. 지금은 늘 2예요.",
        "crc" => "attributes부터 끝까지의 CRC-32C. 깨진 배치를 알아내요.",
        "attributes" if in_record => "레코드의 속성. 아직 쓰지 않아서 늘 0이에요.",
        "attributes" => "압축, 시각의 종류, 트랜잭션, 컨트롤 여부를 담은 비트",
        "lastOffsetDelta" => "마지막 레코드의 오프셋에서 baseOffset을 뺀 값. 정리로 레코드가 빠져도 그대로예요.",
        "baseTimestamp" => "첫 레코드의 시각(Unix ms). 삭제 기한 비트가 켜져 있으면 그 기한이에요.",
        "maxTimestamp" => "가장 늦은 레코드의 시각(Unix ms)",
        "producerId" => "멱등 프로듀서의 번호. −1은 없음",
        "producerEpoch" => "프로듀서 번호의 세대. −1은 없음",
        "baseSequence" => "첫 레코드의 순번. 같은 순번이 또 오면 중복이에요. −1은 없음",
        "recordsCount" => "배치에 든 레코드 수",
        "records" => "레코드들이 든 바이트",
        "length" => "이 레코드의 바이트 수(가변 길이 정수)",
        "timestampDelta" => "baseTimestamp와의 차이(ms)",
        "offsetDelta" => "baseOffset과의 차이",
        "keyLength" => "키의 바이트 수. −1은 키 없음",
        "key" => "키. 같은 키는 같은 파티션으로 가요.",
        "valueLength" => "값의 바이트 수. −1은 값 없음(툼스톤)",
        "value" => "값",
        "headersCount" => "헤더의 수",
        "headerKeyLength" => "헤더 이름의 바이트 수",
        "headerKey" => "헤더 이름",
        "headerValueLength" => "헤더 값의 바이트 수. −1은 값 없음",
        "headerValue" => "헤더 값",
        _ => "",
    }
}

/// The attribute bits of a batch, low ones first.
pub(super) fn attribute_bits(attributes: Attributes) -> Vec<BitView> {
    let bit = |place: &'static str, number: u32, on: &str, off: &str| {
        let is_on = attributes.0 >> number & 1 == 1;
        BitView { place, bits: u8::from(is_on).to_string(), meaning: if is_on { on } else { off }.into() }
    };
    let codec = attributes.compression_type().map_or("없는 코드".into(), |codec| match codec.name() {
        "none" => "압축 없음".to_string(),
        name => format!("{name} 압축"),
    });
    let clock = match attributes.timestamp_type() {
        TimestampType::CreateTime => "프로듀서의 시각(CreateTime)",
        TimestampType::LogAppendTime => "리더의 시각(LogAppendTime)",
    };
    let unused = attributes.0 as u16 >> 7;
    vec![
        BitView { place: "0–2", bits: format!("{:03b}", attributes.0 & 7), meaning: codec },
        bit("3", 3, clock, clock),
        bit("4", 4, "트랜잭션에 든 배치", "트랜잭션 아님"),
        bit("5", 5, "컨트롤 배치: 컨슈머에게 보이지 않아요", "보통 배치"),
        bit("6", 6, "baseTimestamp가 삭제 기한", "삭제 기한 없음"),
        BitView {
            place: "7–15",
            bits: format!("{unused:09b}"),
            meaning: if unused == 0 { "쓰지 않음" } else { "쓰지 않는 비트인데 켜져 있음" }.into(),
        },
    ]
}
