//! Files that come in from the person's own disk: chosen, or dropped onto the panel.

use super::FilesMsg;
use crate::base::Bytes;
use crate::ui::browser;
use crate::view::files::{BringError, MOST_BYTES, MOST_FILES};
use gloo::file::callbacks::{FileReader, read_as_bytes};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::js_sys::Reflect;
use web_sys::{File, FileList, HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// The files that are being read; dropping them ends that.
pub(super) type Reading = Rc<RefCell<Vec<FileReader>>>;

/// The field behind a button that opens files, or a folder.
pub(super) fn input(id: &'static str, folder: bool, reading: &Reading, send: &Callback<FilesMsg>) -> Html {
    let (reading, send) = (reading.clone(), send.clone());
    let onchange = Callback::from(move |event: Event| {
        let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
        read(input.files(), &reading, &send);
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

/// Reads all of `files`, and sends them when the last one is there.
pub(super) fn read(files: Option<FileList>, reading: &Reading, send: &Callback<FilesMsg>) {
    let files: Vec<File> =
        files.map(|list| (0..list.length()).filter_map(|i| list.item(i)).collect()).unwrap_or_default();
    let refuse = |error: BringError| send.emit(FilesMsg::Refused(error.to_string()));
    if files.is_empty() {
        return;
    }
    if files.len() > MOST_FILES {
        return refuse(BringError::TooMany);
    }
    if files.iter().map(|file| file.size()).sum::<f64>() > MOST_BYTES as f64 {
        return refuse(BringError::TooLarge);
    }
    let arrived = Rc::new(RefCell::new(vec![None::<(String, Bytes)>; files.len()]));
    let readers = files.into_iter().enumerate().map(|(place, file)| {
        let (name, arrived, send) = (path_of(&file), arrived.clone(), send.clone());
        read_as_bytes(&gloo::file::Blob::from(file), move |result| match result {
            Err(_) => send
                .emit(FilesMsg::Refused(format!("‘{name}’을(를) 읽지 못했어요. 폴더라면 ‘폴더 열기’로 골라 주세요."))),
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

/// The file's path in the folder that was chosen, or its name.
fn path_of(file: &File) -> String {
    let path = Reflect::get(file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
    path.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name())
}
