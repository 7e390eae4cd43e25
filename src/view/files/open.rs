//! An opened file: the list of its parts, and the bytes of the chosen one.
//!
//! However large a file is, only what is seen is read: a `.log` by batches, an index by runs of entries, text by runs of
//! lines. The list too is a window on what may be very many parts.

use super::batches;
use super::kind::{entry_word, field_meaning};
use super::tree::FileRow;
use crate::base::Offset;
use crate::disk::Disk;
use crate::log::{FileField, LogFileKind, entry_fields, offset_in_file_name, snapshot_head_fields, text_fields};
use crate::view::bytes::{BytesView, FieldView, date};
use std::rc::Rc;

/// How many parts are listed at a time.
const PARTS_LISTED: u64 = 100;

/// How many bytes of a row of entries, or of a file of unknown kind, make a part.
const CHUNK: u64 = 512;

/// Text beyond this many bytes is not shown.
const LARGEST_TEXT: u64 = 1 << 20;

/// How many lines of text make a part.
const LINES: usize = 32;

/// Which part of a file is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Choice {
    /// The part's number, from 0.
    pub part: u64,
    /// The part that holds this byte of the file, whatever its number.
    pub position: Option<u64>,
    /// A part that the list is to show; the chosen one unless said otherwise.
    pub list: Option<u64>,
}

/// An opened file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenFile {
    /// The file.
    pub file: Rc<FileRow>,
    /// What of it is shown.
    pub content: Content,
}

/// What of a file is shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Content {
    /// How many parts it has.
    pub total: u64,
    /// The chosen part.
    pub part: u64,
    /// Which parts are listed.
    pub window: Window,
    /// Those.
    pub parts: Vec<PartView>,
    /// What a person should know about the chosen part.
    pub notes: Vec<String>,
    /// The bytes of the chosen part; of a compressed batch also those that come out of it.
    pub blocks: Vec<Rc<BytesView>>,
}

/// A part in the list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PartView {
    /// Its number, from 0.
    pub number: u64,
    /// What it is.
    pub title: String,
    /// Its measures.
    pub detail: String,
    /// What is special about it.
    pub tags: Vec<&'static str>,
    /// Whether something is wrong with it.
    pub bad: bool,
}

/// A run of parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Window {
    /// The first one's number.
    pub first: u64,
    /// How many there are.
    pub len: u64,
}

impl Window {
    /// The window that holds part number `part` of `total`.
    pub(super) fn around(part: u64, total: u64) -> Self {
        let first = part.min(total.saturating_sub(1)) / PARTS_LISTED * PARTS_LISTED;
        Self { first, len: PARTS_LISTED.min(total - first) }
    }

    fn numbers(self) -> std::ops::Range<u64> {
        self.first..self.first + self.len
    }
}

/// Opens `file` of `disk`.
pub(super) fn open(disk: &Disk, file: &Rc<FileRow>, choice: Choice) -> OpenFile {
    let content = match file.kind {
        LogFileKind::Log => batches::content(disk, &file.path, choice),
        kind if kind.entry_size().is_some() => entries(disk, file, kind, choice),
        kind if kind.is_text() => text(disk, file, choice),
        _ => anything(disk, file, choice),
    };
    OpenFile { file: file.clone(), content }
}

/// Decides which part is shown and which are listed, when all parts but the first begin at multiples of `size`.
fn arrange(choice: Choice, total: u64, size: u64) -> Content {
    let part = choice.position.map_or(choice.part, |position| position / size.max(1)).min(total.saturating_sub(1));
    let window = Window::around(choice.list.unwrap_or(part), total);
    Content { total, part, window, ..Content::default() }
}

/// An index or a snapshot: a run of entries is a part, and what stands before the first entry another.
fn entries(disk: &Disk, file: &FileRow, kind: LogFileKind, choice: Choice) -> Content {
    let base = offset_in_file_name(&file.name).unwrap_or(0);
    let (head, size) = (kind.head_size() as u64, kind.entry_size().unwrap_or(1) as u64);
    let all = file.bytes.saturating_sub(head) / size;
    let used = used_entries(disk, file, kind, all);
    let per_part = CHUNK / size;
    let heads = u64::from(head > 0 && file.bytes > 0);
    let runs = used.div_ceil(per_part);
    let behind = head + used * size;
    let total = heads + runs + u64::from(file.bytes > behind && file.bytes > 0);
    let mut content = arrange(choice, total, per_part * size);
    let run = |part: u64| {
        let first = (part - heads) * per_part;
        (first, per_part.min(used.saturating_sub(first)))
    };
    let read = |first: u64, count: u64| disk.read(&file.path, head + first * size, count * size).unwrap_or_default();
    content.parts = content
        .window
        .numbers()
        .map(|number| {
            if number < heads {
                return PartView {
                    number,
                    title: "헤더".into(),
                    detail: format!("{head}바이트"),
                    ..PartView::default()
                };
            }
            let (first, count) = run(number);
            if count == 0 {
                return rest_part(number, file.bytes - behind, all > used);
            }
            let word = entry_word(kind);
            let title =
                if count == 1 { format!("{word} {first}") } else { format!("{word} {first}–{}", first + count - 1) };
            let detail = span(kind, base, &read(first, 1), &read(first + count - 1, 1));
            PartView { number, title, detail, ..PartView::default() }
        })
        .collect();
    if total == 0 {
        content.notes.push(empty_note(kind).into());
    } else if content.part < heads {
        let bytes = disk.read(&file.path, 0, u64::MAX).unwrap_or_default();
        let fields = snapshot_head_fields(&bytes);
        if fields.iter().any(|field| field.value.contains("computed")) {
            content.notes.push("CRC가 맞지 않아요. 카프카라면 이 스냅샷을 버려요.".into());
        }
        let head = bytes[..bytes.len().min(head as usize)].to_vec();
        content.blocks.push(named(kind, 0, head, fields).into());
    } else {
        let (first, count) = run(content.part);
        if count > 0 {
            let bytes = read(first, count);
            let fields = entry_fields(kind, base, first, &bytes);
            content.blocks.push(named(kind, head + first * size, bytes, fields).into());
        } else {
            let bytes = disk.read(&file.path, behind, CHUNK).unwrap_or_default();
            let note = if all > used {
                "미리 잡아 둔 빈자리예요. 카프카는 활성 세그먼트의 인덱스를 처음부터 크게 잡아 두고, 세그먼트를 닫을 때 잘라 내요."
            } else {
                "항목 하나가 되지 못하는 바이트가 남아 있어요. 카프카라면 이 인덱스를 버리고 다시 만들어요."
            };
            content.notes.push(note.into());
            content.blocks.push(batches::raw(bytes, behind, "나머지", "", field_meaning(kind, "rest")).into());
        }
    }
    content
}

/// How many of `all` entries are in use: Kafka makes the indexes of an active segment full of zeros.
fn used_entries(disk: &Disk, file: &FileRow, kind: LogFileKind, all: u64) -> u64 {
    if !matches!(kind, LogFileKind::OffsetIndex | LogFileKind::TimeIndex) {
        return all;
    }
    let size = kind.entry_size().unwrap_or(1) as u64;
    let unused = |slot: u64| disk.read(&file.path, slot * size, size).is_ok_and(|it| it.iter().all(|byte| *byte == 0));
    let (mut low, mut high) = (0, all);
    while low < high {
        let middle = low + (high - low) / 2;
        if unused(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

fn rest_part(number: u64, len: u64, empty: bool) -> PartView {
    let title = if empty { "빈자리" } else { "나머지" };
    PartView { number, title: title.into(), detail: format!("{len}바이트"), bad: !empty, ..PartView::default() }
}

/// What a run of entries reaches over, from its first and its last entry.
fn span(kind: LogFileKind, base: Offset, first: &[u8], last: &[u8]) -> String {
    let name = match kind {
        LogFileKind::OffsetIndex => "relativeOffset",
        LogFileKind::TimeIndex => "timestamp",
        LogFileKind::TransactionIndex => "firstOffset",
        _ => "producerId",
    };
    let value = |bytes: &[u8]| {
        let fields = entry_fields(kind, base, 0, bytes);
        let field = fields.into_iter().find(|field| field.name == name).map(|field| field.value).unwrap_or_default();
        match field.split_once("(offset ") {
            Some((_, offset)) => offset.trim_end_matches(')').to_owned(),
            None => field,
        }
    };
    let (first, last) = (value(first), value(last));
    if first == last { first } else { format!("{first}–{last}") }
}

fn empty_note(kind: LogFileKind) -> &'static str {
    match kind {
        LogFileKind::OffsetIndex => {
            "아직 항목이 없어요. 세그먼트의 첫 배치에는 항목을 만들지 않고, 4 KiB 넘게 쌓인 뒤의 배치부터 만들어요."
        }
        LogFileKind::TimeIndex => "아직 항목이 없어요. 오프셋 인덱스에 항목이 늘 때, 그리고 세그먼트를 닫을 때 늘어요.",
        _ => "비어 있어요.",
    }
}

/// Text: a run of lines is a part.
fn text(disk: &Disk, file: &FileRow, choice: Choice) -> Content {
    let bytes = disk.read(&file.path, 0, LARGEST_TEXT).unwrap_or_default();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let runs: Vec<&[&[u8]]> = lines.chunks(LINES).collect();
    let mut content = arrange(choice, runs.len() as u64, 1);
    let part = |number: u64| {
        let first = number as usize * LINES;
        let run = runs[number as usize];
        let title = format!("{}–{}째 줄", first + 1, first + run.len());
        PartView { number, title, detail: format!("{}바이트", run.concat().len()), ..PartView::default() }
    };
    content.parts = content.window.numbers().map(part).collect();
    if file.bytes > LARGEST_TEXT {
        content.notes.push(format!("{}바이트 가운데 처음 {LARGEST_TEXT}바이트만 보여 드려요.", file.bytes));
    }
    match runs.get(content.part as usize) {
        None => content.notes.push("비어 있어요.".into()),
        Some(run) => {
            let first = content.part as usize * LINES;
            let position: usize = lines[..first].iter().map(|line| line.len()).sum();
            let fields = text_fields(file.kind, first as u64, &run.concat());
            content.blocks.push(named(file.kind, position as u64, run.concat(), fields).into());
        }
    }
    content
}

/// A file of unknown kind: bytes, and nothing more to say.
fn anything(disk: &Disk, file: &FileRow, choice: Choice) -> Content {
    let mut content = arrange(choice, file.bytes.div_ceil(CHUNK), CHUNK);
    let part = |number: u64| {
        let (first, end) = (number * CHUNK, ((number + 1) * CHUNK).min(file.bytes));
        PartView { number, title: format!("{first}–{}", end - 1), detail: "바이트".into(), ..PartView::default() }
    };
    content.parts = content.window.numbers().map(part).collect();
    let position = content.part * CHUNK;
    let bytes = disk.read(&file.path, position, CHUNK).unwrap_or_default();
    if bytes.is_empty() {
        content.notes.push("비어 있어요.".into());
    } else {
        let fields = text_fields(file.kind, 0, &bytes);
        content.blocks.push(named(file.kind, position, bytes, fields).into());
    }
    content
}

/// Bytes with the names and meanings of their fields.
fn named(kind: LogFileKind, position: u64, bytes: Vec<u8>, fields: Vec<FileField>) -> BytesView {
    let view = |field: FileField| FieldView {
        start: field.range.start,
        end: field.range.end,
        name: field.name.into(),
        note: if field.name == "timestamp" { field.value.parse().map(date).unwrap_or_default() } else { String::new() },
        value: field.value.replace("(valid)", "· 맞음").replace("(computed ", "· 틀림(계산값 "),
        meaning: field_meaning(kind, field.name),
        group: field.entry.map_or("헤더".into(), |entry| format!("{} {entry}", entry_word(kind)).into()),
        bits: Vec::new(),
    };
    BytesView { title: String::new(), base_position: position, bytes, fields: fields.into_iter().map(view).collect() }
}
