//! One call of Kafka's DumpLogSegments as the fixtures write it down (a `$` line with the path and the flags, then what the tool said), and the
//! same call of ours.

use kafkascope::command::{DumpDecoder, DumpOptions, Line, dump_log};
use kafkascope::disk::Disk;

/// The calls in `text`: path and flags, and the answer.
pub(crate) fn calls(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text.strip_prefix("$ ").unwrap_or_default();
    std::iter::from_fn(move || {
        let (call, behind) = rest.split_once("\n$ ").unwrap_or((rest, ""));
        rest = behind;
        (!call.is_empty()).then(|| call.split_once('\n').unwrap_or((call, "")))
    })
}

/// What our `kafka-dump-log` says of a log directory at `data`; `words` are a path and flags. A Java exception is told by its
/// class alone, as the fixtures do.
pub(crate) fn dump(disk: &Disk, data: &str, words: &str) -> String {
    let mut options = DumpOptions { dir: data.into(), ..DumpOptions::default() };
    for word in words.split(' ') {
        match word {
            "--deep-iteration" => options.deep_iteration = true,
            "--print-data-log" => options.print_data_log = true,
            "--verify-index-only" => options.verify_index_only = true,
            "--index-sanity-check" => options.index_sanity_check = true,
            "--offsets-decoder" => options.decoder = DumpDecoder::Offsets,
            path => options.files.push(path.into()),
        }
    }
    let line = |line: Line| match line.text.strip_prefix("Exception in thread \"main\" ") {
        None => line.text.replace(&format!("{data}/"), ""),
        Some(exception) => {
            let class = exception.split(':').next().unwrap_or_default();
            format!("! {}", class.rsplit('.').next().unwrap_or_default())
        }
    };
    dump_log(disk, &options).into_iter().map(|it| line(it) + "\n").collect()
}

/// The first line in which our answer is not Kafka's; none twice if they are the same.
pub(crate) fn first_difference<'a>(ours: &'a str, kafkas: &'a str) -> (Option<&'a str>, Option<&'a str>) {
    // Values may hold whatever a line can end with, so lines are cut at one of them only.
    let (mut ours, mut kafkas) = (ours.trim_end_matches('\n').split('\n'), kafkas.trim_end_matches('\n').split('\n'));
    loop {
        match (ours.next(), kafkas.next()) {
            (our, kafka) if our != kafka => return (our, kafka),
            (None, None) => return (None, None),
            _ => {}
        }
    }
}
