//! A `.log` by batches: the list of them, and the bytes of the chosen one.

use super::open::{Choice, Content, PartView, Window};
use crate::disk::Disk;
use crate::record::{BatchHeader, RECORD_BATCH_OVERHEAD, RecordBatch, RecordError};
use crate::view::bytes::{BytesView, FieldView, batch_bytes, record_problem};
use std::rc::Rc;

/// Batches above this size are shown by their header only: nobody could make one in here, and it would be copied twice.
const LARGEST_SHOWN: u32 = 64 << 20;

/// How many bytes of what cannot be read are shown.
const REST_SHOWN: u64 = 4096;

/// How many bytes of the list's batches are read to check them; the others are listed by their headers.
const CHECKED: u64 = 8 << 20;

/// What stands at a place of a `.log`.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    /// A batch, as its header describes it.
    Batch(BatchHeader),
    /// Bytes up to the end of the file that are no batch, and why.
    Rest { len: u64, why: RecordError },
}

impl Part {
    fn len(&self) -> u64 {
        match self {
            Self::Batch(header) => header.size.into(),
            Self::Rest { len, .. } => *len,
        }
    }
}

/// The walk from batch to batch; what cannot be read is its last part.
struct Parts<'a> {
    disk: &'a Disk,
    path: &'a str,
    position: u64,
    len: u64,
}

impl Iterator for Parts<'_> {
    type Item = (u64, Part);

    fn next(&mut self) -> Option<Self::Item> {
        let (position, left) = (self.position, self.len.checked_sub(self.position).filter(|left| *left > 0)?);
        let mut bytes = [0; RECORD_BATCH_OVERHEAD];
        let size = self.disk.read_at(self.path, position, &mut bytes).unwrap_or(0);
        let part = match BatchHeader::parse(&bytes[..size]) {
            Ok(header) if u64::from(header.size) <= left => Part::Batch(header),
            Ok(header) => {
                Part::Rest { len: left, why: RecordError::CutTail { needed: header.size.into(), available: left } }
            }
            Err(why) => Part::Rest { len: left, why },
        };
        self.position += part.len();
        Some((position, part))
    }
}

/// The parts of the `.log` at `path`, as `choice` wants to see them.
pub(super) fn content(disk: &Disk, path: &str, choice: Choice) -> Content {
    let len = disk.len(path).unwrap_or(0);
    let walk = || Parts { disk, path, position: 0, len };
    let total = walk().count() as u64;
    let part = match choice.position {
        Some(position) => walk().take_while(|(at, _)| *at <= position).count().saturating_sub(1) as u64,
        None => choice.part,
    }
    .min(total.saturating_sub(1));
    let window = Window::around(choice.list.unwrap_or(part), total);
    let mut budget = CHECKED;
    let listed = walk().enumerate().skip(window.first as usize).take(window.len as usize);
    let parts = listed.map(|(number, (position, part))| match part {
        Part::Batch(header) => list_batch(disk, path, number as u64, position, &header, &mut budget),
        Part::Rest { len, .. } => list_rest(number as u64, len),
    });
    let mut content = Content { total, part, window, parts: parts.collect(), ..Content::default() };
    match walk().nth(part as usize) {
        Some((position, Part::Batch(header))) => show_batch(disk, path, position, &header, &mut content),
        Some((position, Part::Rest { len, why })) => show_rest(disk, path, position, len, &why, &mut content),
        None => content.notes.push("비어 있어요. 아직 아무 레코드도 오지 않았어요.".into()),
    }
    content
}

fn list_batch(disk: &Disk, path: &str, number: u64, position: u64, header: &BatchHeader, budget: &mut u64) -> PartView {
    let (first, last) = (header.base_offset, header.last_offset);
    let title = if first == last { first.to_string() } else { format!("{first}–{last}") };
    let mut view = PartView { number, title, detail: format!("{}바이트", header.size), ..PartView::default() };
    let size = u64::from(header.size);
    if size > *budget {
        return view;
    }
    *budget -= size;
    let bytes = disk.read(path, position, size).unwrap_or_default();
    let Ok(batch) = RecordBatch::parse(&bytes) else { return view };
    view.detail = format!("{}건 · {}바이트", batch.records_count(), header.size);
    if let Ok(codec) = batch.compression_type()
        && codec.name() != "none"
    {
        view.tags.push(codec.name());
    }
    if batch.is_control_batch() {
        view.tags.push("컨트롤");
    } else if batch.is_transactional() {
        view.tags.push("트랜잭션");
    }
    if !batch.is_valid() {
        view.tags.push("CRC 틀림");
        view.bad = true;
    }
    view
}

fn list_rest(number: u64, len: u64) -> PartView {
    let detail = format!("{len}바이트");
    PartView { number, title: "읽지 못한 곳".into(), detail, tags: Vec::new(), bad: true }
}

fn show_batch(disk: &Disk, path: &str, position: u64, header: &BatchHeader, content: &mut Content) {
    if header.size > LARGEST_SHOWN {
        let head = disk.read(path, position, RECORD_BATCH_OVERHEAD as u64).unwrap_or_default();
        content.notes.push(format!("{}바이트나 되는 배치라서 헤더만 보여 드려요.", header.size));
        content.blocks.push(raw(head, position, "배치 헤더", "", "이 배치의 헤더 61바이트").into());
        return;
    }
    let bytes = disk.read(path, position, header.size.into()).unwrap_or_default();
    let batch = match RecordBatch::parse(&bytes) {
        Ok(batch) => batch,
        Err(error) => return content.notes.push(record_problem(&error)),
    };
    if let Err(error) = batch.ensure_valid() {
        content.notes.push(record_problem(&error));
    }
    if let Some(error) = batch.records().find_map(Result::err) {
        content.notes.push(record_problem(&error));
    }
    content.blocks.extend(batch_bytes(&batch, position).into_iter().map(Rc::new));
}

fn show_rest(disk: &Disk, path: &str, position: u64, len: u64, why: &RecordError, content: &mut Content) {
    let bytes = disk.read(path, position, len.min(REST_SHOWN)).unwrap_or_default();
    let empty = bytes.iter().all(|byte| *byte == 0);
    content.notes.push(format!("{position}번째 바이트부터 배치로 읽을 수 없어요. {}", record_problem(why)));
    if len > REST_SHOWN {
        content.notes.push(format!("{len}바이트 가운데 처음 {REST_SHOWN}바이트만 보여 드려요."));
    }
    let value = if empty { "모두 0" } else { "" };
    let meaning = "레코드 배치가 아닌 바이트. 카프카라면 복구할 때 여기서 잘라 내요.";
    content.blocks.push(raw(bytes, position, "나머지", value, meaning).into());
}

/// Bytes that are one field.
pub(super) fn raw(bytes: Vec<u8>, position: u64, name: &str, value: &str, meaning: &'static str) -> BytesView {
    let field = FieldView {
        start: 0,
        end: bytes.len(),
        name: name.into(),
        value: value.into(),
        note: String::new(),
        meaning,
        group: "바이트".into(),
        bits: Vec::new(),
    };
    let fields = if bytes.is_empty() { Vec::new() } else { vec![field] };
    BytesView { title: String::new(), base_position: position, bytes, fields }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{RecordBatchBuilder, RecordBatchMut};

    const PATH: &str = "/t-0/00000000000000000000.log";

    fn log(batches: i64, tail: &[u8]) -> Disk {
        let mut disk = Disk::new();
        disk.create(PATH).unwrap();
        for base in 0..batches {
            let mut builder = RecordBatchBuilder::new();
            builder.append(1000 + base, Some(b"k"), Some(b"v"), &[]);
            let mut bytes = builder.build();
            RecordBatchMut::parse(&mut bytes).unwrap().set_base_offset(base);
            disk.append(PATH, &bytes).unwrap();
        }
        disk.append(PATH, tail).unwrap();
        disk
    }

    #[test]
    fn batches_are_listed_in_windows_and_found_by_position() {
        let disk = log(250, b"");
        let size = disk.len(PATH).unwrap() / 250;
        let at = |choice| content(&disk, PATH, choice);
        let start = at(Choice::default());
        assert_eq!((start.total, start.part, start.parts.len()), (250, 0, 100));
        assert_eq!((start.parts[7].title.as_str(), start.blocks[0].base_position), ("7", 0));
        let found = at(Choice { position: Some(size * 123 + 5), ..Choice::default() });
        assert_eq!((found.part, found.parts[0].number, found.blocks[0].base_position), (123, 100, size * 123));
        let elsewhere = at(Choice { part: 3, list: Some(249), ..Choice::default() });
        assert_eq!((elsewhere.part, elsewhere.parts.len()), (3, 50));
        assert_eq!(at(Choice { part: 9999, ..Choice::default() }).part, 249);
    }

    #[test]
    fn what_is_no_batch_is_shown_and_told() {
        for (tail, word) in [
            (&b"abc"[..], "잘렸"),
            (&[0; 100], "batchLength가 0"),
            (&[0xff; 100], "batchLength가 -1"),
            (&[[0; 11].as_slice(), &[60, 0, 0, 0, 0, 1], &[0; 60]].concat(), "옛 형식(v1)"),
        ] {
            let content = content(&log(2, tail), PATH, Choice { part: 2, ..Choice::default() });
            assert_eq!((content.total, content.parts[2].bad), (3, true));
            assert!(content.notes[0].contains(word), "{:?}", content.notes);
            assert_eq!(content.blocks[0].bytes, tail);
        }
        assert!(content(&log(0, b""), PATH, Choice::default()).notes[0].contains("비어"));
    }

    #[test]
    fn a_flipped_bit_is_seen_in_the_list() {
        let mut disk = log(2, b"");
        let len = disk.len(PATH).unwrap();
        disk.write_at(PATH, len - 2, b"!").unwrap();
        let content = content(&disk, PATH, Choice { part: 1, ..Choice::default() });
        assert_eq!(content.parts.iter().map(|part| part.bad).collect::<Vec<_>>(), [false, true]);
        assert!(content.notes[0].starts_with("CRC가 맞지 않아요"));
    }

    #[test]
    fn of_a_very_large_batch_the_first_records_are_shown_one_by_one() {
        let mut disk = Disk::new();
        disk.create(PATH).unwrap();
        let mut builder = RecordBatchBuilder::new();
        let value = [b'v'; 1000];
        for at in 0..6000 {
            builder.append(1000 + at, None, Some(&value), &[]);
        }
        for at in 0..9000 {
            builder.append(7000 + at, None, None, &[]);
        }
        disk.append(PATH, &builder.build()).unwrap();
        let content = content(&disk, PATH, Choice::default());
        let fields = &content.blocks[0].fields;
        assert!(content.notes.is_empty() && content.blocks[0].bytes.len() > 5 << 20);
        assert!(fields.iter().any(|field| &*field.group == "레코드 5999"));
        let last = fields.last().unwrap();
        assert!(last.end == content.blocks[0].bytes.len() && last.value.ends_with("건이 더 있어요"), "{last:?}");
    }
}
