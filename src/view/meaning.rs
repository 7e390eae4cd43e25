//! One line for each field of a record batch: what a person who sees the bytes wants to know.

/// What the field `name` of a batch means; empty for a name that is not known.
pub(super) fn meaning(name: &str) -> &'static str {
    match name {
        "baseOffset" => "배치 첫 레코드의 오프셋. 리더가 로그에 적을 때 채워요.",
        "batchLength" => "이 필드 다음부터 배치 끝까지의 바이트 수",
        "partitionLeaderEpoch" => "이 배치를 받은 리더의 에포크. 로그가 갈라진 곳을 찾을 때 써요.",
        "magic" => "배치 형식의 버전. 지금은 늘 2예요.",
        "crc" => "attributes부터 끝까지의 CRC-32C. 깨진 배치를 알아내요.",
        "attributes" => "압축, 시각의 종류, 트랜잭션, 컨트롤 여부를 담은 비트",
        "lastOffsetDelta" => "마지막 레코드의 오프셋에서 baseOffset을 뺀 값",
        "baseTimestamp" => "첫 레코드의 시각(Unix ms)",
        "maxTimestamp" => "가장 늦은 레코드의 시각(Unix ms)",
        "producerId" => "멱등 프로듀서의 번호. −1은 없음",
        "producerEpoch" => "프로듀서 번호의 세대. −1은 없음",
        "baseSequence" => "첫 레코드의 순번. −1은 없음",
        "recordsCount" => "배치에 든 레코드 수",
        "records" => "레코드들",
        "length" => "이 레코드의 바이트 수(가변 길이 정수)",
        "timestampDelta" => "baseTimestamp와의 차이(ms)",
        "offsetDelta" => "baseOffset과의 차이",
        "keyLength" => "키의 바이트 수. −1은 키 없음",
        "key" => "키. 같은 키는 같은 파티션으로 가요.",
        "valueLength" => "값의 바이트 수. −1은 값 없음(무덤)",
        "value" => "값",
        "headersCount" => "헤더의 수",
        "headerKeyLength" => "헤더 이름의 바이트 수",
        "headerKey" => "헤더 이름",
        "headerValueLength" => "헤더 값의 바이트 수",
        "headerValue" => "헤더 값",
        _ => "",
    }
}
