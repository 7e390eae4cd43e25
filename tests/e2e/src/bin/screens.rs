//! Pictures of fixed scenes, for a reviewer to look at: `cargo xtask screens [scene …]`, into `target/screens/`.
//!
//! Each scene is played once and then photographed on every screen, light and dark. What is compared is left to the eye.

use e2e::{DESKTOP, PHONE, Page, SOON, Screen, TABLET, Visit, pictures};
use serde_json::json;
use std::time::Duration;
use std::{env, fs, thread};

/// A scene: its name, where it begins, what is done, and what must be in sight on a small screen.
struct Scene {
    name: &'static str,
    at: &'static str,
    play: fn(&Page),
    sight: &'static str,
}

const SCENES: &[Scene] = &[
    Scene { name: "lab", at: "#/lab", play: |_| {}, sight: ".main" },
    Scene { name: "lessons", at: "#/", play: |_| {}, sight: ".lesson" },
    Scene { name: "lesson", at: "#/lesson/a5", play: |_| {}, sight: ".lesson" },
    Scene { name: "leader-killed", at: "#/lab", play: leader_killed, sight: ".main" },
    Scene { name: "six-partitions", at: "#/lab", play: six_partitions, sight: ".main" },
    Scene { name: "empty", at: "#/lab", play: empty, sight: ".main" },
    Scene { name: "broker", at: "#/lab", play: |page| page.click("g.broker"), sight: ".inspector" },
    Scene { name: "ways", at: "#/lab", play: ways, sight: ".ways" },
    Scene { name: "record", at: "#/lab", play: |page| page.click("g.record"), sight: ".inspector" },
    Scene { name: "files", at: "#/lab", play: files, sight: ".dock" },
    Scene { name: "file-batch", at: "#/lab", play: open_log, sight: ".dock" },
    Scene { name: "file-compressed", at: "#/lab", play: compressed, sight: ".dock" },
    Scene { name: "file-broken", at: "#/lab", play: broken, sight: ".dock" },
    Scene { name: "walk-offset", at: "#/lab", play: |page| walk(page, "오프셋"), sight: ".dock" },
    Scene { name: "walk-time", at: "#/lab", play: |page| walk(page, "시각"), sight: ".dock" },
    Scene { name: "terminal", at: "#/lab", play: terminal, sight: ".dock" },
    Scene { name: "events", at: "#/lab", play: events, sight: ".dock" },
];

const SCREENS: [(&str, Screen); 3] = [("1440", DESKTOP), ("1024", TABLET), ("390", PHONE)];

fn main() {
    let wanted: Vec<String> = env::args().skip(1).collect();
    let folder = pictures().with_file_name("screens");
    for scene in SCENES.iter().filter(|scene| wanted.is_empty() || wanted.iter().any(|name| name == scene.name)) {
        let page = Visit::on(DESKTOP).still().open_at(scene.at);
        page.script_then("document.fonts.ready.then(() => arguments[0]())");
        (scene.play)(&page);
        for (size, screen) in SCREENS {
            page.resize(screen);
            for theme in ["light", "dark"] {
                let features = json!([
                    { "name": "prefers-color-scheme", "value": theme },
                    { "name": "prefers-reduced-motion", "value": "reduce" },
                ]);
                page.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
                let top = if screen == PHONE { scene.sight } else { "body" };
                page.script(&format!(
                    "const e = document.querySelector({top:?}); scrollTo(0, e && {top:?} !== 'body' ? e.offsetTop - 52 : 0)"
                ));
                thread::sleep(Duration::from_millis(350)); // what slides has come to rest
                page.screenshot_to(&folder.join(format!("{}-{size}-{theme}.png", scene.name)));
            }
        }
        let _ = page.take_errors(); // a scene of something broken may log it
    }
    println!("{}", folder.display());
}

fn command(page: &Page, line: &str) {
    page.command(line);
    page.wait_until("the command is done", SOON * 6, |page| {
        page.script("document.querySelector('.working .btn')?.click()");
        !page.shows(".working")
    });
}

fn leader_killed(page: &Page) {
    command(page, "broker kill leader(orders-0)");
    command(page, "run 20s");
}

fn six_partitions(page: &Page) {
    command(page, "kafka-topics --create --topic clicks --partitions 6 --replication-factor 3");
    command(page, "producer q start --topic clicks --rate 20/s");
    command(page, "run 5s");
}

fn empty(page: &Page) {
    command(page, "cluster --brokers 3 --controllers 3 --seed 1");
    command(page, "run 2s");
}

fn ways(page: &Page) {
    page.click("g.broker");
    page.click_text("다른 길과 견주기");
    page.script("document.querySelector('.ways').scrollIntoView()");
}

fn files(page: &Page) {
    page.click_text("파일");
    page.wait_until("the tree has files", SOON, |p| p.shows("[role=treeitem][aria-label*='.log, ']"));
}

fn open_log(page: &Page) {
    files(page);
    page.click("[role=treeitem][aria-label*='.log, ']:not([aria-label*=' 0 B'])");
    page.wait_until("its bytes are shown", SOON, |p| p.count(".opened-bytes .byte") > 60);
    page.click(".grow");
}

fn compressed(page: &Page) {
    command(page, "kafka-topics --create --topic zipped --partitions 1 --replication-factor 3");
    command(page, "producer z start --topic zipped --rate 200/s --config compression.type=gzip --config linger.ms=100");
    command(page, "run 3s");
    files(page);
    page.click_text("브로커 1");
    page.script("[...document.querySelectorAll('[role=treeitem][aria-label*=\".log, \"]')].at(-1).click()");
    page.wait_until("its bytes are shown", SOON, |p| p.count(".opened-bytes .byte") > 60);
}

fn broken(page: &Page) {
    files(page);
    let file = env::temp_dir().join("00000000000000000007.log");
    fs::write(&file, [0xff; 100]).expect("a file for temporary use");
    page.type_into("#open-files", &file.display().to_string());
    page.wait_for_text("배치로 읽을 수 없어요");
}

fn walk(page: &Page, by: &str) {
    files(page);
    page.click(".tree-row.find");
    page.wait_until("there is something to ask", SOON, |p| p.shows("#walk-target"));
    page.click_text(by);
    page.click_text("찾기");
    page.wait_until("the first step is shown", SOON, |p| p.shows(".walk-words"));
    page.click("[aria-label='다음 걸음']");
}

fn terminal(page: &Page) {
    command(page, "help");
    command(page, "kafka-topics --describe --topic orders");
    command(page, "why hw orders-0");
}

fn events(page: &Page) {
    page.click_text("사건");
    page.wait_until("there are events", SOON, |p| p.count(".dock li") > 3);
}
