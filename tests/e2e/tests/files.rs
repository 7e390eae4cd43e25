//! The files of a broker, as a person looks into them: the tree, the bytes, a look-up, what goes out and what comes in.

use e2e::{DESKTOP, Key, PHONE, Page, SOON, Screen, TABLET, Visit};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, process};

/// Long enough for a file to be saved on a busy machine.
const A_WHILE: Duration = Duration::from_secs(30);

/// The files of broker 1.
fn files_on(screen: Screen) -> Page {
    let page = Visit::on(screen).still().open_at("#/lab");
    page.wait_until("the stage shows a leader for orders-0", SOON, |p| p.leader_of("orders-0").is_some());
    show_dock(&page);
    page.click_text("파일");
    show_dock(&page);
    page.wait_until("the tree has files", SOON, |p| !rows(p, ".log").is_empty());
    page
}

/// Scrolls to the panel, as one has to on a phone, where it is not to lie below the bar with the clock.
fn show_dock(page: &Page) {
    page.script("scrollTo(0, document.querySelector('.dock').offsetTop - 52)");
}

/// The names of rows of the tree that contain `words`.
fn rows(page: &Page, words: &str) -> Vec<String> {
    page.labels_of("[role=treeitem]").into_iter().filter(|label| label.contains(words)).collect()
}

/// Opens the first `.log` of the tree that holds anything.
fn open_log(page: &Page) {
    let log = rows(page, ".log, ").into_iter().find(|label| !label.contains(" 0 B")).expect("a log with records");
    page.click(&format!("[role=treeitem][aria-label='{log}']"));
    page.wait_until("its bytes are shown", SOON, |p| p.count(".opened-bytes .byte") > 60);
}

/// A new folder below the one for temporary files.
fn folder(name: &str) -> PathBuf {
    let path = env::temp_dir().join(format!("kafkascope-{name}-{}", process::id()));
    fs::create_dir_all(&path).expect("a folder for temporary files");
    path
}

/// Gives a file to the page, as the dialog behind the button would.
fn give(page: &Page, path: &Path) {
    page.type_into("#open-files", &path.display().to_string());
}

#[test]
fn a_segment_opens_and_bytes_and_fields_light_each_other() {
    for screen in [DESKTOP, PHONE] {
        let page = files_on(screen);
        assert!(rows(&page, "활성 세그먼트").len() >= 3, "the files of the active segment are marked");
        assert!(rows(&page, "더티 ").iter().all(|label| label.contains("페이지")), "pages are told in words");
        assert!(rows(&page, "__consumer_offsets").is_empty(), "Kafka's own topics stand back");
        open_log(&page);
        let field = |name: &str| {
            let names = page.texts_of(".opened-bytes .field-name");
            names.iter().position(|text| text == name).unwrap_or_else(|| panic!("{name} is among {names:?}"))
        };
        // The keyboard leads from byte to byte; the third is still of the base offset, the ninth of the length.
        page.click(".opened-bytes .byte");
        let lit = |p: &Page| p.count(".opened-bytes .byte.on");
        page.wait_until("the eight bytes of the base offset are lit", SOON, |p| lit(p) == 8);
        assert!(page.text_of(".opened-bytes .meaning").contains("baseOffset"));
        page.script("document.querySelector('.opened-bytes .hex').focus()");
        page.press(Key::Home);
        for _ in 0..8 {
            page.press(Key::Right);
        }
        page.wait_until("the four bytes of the length are lit", SOON, |p| lit(p) == 4);
        assert!(page.text_of(".opened-bytes .field.on").contains("batchLength"));
        // And a field lights its bytes.
        page.click(&format!("#open-field-{}", field("crc")));
        page.wait_until("the checksum is lit", SOON, |p| p.text_of(".opened-bytes .meaning").contains("CRC-32C"));
        assert_eq!(lit(&page), 4);
        assert!(page.text_of(".opened-bytes .field.on").contains("맞음"), "the checksum is right");
        assert_eq!(page.count(".opened-bytes .bit"), 6, "attributes are told bit by bit");
        page.screenshot(if screen == PHONE { "files-phone" } else { "files" });
    }
}

#[test]
fn a_record_on_the_stage_leads_to_its_batch() {
    let page = files_on(DESKTOP);
    page.click("g.record[aria-label^='오프셋 2,']");
    page.wait_until("the batch of that record is chosen", SOON, |p| {
        p.shows(".part.on") && p.text_of(".part.on").starts_with('2')
    });
    page.wait_until("the inspector shows the record as well", SOON, |p| p.text_of(".inspector").contains("오프셋 2"));
}

#[test]
fn a_look_up_is_walked_step_by_step() {
    for screen in [DESKTOP, PHONE] {
        let page = files_on(screen);
        page.click(".tree-row.find");
        page.wait_until("there is something to ask", SOON, |p| p.shows("#walk-target"));
        page.script("document.getElementById('walk-target').value = ''");
        page.type_into("#walk-target", "3\n");
        page.wait_until("the first step chooses a segment", SOON, |p| {
            p.text_of(".walk-words").contains("세그먼트를 골라요")
        });
        let steps = page.text_of(".walk-count");
        let last: usize = steps.split('/').nth(1).and_then(|count| count.trim().parse().ok()).expect("a count");
        assert!(last >= 3, "segment, index, batches: {steps}");
        for _ in 1..last {
            page.click("[aria-label='다음 걸음']");
        }
        page.wait_until("it has been found", SOON, |p| p.text_of(".walk-words").contains("찾았어요"));
        page.screenshot(if screen == PHONE { "walk-phone" } else { "walk" });
        page.click_text("이 배치 열기");
        page.wait_until("the batch is open", SOON, |p| p.shows(".part.on") && p.text_of(".part.on").starts_with('3'));
        if screen == DESKTOP {
            page.click(".tree-row.find");
            page.click_text("오프셋");
            page.script("document.getElementById('walk-target').value = ''");
            page.type_into("#walk-target", "999999\n");
            page.wait_for_text("이 로그에 없어요");
        }
    }
}

#[test]
fn files_go_out_as_a_zip_and_come_in_again() {
    let page = files_on(DESKTOP);
    let saved = folder("export");
    let allow = json!({ "behavior": "allow", "downloadPath": saved.display().to_string() });
    page.devtools("Browser.setDownloadBehavior", &allow);
    page.click("[aria-label='이 브로커의 파일을 zip으로 내려받기']");
    let zip = saved.join("broker-1-log-dirs.zip");
    page.wait_until("the zip has been saved", A_WHILE, |_| fs::metadata(&zip).is_ok_and(|file| file.len() > 500));
    assert!(fs::read(&zip).expect("the zip").starts_with(b"PK\x03\x04"));
    let inside = rows(&page, ".log, ").len();
    give(&page, &zip);
    page.wait_for_text("broker-1-log-dirs.zip");
    assert_eq!(rows(&page, ".log, ").len(), inside, "what came in is what went out");
    open_log(&page);
    page.click_text("찾아가기");
    page.wait_until("look-ups work in files from elsewhere", SOON, |p| p.shows("#walk-target"));
    page.click_text("연 파일 닫기");
    page.wait_for_text("/var/lib/kafka/data");
    fs::remove_dir_all(saved).expect("the folder goes");
}

#[test]
fn broken_files_are_told_what_is_wrong_with_them() {
    for screen in [DESKTOP, PHONE] {
        let page = files_on(screen);
        let clock = page.clock();
        let folder = folder(if screen == PHONE { "broken-phone" } else { "broken" });
        let zip = folder.join("broken.zip");
        fs::write(&zip, b"PK\x03\x04 and nothing more").expect("a file");
        give(&page, &zip);
        page.wait_for_text("zip으로 읽지 못했어요");
        let log = folder.join("00000000000000000007.log");
        fs::write(&log, [0xff; 100]).expect("a file");
        give(&page, &log);
        page.wait_for_text("0번째 바이트부터 배치로 읽을 수 없어요");
        assert_eq!(page.clock(), clock, "the world is as it was");
        page.screenshot(if screen == PHONE { "broken-file-phone" } else { "broken-file" });
        fs::remove_dir_all(folder).expect("the folder goes");
    }
}

#[test]
fn a_broker_tells_the_way_of_its_bytes_and_its_disk_can_be_hurt() {
    let page = files_on(DESKTOP);
    page.click("g.broker");
    page.wait_for_text("바이트가 가는 길");
    assert!(page.text_of(".ways").contains("zero copy"));
    page.click_text("다른 길과 견주기");
    page.wait_until("the other ways are shown", SOON, |p| p.text_of(".ways").contains("TLS"));
    page.click_text("디스크 느리게");
    page.wait_until("the disk is slow", SOON, |p| p.text_of(".inspector").contains("20배 느림"));
    page.click_text("터미널");
    page.wait_for_text("disk slow 1 20x");
}

#[test]
fn a_folder_can_be_dropped_with_all_that_is_in_it() {
    let page = files_on(DESKTOP);
    let folder = folder("dropped");
    for partition in ["t-0", "t-1"] {
        let inside = folder.join("data").join(partition);
        fs::create_dir_all(&inside).expect("a folder");
        fs::write(inside.join("00000000000000000000.log"), [0xff; 70]).expect("a file");
    }
    drop_on(&page, ".files-room", &folder.join("data"));
    page.wait_until("both partitions are shown", SOON, |p| rows(p, ".log, ").len() == 2 && !rows(p, "t-1").is_empty());
    page.wait_for_text("파일 2개");
    fs::create_dir_all(folder.join("empty")).expect("a folder");
    drop_on(&page, ".files-room", &folder.join("empty"));
    page.wait_for_text("열 파일이 없어요");
    fs::remove_dir_all(folder).expect("the folder goes");
}

/// Drops a file or a folder onto the middle of an element, as the system would.
fn drop_on(page: &Page, css: &str, path: &Path) {
    let place = page.script(&format!(
        "const r = document.querySelector({css:?}).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]"
    ));
    let data = json!({ "items": [], "files": [path.display().to_string()], "dragOperationsMask": 1 });
    for kind in ["dragEnter", "dragOver", "drop"] {
        let event = json!({ "type": kind, "x": place[0], "y": place[1], "data": data });
        page.devtools("Input.dispatchDragEvent", &event);
    }
}

#[test]
fn with_the_files_grown_time_can_still_be_played_and_fields_tell_dates() {
    for screen in [DESKTOP, PHONE] {
        let page = files_on(screen);
        open_log(&page);
        page.click(".grow");
        assert!(page.shows(".step.main"), "the button that plays is there");
        let notes = page.texts_of(".opened-bytes .field-value small");
        assert!(notes.iter().any(|note| note.starts_with("2025-01-01 00:00:") && note.ends_with("UTC")), "{notes:?}");
        page.resize(if screen == PHONE { PHONE } else { TABLET });
        page.wait_until("there is room for eight bytes in a line", SOON, |p| !p.shows(".hex.wide"));
    }
}
