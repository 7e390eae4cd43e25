//! Bytes with names: what a hex view shows, of a record batch or of any other file.

use super::josa::{Josa, josa};
use super::meaning::{bits, meaning};
use crate::base::Date;
use crate::record::{Field, FieldName, MORE_RECORDS, RecordBatch, RecordError, TimestampType, layout};
use std::rc::Rc;

/// Of a value, this many letters are shown.
const VALUE_SHOWN: usize = 60;

/// Bytes with names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BytesView {
    /// What they are; empty if that goes without saying.
    pub title: String,
    /// Where the first byte lies in its file.
    pub base_position: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What they mean, in order: every byte is in exactly one.
    pub fields: Vec<FieldView>,
}

/// A run of bytes that means one thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldView {
    /// Where it begins, from the first byte shown.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Kafka's name of it.
    pub name: Rc<str>,
    /// What it says.
    pub value: String,
    /// The same in other words, where the value alone is hard to read: a date, an offset. Empty if it is not.
    pub note: String,
    /// What that means, in a line.
    pub meaning: &'static str,
    /// What it is part of: the header, a record, an entry.
    pub group: Rc<str>,
    /// Its bits, if each has a meaning of its own.
    pub bits: Vec<BitView>,
}

/// A bit, or some that belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BitView {
    /// Its number, or their numbers, from 0 at the low end.
    pub place: String,
    /// The bits, the high one first.
    pub bits: String,
    /// What they say.
    pub meaning: String,
}

impl BytesView {
    /// The field that holds the byte at `at`.
    #[must_use]
    pub fn field_at(&self, at: usize) -> Option<usize> {
        let next = self.fields.partition_point(|field| field.start <= at);
        next.checked_sub(1).filter(|place| at < self.fields[*place].end)
    }
}

/// A batch that begins at `position` of its file; behind it the records that come out of it, if it is compressed.
pub(super) fn batch_bytes(batch: &RecordBatch<'_>, position: u64) -> Vec<BytesView> {
    let layout = layout(batch);
    let (title, base_position, bytes) = (String::new(), position, batch.bytes().to_vec());
    let mut views = vec![BytesView { title, base_position, bytes, fields: fields(batch, layout.fields) }];
    if let Some(inner) = layout.decompressed {
        views[0].title = "파일에 있는 바이트".into();
        let title = format!("압축을 풀면 나오는 레코드 · {}바이트", inner.bytes.len());
        views.push(BytesView { title, base_position: 0, fields: fields(batch, inner.fields), bytes: inner.bytes });
    }
    views
}

fn fields(batch: &RecordBatch<'_>, layout: Vec<Field>) -> Vec<FieldView> {
    let mut group: Rc<str> = "배치 헤더".into();
    let mut last = (None, None);
    let mut views = Vec::with_capacity(layout.len());
    for field in layout {
        if field.name == FieldName::Records {
            group = "레코드".into();
        } else if (field.record, field.header) != last {
            last = (field.record, field.header);
            group = match last {
                (None, _) => "배치 헤더".into(),
                (Some(record), None) => format!("레코드 {record}").into(),
                (Some(record), Some(header)) => format!("레코드 {record} · 헤더 {header}").into(),
            };
        }
        views.push(FieldView {
            start: field.range.start,
            end: field.range.end,
            name: field.name.to_string().into(),
            note: note(batch, &field),
            value: shorten(value(batch, &field).unwrap_or(field.value)),
            meaning: meaning(field.name),
            group: group.clone(),
            bits: field.bits.iter().map(|it| bits(it, batch.attributes().0.cast_unsigned())).collect(),
        });
    }
    views
}

/// A value that is short enough to be read; the bytes beside it are all there.
pub(super) fn shorten(mut value: String) -> String {
    if let Some((end, _)) = value.char_indices().nth(VALUE_SHOWN) {
        value.truncate(end);
        value.push('…');
    }
    value
}

/// What a field says, where it can be said better than in English.
fn value(batch: &RecordBatch<'_>, field: &Field) -> Option<String> {
    match field.name {
        FieldName::Crc if batch.is_valid() => Some(format!("0x{:08x} · 맞음", batch.checksum())),
        FieldName::Crc => Some(format!("0x{:08x} · 틀림(계산값 0x{:08x})", batch.checksum(), batch.compute_checksum())),
        FieldName::Attributes => Some(format!("0x{:04x}", batch.attributes().0)),
        FieldName::Records if field.value.ends_with(MORE_RECORDS) => {
            Some(format!("레코드 {}건이 더 있어요", field.value.trim_end_matches(MORE_RECORDS)))
        }
        FieldName::Records => Some(match (batch.records().find_map(Result::err), batch.compression_type()) {
            (Some(error), _) => record_problem(&error),
            (None, Ok(codec)) if codec.name() != "none" => {
                format!("{} 압축한 레코드", josa(codec.name(), Josa::Toward))
            }
            _ => "레코드 뒤에 남은 바이트".into(),
        }),
        _ => None,
    }
}

/// What a number of the batch comes to.
fn note(batch: &RecordBatch<'_>, field: &Field) -> String {
    let number = field.value.parse::<i64>();
    match (field.name, number) {
        (FieldName::BaseTimestamp, _) => date(batch.base_timestamp()),
        (FieldName::MaxTimestamp, _) => date(batch.max_timestamp()),
        (FieldName::TimestampDelta, Ok(delta)) if batch.timestamp_type() == TimestampType::CreateTime => {
            date(batch.base_timestamp().saturating_add(delta))
        }
        (FieldName::OffsetDelta, Ok(delta)) => format!("오프셋 {}", batch.base_offset().saturating_add(delta)),
        _ => String::new(),
    }
}

/// The date of a Unix time; nothing for the number that stands for none.
pub(super) fn date(ms: i64) -> String {
    if ms < 0 { String::new() } else { format!("{} UTC", Date::of_unix_ms(ms)) }
}

/// What is wrong with bytes that claim to be a batch, for a person.
pub(super) fn record_problem(error: &RecordError) -> String {
    match error {
        RecordError::CutTail { needed, available } => {
            format!("배치가 잘렸어요. {needed}바이트가 있어야 하는데 {available}바이트뿐이에요.")
        }
        RecordError::InvalidLength(0) => "batchLength가 0이에요. 비어 있는 자리거나 깨진 곳이에요.".into(),
        RecordError::InvalidLength(length) => format!("batchLength가 {length}이에요. 배치의 길이일 수 없어요."),
        RecordError::UnsupportedMagic(magic @ 0..=1) => {
            format!("옛 형식(v{magic})의 메시지예요. 카프카 4.0부터 쓰지 않아서 여기서는 풀어 보이지 못해요.")
        }
        RecordError::UnsupportedMagic(magic) => format!("magic이 {magic}이에요. 레코드 배치의 시작이 아니에요."),
        RecordError::InvalidCompression { codec, position, reason } => {
            format!("{codec} 압축을 풀지 못했어요. 압축된 부분의 {position}번째 바이트가 이상해요. ({reason})")
        }
        RecordError::DecompressedTooLarge { codec, room } => {
            format!("{codec} 압축을 풀면 {room}바이트보다 커져서 멈췄어요.")
        }
        RecordError::UnknownCompression(id) => format!("압축 코드 {id}번은 없어요."),
        RecordError::CorruptCrc { stored, computed, .. } => {
            format!("CRC가 맞지 않아요. 적힌 값은 0x{stored:08x}, 계산한 값은 0x{computed:08x}예요.")
        }
        RecordError::VarintTooLong => "가변 길이 정수가 끝나지 않아요.".into(),
        RecordError::InvalidRecord { index, reason } => format!("{index}번 레코드를 읽지 못했어요. ({reason})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordBatchBuilder;

    #[test]
    fn a_batch_is_named_to_the_last_byte_and_says_what_is_wrong() {
        let mut builder = RecordBatchBuilder::new();
        builder.append(1000, Some(b"user-1"), Some(b"order"), &[]);
        builder.append(1001, None, None, &[]);
        let mut bytes = builder.build();
        let view = batch_bytes(&RecordBatch::parse(&bytes).unwrap(), 512).remove(0);
        assert_eq!(view.fields.first().map(|field| field.start), Some(0));
        assert!(view.fields.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!(view.fields.last().map(|field| field.end), Some(view.bytes.len()));
        assert!(view.fields.iter().all(|field| !field.meaning.is_empty()), "{:?}", view.fields);
        let named = |name: &str| view.fields.iter().find(|field| &*field.name == name).unwrap();
        assert!(named("crc").value.ends_with("맞음"));
        assert_eq!(named("attributes").bits.len(), 6);
        assert_eq!(&*named("key").group, "레코드 0");
        assert_eq!(named("baseTimestamp").note, "1970-01-01 00:00:01.000 UTC");
        assert_eq!(view.fields.iter().filter(|field| field.note == "오프셋 1").count(), 1);
        assert_eq!(
            view.field_at(named("key").start + 1).map(|place| view.fields[place].value.as_str()),
            Some("\"user-1\"")
        );
        *bytes.last_mut().unwrap() ^= 1;
        let view = batch_bytes(&RecordBatch::parse(&bytes).unwrap(), 0).remove(0);
        assert!(view.fields.iter().any(|field| field.value.contains("틀림")));
        assert_eq!(view.field_at(view.bytes.len()), None);
    }
}
