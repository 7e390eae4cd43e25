//! How fast the page is for the person in front of it: `cargo xtask bench web`.
//!
//! Three questions, asked of the release build in a real browser:
//!
//! - *How long until there is something, and until it works?* First paint and first contentful paint are the browser's own
//!   marks; “started” is the first frame after the wasm has run. Each is the median of several first visits.
//! - *How much script does a frame cost while the model plays?* Every callback of `requestAnimationFrame` is timed from its
//!   start to the end of the microtasks it caused, which is where Yew renders; 16.7 ms are all there is.
//! - *What does the page say itself?* It may expose `window.kafkascopeBench`: `play()` sets the model going before frames
//!   are watched, and `run()` returns, or promises, an object that is printed.

use e2e::{DESKTOP, Page, Visit};
use serde_json::Value;
use std::thread;
use std::time::Duration;

const VISITS: usize = 5;
const WATCHED: Duration = Duration::from_secs(10);

fn main() {
    loading();
    let page = Visit::on(DESKTOP).with_script(WATCH_FRAMES).open();
    frames(&page);
    hook(&page);
}

fn loading() {
    let visits: Vec<Value> = (0..VISITS)
        .map(|_| {
            let page = Visit::on(DESKTOP).with_script(WATCH_START).open();
            page.script_then("setTimeout(arguments[0], 500)"); // the browser writes its marks after the frame
            page.script(LOADING_MARKS)
        })
        .collect();
    println!("loading, median of {VISITS} first visits");
    for (name, words) in
        [("first-paint", "first paint"), ("first-contentful-paint", "first contentful paint"), ("started", "started")]
    {
        let times = visits.iter().filter_map(|visit| visit[name].as_f64()).collect();
        println!("  {words:<24}{}", milliseconds(percentile(times, 0.5)));
    }
}

fn frames(page: &Page) {
    let plays = page.script("const play = window.kafkascopeBench?.play; if (play) play(); return Boolean(play)");
    let before = script_seconds(page);
    page.script("window.frames_watched.length = 0");
    thread::sleep(WATCHED);
    let watched = page.script("return window.frames_watched");
    let costs: Vec<f64> = watched.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let share = (script_seconds(page) - before) / WATCHED.as_secs_f64() * 100.0;
    let what = if plays == true { "while playing" } else { "as it opens (no kafkascopeBench.play)" };
    println!("script per frame, {} s {what}", WATCHED.as_secs());
    println!("  {:<24}{:>9}", "frames with script", costs.len());
    println!("  {:<24}{}", "median", milliseconds(percentile(costs.clone(), 0.5)));
    println!("  {:<24}{}", "95th percentile", milliseconds(percentile(costs.clone(), 0.95)));
    println!("  {:<24}{}", "longest", milliseconds(percentile(costs, 1.0)));
    println!("  {:<24}{share:>9.1} % of the time", "all script");
}

fn hook(page: &Page) {
    let answer = page.script_then(RUN_HOOK);
    match answer.as_object() {
        Some(numbers) => {
            println!("the page's own bench");
            for (name, value) in numbers {
                println!("  {name:<24}{value:>9}");
            }
        }
        None => println!("the page exposes no kafkascopeBench.run"),
    }
}

/// The browser's count of seconds spent in scripts, to hold against the frames.
fn script_seconds(page: &Page) -> f64 {
    page.devtools("Performance.enable", &serde_json::json!({}));
    let answer = page.devtools("Performance.getMetrics", &serde_json::json!({}));
    let metrics = answer["metrics"].as_array().cloned().unwrap_or_default();
    metrics
        .iter()
        .find(|metric| metric["name"] == "ScriptDuration")
        .and_then(|metric| metric["value"].as_f64())
        .unwrap_or(0.0)
}

fn percentile(mut values: Vec<f64>, share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    values.get((last as f64 * share).round() as usize).copied()
}

fn milliseconds(value: Option<f64>) -> String {
    value.map_or_else(|| format!("{:>9}", "–"), |value| format!("{value:>9.1} ms"))
}

/// Notes when the first frame after the start of the wasm is over.
const WATCH_START: &str = "addEventListener('TrunkApplicationStarted', () => requestAnimationFrame(() => \
     setTimeout(() => { window.started_at = performance.now(); })), { once: true });";

const LOADING_MARKS: &str = "const marks = Object.fromEntries(performance.getEntriesByType('paint').map((mark) => \
     [mark.name, mark.startTime])); marks.started = window.started_at; return marks;";

/// Times each frame's callbacks. A second callback, asked for right after the first, runs in the same frame when the
/// microtasks of the first are done.
const WATCH_FRAMES: &str = r"
    window.frames_watched = [];
    const ask = window.requestAnimationFrame.bind(window);
    let frame = null;
    window.requestAnimationFrame = (callback) => {
        let start = 0;
        const id = ask((time) => { start = performance.now(); callback(time); });
        ask((time) => {
            if (start === 0) return; // cancelled
            const cost = performance.now() - start;
            if (frame === time) window.frames_watched[window.frames_watched.length - 1] += cost;
            else window.frames_watched.push(cost);
            frame = time;
        });
        return id;
    };
";

const RUN_HOOK: &str = "const done = arguments[0]; const run = window.kafkascopeBench?.run; \
     Promise.resolve(run ? run() : null).then(done, (error) => done({ error: String(error) }));";
