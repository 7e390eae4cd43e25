//! Files that come in from the person's own disk: chosen, or dropped onto the panel.
//!
//! A dropped folder is not a file: the browser hands out an entry for it, and its content must be asked for, entry by entry and
//! at most a hundred at a time. [`Walk`] does so, and hands on what it found once nothing is asked any more.

use super::FilesMsg;
use crate::base::Bytes;
use crate::base::josa::{Josa, particle};
use crate::ui::browser;
use crate::view::files::{BringError, MOST_BYTES, MOST_FILES};
use gloo::file::callbacks::{FileReader, read_as_bytes};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{Array, Function, Reflect};
use web_sys::{
    DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry,
    FileSystemFileEntry, HtmlElement, HtmlInputElement,
};
use yew::prelude::*;

/// The files that are being read; dropping them ends that.
pub(super) type Reading = Rc<RefCell<Vec<FileReader>>>;

/// The field behind a button that opens files, or a folder.
pub(super) fn input(id: &'static str, folder: bool, reading: &Reading, send: &Callback<FilesMsg>) -> Html {
    let (reading, send) = (reading.clone(), send.clone());
    let onchange = Callback::from(move |event: Event| {
        let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
        read(chosen(input.files()), &reading, &send);
        input.set_value("");
    });
    html! {
        <input {id} type="file" class="sr-only" multiple=true tabindex="-1" aria-hidden="true" webkitdirectory={folder} {onchange} />
    }
}

/// Presses the button of the field with this id.
pub(super) fn ask(id: &str) {
    if let Some(input) = browser::element(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        input.click();
    }
}

/// The files of a field or of a drop, each with its path.
fn chosen(files: Option<FileList>) -> Vec<(String, File)> {
    let files = files.into_iter().flat_map(|list| (0..list.length()).filter_map(move |i| list.item(i)));
    files.map(|file| (path_of(&file), file)).collect()
}

/// The file's path in the folder that was chosen, or its name.
fn path_of(file: &File) -> String {
    let path = Reflect::get(file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
    path.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name())
}

/// Takes in what was dropped: files, and folders with all that is in them.
pub(super) fn dropped(data: &DataTransfer, reading: &Reading, send: &Callback<FilesMsg>) {
    // Entries can be had only now, while the event lasts.
    let items = data.items();
    let entries: Vec<FileSystemEntry> =
        (0..items.length()).filter_map(|i| items.get(i)?.webkit_get_as_entry().ok().flatten()).collect();
    if entries.is_empty() {
        return read(chosen(data.files()), reading, send);
    }
    let (reading, send) = (reading.clone(), send.clone());
    let walk = Walk {
        asked: RefCell::new(0),
        found: RefCell::default(),
        done: Callback::from(move |found| match found {
            Ok(files) => read(files, &reading, &send),
            Err(words) => send.emit(FilesMsg::Refused(words)),
        }),
    };
    Rc::new(walk).ask(|walk| entries.iter().for_each(|entry| walk.enter(entry)));
}

/// A walk through folders that were dropped.
struct Walk {
    /// How many answers are still to come; none once the walk is over.
    asked: RefCell<usize>,
    /// What was found, each with its path.
    found: RefCell<Vec<(String, File)>>,
    /// Hears of all that was found, or of what cannot be read.
    done: Callback<Result<Vec<(String, File)>, String>>,
}

impl Walk {
    /// Goes on with the walk; when no answer is to come after that, it is over.
    fn ask(self: &Rc<Self>, on: impl FnOnce(&Rc<Self>)) {
        *self.asked.borrow_mut() += 1;
        on(self);
        self.answered();
    }

    fn answered(&self) {
        let left = self.asked.borrow().saturating_sub(1);
        self.asked.replace(left);
        if left == 0 {
            let mut found = self.found.take();
            found.sort_by(|(a, _), (b, _)| a.cmp(b));
            self.done.emit(if found.is_empty() { Err(BringError::Nothing.to_string()) } else { Ok(found) });
        }
    }

    fn enter(self: &Rc<Self>, entry: &FileSystemEntry) {
        let path = entry.full_path().trim_start_matches('/').to_owned();
        // Browsers do not agree on the names of these classes, so the entry is asked what it is.
        if entry.is_file() {
            let file: &FileSystemFileEntry = entry.unchecked_ref();
            let (found, lost) = self.answers(path.clone(), move |walk, value| {
                walk.found.borrow_mut().push((path.clone(), value.unchecked_into()));
            });
            file.file_with_callback_and_callback(&found, &lost);
        } else if entry.is_directory() {
            self.look_into(entry.unchecked_ref::<FileSystemDirectoryEntry>().create_reader(), path);
        }
    }

    /// Asks for the next entries of a folder, until there are none.
    fn look_into(self: &Rc<Self>, folder: FileSystemDirectoryReader, path: String) {
        let reader = folder.clone();
        let (found, lost) = self.answers(path.clone(), move |walk, value| {
            let entries: Vec<FileSystemEntry> = Array::from(&value).iter().map(JsCast::unchecked_into).collect();
            entries.iter().for_each(|entry| walk.enter(entry));
            let many = walk.found.borrow().len() > MOST_FILES;
            if !entries.is_empty() && !many {
                walk.look_into(reader, path);
            }
        });
        let _ = folder.read_entries_with_callback_and_callback(&found, &lost); // it calls one of the two
    }

    /// What the browser calls with an answer, and what it calls when `path` cannot be read.
    fn answers(self: &Rc<Self>, path: String, on: impl FnOnce(&Rc<Self>, JsValue) + 'static) -> (Function, Function) {
        *self.asked.borrow_mut() += 1;
        let (found, lost) = (self.clone(), self.clone());
        let found = Closure::once_into_js(move |value: JsValue| {
            on(&found, value);
            found.answered();
        });
        let lost = Closure::once_into_js(move |_: JsValue| lost.done.emit(Err(unreadable(&path))));
        (found.unchecked_into(), lost.unchecked_into())
    }
}

fn unreadable(name: &str) -> String {
    format!(
        "‘{name}’{} 읽지 못했어요. 파일이 아직 그 자리에 있는지 보고 다시 열어 주세요.",
        particle(name, Josa::Object)
    )
}

/// Reads all of `files`, and sends them when the last one is there.
fn read(files: Vec<(String, File)>, reading: &Reading, send: &Callback<FilesMsg>) {
    let refuse = |error: BringError| send.emit(FilesMsg::Refused(error.to_string()));
    if files.is_empty() {
        return;
    }
    if files.len() > MOST_FILES {
        return refuse(BringError::TooMany);
    }
    if files.iter().map(|(_, file)| file.size()).sum::<f64>() > MOST_BYTES as f64 {
        return refuse(BringError::TooLarge);
    }
    let arrived = Rc::new(RefCell::new(vec![None::<(String, Bytes)>; files.len()]));
    let readers = files.into_iter().enumerate().map(|(place, (name, file))| {
        let (arrived, send) = (arrived.clone(), send.clone());
        read_as_bytes(&gloo::file::Blob::from(file), move |result| match result {
            Err(_) => send.emit(FilesMsg::Refused(unreadable(&name))),
            Ok(bytes) => {
                arrived.borrow_mut()[place] = Some((name.clone(), bytes.into()));
                let all: Option<Vec<_>> = arrived.borrow().iter().cloned().collect();
                if let Some(files) = all {
                    send.emit(FilesMsg::Bring(Rc::new(files)));
                }
            }
        })
    });
    *reading.borrow_mut() = readers.collect();
}
