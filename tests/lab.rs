//! The lab language, from outside: golden scripts, and lines that mean nothing.
//!
//! Beside each `tests/lab/*.lab` lies what it prints. To write them anew after a change, `LAB_UPDATE=1 cargo test --no-default-features --test lab`, and
//! look at the difference before committing it.

use kafkascope::base::Rng;
use kafkascope::command::{LineKind, Output, State, Status, Terminal, export_log_dir, run_script, vocabulary};
use kafkascope::sim::{ClusterConfig, Session};
use std::path::{Path, PathBuf};

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab");
    let mut scripts: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|extension| extension == "lab"));
    scripts.sort();
    assert!(!scripts.is_empty());
    scripts
}

/// What a script prints, with who speaks, and how it ends.
fn printed(script: &str) -> String {
    let result = run_script(script, true);
    let mut text = String::new();
    for line in &result.lines {
        let mark = match line.kind {
            LineKind::Out => "",
            LineKind::Err => "! ",
            LineKind::Note if line.text.starts_with("> ") => "",
            LineKind::Note => "# ",
        };
        text.push_str(&format!("{mark}{}\n", line.text));
    }
    text.push_str(&format!("exit {}\n", result.status.exit_code()));
    text
}

#[test]
fn scripts_print_what_they_printed() {
    let update = std::env::var_os("LAB_UPDATE").is_some();
    let mut differing = Vec::new();
    for path in scripts() {
        let now = printed(&std::fs::read_to_string(&path).unwrap());
        let expected = path.with_extension("out");
        if update {
            std::fs::write(&expected, &now).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != now {
            differing.push(format!("{}:\n{now}", path.display()));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn a_script_comes_to_the_same_end_when_it_is_opened_again() {
    for path in scripts() {
        let mut session = run_script(&std::fs::read_to_string(&path).unwrap(), false).session;
        // To the end of the moment: a saved session knows its time, not its place within the moment.
        session.run_to(session.now());
        let end = (session.now(), session.cluster().digest());
        let opened = Session::load(&session.save()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!((opened.now(), opened.cluster().digest()), end, "{}", path.display());
        session.seek(kafkascope::base::SimTime::ZERO);
        session.seek(end.0);
        assert_eq!((session.now(), session.cluster().digest()), end, "{}: there and back", path.display());
    }
}

#[test]
fn log_directories_are_written_out_byte_for_byte() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/files.lab");
    let folder = std::env::temp_dir().join(format!("kafkascope-export-{}", std::process::id()));
    let lab = |folder: &Path| {
        let mut lab = std::process::Command::new(env!("CARGO_BIN_EXE_lab"));
        lab.arg("run").arg(&script).arg("--export").arg(folder).output().unwrap()
    };
    assert!(lab(&folder).status.success());
    // Where something lies already nothing is overwritten.
    assert_eq!(lab(&folder).status.code(), Some(2));
    let session = run_script(&std::fs::read_to_string(&script).unwrap(), false).session;
    let mut read_back = 0;
    for (id, node) in session.cluster().brokers() {
        let files = export_log_dir(node.disk());
        assert!(files.iter().any(|file| file.path == "orders-0/00000000000000000000.log"), "{files:?}");
        for file in files {
            let path = folder.join(format!("broker-{id}")).join(&file.path);
            assert_eq!(std::fs::read(&path).unwrap(), file.bytes, "{}", path.display());
            read_back += 1;
        }
    }
    let on_disk = |entry: std::fs::DirEntry| std::fs::read_dir(entry.path()).unwrap().count();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
    assert!(std::fs::read_dir(&folder).unwrap().map(|entry| on_disk(entry.unwrap())).sum::<usize>() <= read_back);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// A world in which there is something to speak of.
fn world() -> Session {
    let mut session = Session::new(ClusterConfig::default()).unwrap();
    let setup = "kafka-topics --create --topic orders --partitions 2 --replication-factor 3\n\
                 producer p start --topic orders --rate 5/s\n\
                 consumer c start --group g --topic orders\n\
                 run 5s";
    let output = Terminal::default().execute(&mut session, setup);
    assert!(output.ok, "{output:?}");
    session
}

fn run(session: &mut Session, line: &str) -> Output {
    Terminal::default().execute(session, line)
}

const BAD: &[&str] = &[
    "kafka-topic --list",
    "kafka-topics",
    "kafka-topics --create",
    "kafka-topics --create --topic x --partitons 1",
    "kafka-topics --alter --topic orders",
    "kafka-topics --create --topic x --config preallocate=true",
    "kafka-topics --create --topic x --config retention",
    "kafka-topics --create --list",
    "kafka-topics --list --partitions 3",
    "kafka-topics --create --topic x --partitions many",
    "kafka-consumer-groups --list",
    "kafka-console-producer --topic orders",
    "kafka-console-producer --topic orders --sync",
    "kafka-console-producer --topic orders --producer-property acks=2 <<E\nE",
    "kafka-console-producer --topic orders --property parse.kee=true <<E\nE",
    "kafka-console-consumer --topic orders",
    "kafka-console-consumer --topic orders --isolation-level read_committed --timeout-ms 1",
    "kafka-console-consumer --topic orders --offset 5 --max-messages 1",
    "kafka-console-consumer --topic orders --partition 0 --offset -5 --max-messages 1",
    "kafka-console-consumer --topic orders --partition 0 --group g --max-messages 1",
    "kafka-topics --list <<END\nEND",
    "kafka-topics --list <<END\n",
    "kafka-topics --alter --topic orders --config retention.ms=5",
    "kafka-topics --alter --partitions 5",
    "kafka-topics --delete",
    "kafka-topics --delete --topic __consumer_offsets",
    "kafka-topics --create --topic x --if-exists",
    "kafka-configs",
    "kafka-configs --describe",
    "kafka-configs --describe --alter --topic orders",
    "kafka-configs --describe --topic orders --broker 1",
    "kafka-configs --describe --topic orders --add-config a=b",
    "kafka-configs --describe --entity-type topic",
    "kafka-configs --describe --entity-type users",
    "kafka-configs --describe --entity-name orders",
    "kafka-configs --describe --broker one",
    "kafka-configs --describe --broker 1 --all",
    "kafka-configs --alter --topic orders",
    "kafka-configs --alter --entity-type topics --add-config retention.ms=5",
    "kafka-configs --alter --topic orders --add-config retention=5",
    "kafka-configs --alter --topic orders --add-config preallocate=true",
    "kafka-configs --alter --topic orders --delete-config retention",
    "kafka-configs --alter --broker 1 --add-config replica.lag.time.max.ms=5",
    "kafka-configs --alter --broker 1 --add-config log.retention=5",
    "kafka-configs --describe --user me",
    "kafka-get-offsets --time -4",
    "kafka-get-offsets --topic ord.*",
    "kafka-get-offsets --topic-partitions ord*:1",
    "kafka-delete-records",
    "kafka-delete-records --offset-json-file -",
    "kafka-delete-records --offset-json-file a.json <<E\nE",
    "kafka-log-dirs",
    "kafka-log-dirs --describe --broker-list one",
    "kafka-dump-log",
    "kafka-dump-log --files broker-9:/x.log",
    "kafka-dump-log --files /var/lib/kafka/data/orders-0/00000000000000000000.log",
    "kafka-dump-log --files broker-1:/x.log --cluster-metadata-decoder",
    "kafka-dump-log --files broker-1:/x.log --value-decoder-class Foo",
    "ls",
    "ls -x broker-1:",
    "ls brokr-1:/var",
    "ls controller-1:/var",
    "cat",
    "cat orders-0",
    "hexdump -n many broker-1:/x",
    "hexdump broker-1:orders-0/*",
    "ssh 9",
    "ssh controller-1",
    "cd",
    "pwd",
    "exit",
    "lookup",
    "lookup orders-0",
    "lookup orders-0@x",
    "lookup orders-0@1 --time 5",
    "lookup orders-0@1 --broker 9",
    "broker kill 9",
    "broker start 1",
    "broker kill leader(orders-7)",
    "broker kill leader(oders-0)",
    "broker kill controller-1",
    "broker poweroff 9",
    "broker poweroff controller-1",
    "broker powerof 1",
    "controller poweroff p",
    "broker add 1",
    "broker kil 1",
    "broker",
    "broker kill",
    "link cut 1",
    "link cut 1 1",
    "link cut 1 brokes",
    "link cut 1 2,brokes",
    "link delay 1 2 3",
    "link delay 1 2 3s --jitter much",
    "link drop 1 2 10",
    "link drop 1 2 101%",
    "link dup * * 0.123%",
    "link lose 1 2 Produec response 1",
    "link lose 1 2 Produce respons 1",
    "link lose 1 2 Produce response 0",
    "link reset 1 1 --one-way",
    "clock skew 9 2s",
    "clock skew 1 soon",
    "clock skew 1 2us",
    "clock skew 1 31d",
    "disk slow 1",
    "disk slow 1 fast",
    "disk slow 1 0x",
    "disk slow 9 20x",
    "disk slow controller-1 20x",
    "disk repair 1",
    "disk fial 1",
    "disk capacity 1 much",
    "disk capacity 1 10",
    "disk memory 1 1GX",
    "disk profile 1 sdd",
    "disk compare 1 1GiB",
    "disk corrupt orders-0",
    "disk corrupt broker-9:/x@1",
    "disk corrupt broker-1:/x@one",
    "disk corrupt broker-1:/var/lib/kafka/data/orders-0/00000000000000000001.log@1",
    "disk corrupt broker-1:/var/lib/kafka/data/orders-0/00000000000000000000.log@100000000",
    "disk show c",
    "show disk 7",
    "expect dirty(orders-0) == 0",
    "expect dirt(1) == 0",
    "producer p start --topic orders",
    "producer q send a:b",
    "producer p send a:b --partition 9",
    "producer p begin",
    "producer p strat",
    "producer q start --topic orders --rate 5",
    "producer q start --topic orders --config ackz=all",
    "producer q start --topic orders --transactional-id x",
    "producer 1x start --topic orders",
    "producer c stop",
    "consumer c commit",
    "consumer d start --topic orders",
    "consumer d start --group g --topic orders --config heartbeat.interval.ms=x",
    "cluster --brokers 0",
    "cluster --brokers 100",
    "cluster --racks a,,b",
    "faults start --kinds kil",
    "faults start --every 0s",
    "faults start --seed -1",
    "cluster --config replica.lag.time.max=1",
    "cluster --seed x",
    "run",
    "run 5",
    "run until",
    "run until isr(orders-0)",
    "run until hw(orders-0) > 1 within soon",
    "run until hw(orders-9) > 1",
    "step many",
    "seek -1s",
    "seek nowhere",
    "mark here",
    "mark 5s",
    "mark main",
    "mark 'two words'",
    "fork",
    "fork main",
    "branch",
    "branch mian",
    "diff main",
    "diff main nowhere",
    "diff main here --at 5s",
    "diff main main --at soon",
    "show ledger --fate lost",
    "show ledger --records --fate lots",
    "show ledger --records --last 0",
    "expect",
    "expect hw(orders-0) = 1",
    "expect lso(orders-0) == 1",
    "expect leader(orders-0) == broker-1",
    "expect sent(nobody) == 0",
    "show",
    "show everything",
    "show partition orders",
    "show producer x",
    "show group x",
    "show batch",
    "show batch orders-0",
    "show batch orders-9@1",
    "show trace --last 0",
    "why orders-0.leo",
    "why orders-0",
    "help brokers",
    "say 'hello",
    "say \"hello",
    "say \\",
];

#[test]
fn a_bad_line_leaves_the_world_as_it_was() {
    let mut session = world();
    let before = session.cluster().digest();
    for line in BAD {
        let output = run(&mut session, line);
        assert_eq!(output.status, Status::Bad, "{line}: {:?}", output.lines);
        assert!(output.lines[0].text.contains("행 "), "{line}: {}", output.lines[0].text);
        assert_eq!(session.cluster().digest(), before, "{line}");
    }
    // Before the cluster is up a tool waits for it; a bad line must not.
    let mut young = Session::new(ClusterConfig::default()).unwrap();
    let before = young.cluster().digest();
    assert_eq!(run(&mut young, "kafka-topics --create --topic x --config preallocate=true").status, Status::Bad);
    assert_eq!(young.cluster().digest(), before);
}

#[test]
fn mistakes_are_answered_as_they_were() {
    let mut session = world();
    let mut text = String::new();
    for line in BAD {
        text.push_str(&format!("> {line}\n"));
        for said in run(&mut session, line).lines {
            text.push_str(&format!("  {}\n", said.text));
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/mistakes.out");
    if std::env::var_os("LAB_UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text);
}

#[test]
fn a_bad_line_stops_a_script_and_not_the_page() {
    let mut session = world();
    let output = run(&mut session, "borker kill 1\nbroker kill 1");
    assert_eq!(output.lines[0].text, "1행 1열: 모르는 명령이에요: borker. 혹시 broker인가요?");
    assert!(output.lines[1].text.contains("브로커 1"), "{output:?}");
    let stopped = run_script("run 1s\nborker kill 1\nbroker kill 1", false);
    assert_eq!((stopped.status, stopped.lines.len()), (Status::Bad, 1));
    assert_eq!(stopped.error.map(|error| error.line), Some(2));
}

#[test]
fn a_tool_on_the_page_waits_until_it_is_interrupted() {
    let mut session = world();
    let mut terminal = Terminal::default();
    let mut progress = terminal.start(&mut session, "kafka-console-consumer --topic orders --from-beginning");
    let mut lines = progress.lines.len();
    for _ in 0..500 {
        let State::Waiting(wait) = &progress.state else { panic!("it does not end by itself") };
        let until = session.now() + kafkascope::base::SimTime::from_ms(16);
        session.run_until(until, |cluster| wait.is_over(cluster));
        progress = terminal.poll(&mut session);
        lines += progress.lines.len();
    }
    assert!(lines > 10, "{lines}");
    progress = terminal.interrupt(&mut session);
    while let State::Waiting(wait) = &progress.state {
        session.run_until(wait.deadline().expect("closing ends"), |cluster| wait.is_over(cluster));
        progress = terminal.poll(&mut session);
    }
    assert!(progress.lines.last().unwrap().text.starts_with("Processed a total of"));
    // The world may go back to before the tool began while it waits; it then has nothing to wait for.
    let mut session = world();
    terminal.start(&mut session, "kafka-console-consumer --topic orders --from-beginning");
    session.seek(kafkascope::base::SimTime::ZERO);
    terminal.poll(&mut session);
    terminal.interrupt(&mut session);
}

#[test]
fn garbage_does_no_harm() {
    let mut rng = Rng::new(42, &"garbage");
    let words = all_words();
    let mut session = world();
    for round in 0..1500 {
        let line = match rng.below(3) {
            0 => jumble(&mut rng, &words),
            1 => {
                let line = BAD[rng.below(BAD.len() as u64) as usize];
                mutated(&mut rng, line)
            }
            _ => noise(&mut rng),
        };
        // What would be right and go on for long, or make the world another one, is not the point here.
        let heavy = ["run", "seek", "cluster", "kafka-console", "step", "broker add"];
        if heavy.iter().any(|word| line.contains(word)) && Terminal::default().try_out(&session, &line) {
            continue;
        }
        let before = (session.now(), session.cluster().digest());
        let output = run(&mut session, &line);
        if output.status == Status::Bad && !line.contains('\n') {
            assert_eq!((session.now(), session.cluster().digest()), before, "{line:?}");
        }
        if round % 50 == 0 {
            session = world();
        }
    }
}

fn all_words() -> Vec<String> {
    let vocabulary = vocabulary();
    let mut words: Vec<String> = vocabulary.commands.into_iter().map(|offer| offer.word).collect();
    words.extend(vocabulary.words.into_iter().flat_map(|(_, offers)| offers).map(|offer| offer.word));
    words.extend(vocabulary.functions.into_iter().map(|offer| format!("{}orders-0)", offer.word)));
    words.extend(vocabulary.settings.into_iter().flat_map(|(_, names)| names).map(|name| format!("{name}1")));
    let more = "1 2 3 -1 0 p c g x orders orders-0 orders-1 orders-9 brokers controllers clients * 5s 100ms <<E == && || ! ( ) [ ] , . @ in .len \
                within 가 ' \" \\ # = 99999999999999999999 controller-1 broker-2 K:V --help";
    words.extend(more.split_whitespace().map(String::from));
    words
}

fn jumble(rng: &mut Rng, words: &[String]) -> String {
    let count = 1 + rng.below(7);
    (0..count).map(|_| words[rng.below(words.len() as u64) as usize].as_str()).collect::<Vec<_>>().join(" ")
}

fn mutated(rng: &mut Rng, line: &str) -> String {
    let mut chars: Vec<char> = line.chars().collect();
    for _ in 0..1 + rng.below(3) {
        let at = rng.below(chars.len() as u64 + 1) as usize;
        match rng.below(3) {
            0 if at < chars.len() => drop(chars.remove(at)),
            1 if at + 1 < chars.len() => chars.swap(at, at + 1),
            _ => chars.insert(at, ['(', '-', '\'', ' ', '0', '한', '@', '.', '\\'][rng.below(9) as usize]),
        }
    }
    chars.into_iter().collect()
}

fn noise(rng: &mut Rng) -> String {
    let count = rng.below(40);
    (0..count).filter_map(|_| char::from_u32(rng.below(0x3000) as u32)).collect()
}
