//! `conformance-export DIR [SEED …]`: logs that *our* engine writes, for Apache Kafka to read.
//!
//! Each seed leads one broker's logs through a life of appends, rolls, elections, truncation, retention, compaction, restarts
//! and crashes (`life`), and leaves in `DIR/seed-N-END` a folder of `log.dirs` (`data/`), what a consumer must get from it
//! (`expected.jsonl`, in the words of `ServeExport`), and what our own engine makes of it when it starts and stops once more
//! (`recovered/`). `cargo xtask conformance` shows all to Kafka.
//!
//! `conformance-export expect DATA FILE` writes that second part alone, for a folder that came about otherwise.
//!
//! `conformance-export dump DATA FILE` calls our `kafka-dump-log` as DumpLogSegments was called for the answers in `FILE`, and
//! fails where the two differ.

mod cleaning;
#[path = "../../kafka_fixtures/dump_call.rs"]
mod dump_call;
mod expect;
mod life;
mod machine;
mod producers;

use cleaning::Cleanings;
use machine::Machine;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["expect", data, file] => {
            let machine = Machine::import(Path::new(data));
            fs::write(file, machine.expected(&mut Cleanings::default())).expect("written");
        }
        ["dump", data, file] => return compare_dumps(data, file),
        [dir, seeds @ ..] if !seeds.is_empty() => {
            let mut seen = Cleanings::default();
            for seed in seeds {
                write_seed(Path::new(dir), seed.parse().expect("a seed is a number"), &mut seen);
            }
            match seen.report() {
                Ok(lines) => print!("the cleaner met with\n{lines}"),
                Err(missing) => {
                    eprintln!("in none of these lives the cleaner met with: {missing}");
                    return ExitCode::FAILURE;
                }
            }
        }
        _ => {
            eprintln!(
                "conformance-export DIR SEED …\nconformance-export expect DATA FILE\nconformance-export dump DATA FILE"
            );
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn compare_dumps(data: &str, file: &str) -> ExitCode {
    let machine = Machine::import(Path::new(data));
    let text = fs::read_to_string(file).expect("read");
    let (mut calls, mut differing) = (0, 0);
    for (words, kafkas) in dump_call::calls(&text) {
        calls += 1;
        let ours = dump_call::dump(&machine.disk, machine::DATA, words);
        let (our, kafka) = dump_call::first_difference(&ours, kafkas);
        if our != kafka {
            differing += 1;
            let [our, kafka] = [our, kafka].map(|line| line.unwrap_or("(the end)"));
            println!("{data}/{words}\n  Kafka says {kafka}\n  we say     {our}");
        }
    }
    println!("{data}: {calls} answers of DumpLogSegments, {differing} of ours differ");
    if calls > 0 && differing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn write_seed(dir: &Path, seed: u64, seen: &mut Cleanings) {
    let (machine, end) = life::live(seed, seen);
    let folder = dir.join(format!("seed-{seed}-{}", end.name()));
    machine.export(&folder.join("data"));
    let expected = machine.expected(seen);
    fs::write(folder.join("expected.jsonl"), &expected).expect("written");
    let mut recovered = machine;
    recovered.start();
    recovered.shut_down();
    recovered.export(&folder.join("recovered"));
    println!("seed {seed} ends in {end:?}: {} lines to consume", expected.lines().count());
}
