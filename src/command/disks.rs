//! `disk`: what befalls a broker's disk, what it has done, and what it would cost.

use super::call::Call;
use super::files::{broker_named, disk_path};
use super::job::Reply;
use super::output::Line;
use super::problem::on_disk;
use super::table::{aligned, row};
use super::words::Word;
use super::{Problem, size::parse_size};
use crate::base::josa::{Josa, josa};
use crate::base::{BrokerId, Rng, SimTime};
use crate::broker::Sendings;
use crate::disk::{CopiedBy, Disk, DiskError, DiskProfile, PAGE_SIZE, Transfer};
use crate::sim::{Action, Cluster, DiskChange, Session};

/// The most bytes that `disk compare` writes: 64 MiB.
const MOST_COMPARED: u64 = 64 << 20;

/// The broker whose disk a command is about: a number, a name, or an expression that comes to one.
fn broker(call: &Call, session: &Session) -> Result<BrokerId, Problem> {
    let word = call.need(0)?;
    broker_named(&word.text, word.column, session)
}

fn change(
    call: &Call,
    session: &mut Session,
    change: DiskChange,
    done: impl FnOnce(&str) -> String,
) -> Result<Reply, Problem> {
    let id = broker(call, session)?;
    let column = call.need(0)?.column;
    session.act(Action::Disk(id, change)).map_err(|error| Problem::action(column, &error))?;
    Ok(Reply::note(done(&format!("브로커 {id}의 디스크"))))
}

/// `disk slow ID FACTOR`.
pub(super) fn slow(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let word = call.need(1)?;
    let times = word.text.trim_end_matches('x').parse::<u32>().ok().filter(|times| (1..=10_000).contains(times));
    let times = times.ok_or_else(|| {
        Problem::new(word.column, format!("20x처럼 몇 배 느려지는지 적어요. 1x는 제 속도예요: {}", word.text))
    })?;
    change(call, session, DiskChange::Slow(times), |disk| match times {
        1 => format!("{} 이제 제 속도로 움직여요.", josa(disk, Josa::Topic)),
        _ => format!("{} {times}배 느려졌어요.", josa(disk, Josa::Topic)),
    })
}

/// `disk fail ID`.
pub(super) fn fail(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, DiskChange::Fail, |disk| format!("{} 고장 냈어요.", josa(disk, Josa::Object)))
}

/// `disk repair ID`.
pub(super) fn repair(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    change(call, session, DiskChange::Repair, |disk| {
        format!("{} 빈 새것으로 바꿨어요. 있던 파일은 사라졌어요.", josa(disk, Josa::Object))
    })
}

fn size(word: &Word) -> Result<u64, Problem> {
    parse_size(&word.text)
        .filter(|bytes| *bytes >= PAGE_SIZE as u64)
        .ok_or_else(|| Problem::new(word.column, format!("4096이나 64KiB, 10MB처럼 적어요(4KiB 이상): {}", word.text)))
}

/// `disk capacity ID BYTES`.
pub(super) fn capacity(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let bytes = size(call.need(1)?)?;
    change(call, session, DiskChange::Capacity(bytes), |disk| {
        format!("{} 이제 {bytes}바이트까지 담아요.", josa(disk, Josa::Topic))
    })
}

/// `disk memory ID BYTES`.
pub(super) fn memory(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let bytes = size(call.need(1)?)?;
    change(call, session, DiskChange::Memory(bytes), |disk| {
        format!("{disk} 앞에 둔 페이지 캐시는 이제 메모리 {bytes}바이트를 써요.")
    })
}

/// `disk profile ID KIND`.
pub(super) fn profile(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let word = call.need(1)?;
    let names = DiskProfile::ALL.map(|profile| profile.name);
    if !names.contains(&word.text.as_str()) {
        let problem =
            Problem::new(word.column, format!("디스크 종류는 {} 가운데 하나예요: {}.", names.join(", "), word.text));
        return Err(problem.or_rather(&word.text, names));
    }
    change(call, session, DiskChange::Profile(word.text.clone()), |disk| {
        format!("{} 이제 {} 종류예요.", josa(disk, Josa::Topic), word.text)
    })
}

/// `disk corrupt BROKER:PATH@BYTE`.
pub(super) fn corrupt(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let word = call.need(0)?;
    let Some((path, position)) = word.text.rsplit_once('@') else {
        return Err(Problem::new(word.column, format!("broker-1:/경로/파일@바이트처럼 적어요: {}", word.text)));
    };
    let position: u64 = position.parse().map_err(|_| {
        let column = word.column + path.chars().count() + 1;
        Problem::new(column, format!("@ 다음에는 바이트의 자리를 0부터 센 정수로 적어요: {position}"))
    })?;
    let place = disk_path(path, word.column, call, session)?;
    let (id, path) = (place.broker, place.full());
    let column = word.column + word.text.find(':').map_or(0, |colon| word.text[..=colon].chars().count());
    match session.act(Action::Disk(id, DiskChange::Corrupt { path: path.clone(), position })) {
        Ok(()) => {
            Ok(Reply::note(format!("브로커 {id}의 {path}에서 {position}번 바이트를 뒤집었어요. 아직 아무도 몰라요.")))
        }
        Err(error) => {
            let problem = Problem::action(column, &error);
            let Some(machine) = session.cluster().broker_node(id) else { return Err(problem) };
            let paths = machine.disk().paths().map(|path| &**path);
            Err(if machine.disk().exists(&path) { problem } else { problem.or_rather(&path, paths) })
        }
    }
}

/// `disk show ID` and `show disk ID`.
pub(super) fn show(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let id = broker(call, session)?;
    let Some(machine) = session.cluster().broker_node(id) else { return Ok(Reply::done(Vec::new())) };
    let mut rows = disk_rows(session.cluster(), id, machine.disk());
    if let Some(process) = machine.process() {
        rows.extend(sending_rows(process.sendings()));
    }
    Ok(Reply::done(aligned(&rows).into_iter().map(Line::out).collect()))
}

/// What is the matter with a disk, in a few words.
pub(super) fn condition(disk: &Disk) -> Option<String> {
    let full = disk.used_bytes() + PAGE_SIZE as u64 > disk.capacity();
    match (disk.has_failed(), full, disk.slowness()) {
        (true, ..) => Some("disk failed".into()),
        (_, true, _) => Some("disk full".into()),
        (.., 1) => None,
        (.., times) => Some(format!("disk {times}x slower")),
    }
}

fn disk_rows(cluster: &Cluster, id: BrokerId, disk: &Disk) -> Vec<Vec<String>> {
    let (profile, cache, did, device) = (disk.profile(), disk.page_cache(), disk.cache_stat(), disk.device_stat());
    let power = match cluster.broker_node(id).is_some_and(|machine| machine.is_powered_off()) {
        true => "off",
        false => "on",
    };
    vec![
        row![format!("broker-{id}"), profile.name, condition(disk).unwrap_or_else(|| "works".into())],
        row!["power", power],
        row!["capacity", disk.capacity(), "bytes"],
        row!["used", disk.used_bytes(), "bytes"],
        row!["memory", disk.memory(), "bytes"],
        row!["resident", cache.resident, "pages"],
        row!["dirty", cache.dirty, "pages"],
        row!["hits", did.hits, "pages"],
        row!["misses", did.misses, "pages"],
        row!["read ahead", did.read_ahead, "pages"],
        row!["evicted", did.evicted, "pages"],
        row!["written back", did.written_back, "pages"],
        row!["read", device.read_bytes, "bytes"],
        row!["written", device.written_bytes, "bytes"],
        row!["fsyncs", device.fsyncs],
        row!["seeks", device.seeks],
        row!["seek time", micros(device.seek_ns), "µs"],
        row!["transfer time", micros(device.transfer_ns), "µs"],
    ]
}

fn micros(ns: u64) -> u64 {
    ns.div_ceil(1000)
}

fn sending_rows(sendings: &Sendings) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let both = [("consumers", sendings.consumers), ("followers", sendings.followers)];
    for (to, stat) in both.into_iter().filter(|(_, stat)| stat.sends > 0) {
        rows.push(row![format!("to {to}"), stat.bytes, format!("bytes in {} sends", stat.sends)]);
        rows.push(row!["  by dma", stat.dma_bytes, "bytes copied"]);
        rows.push(row!["  by cpu", stat.cpu_bytes, "bytes copied"]);
        rows.push(row!["  mode", stat.mode_switches, "switches"]);
    }
    rows
}

/// `disk paths`: the ways from a file to a socket.
pub(super) fn paths(_: &Call, _: &mut Session) -> Result<Reply, Problem> {
    let mut rows = vec![row!["way", "copies", "by cpu", "switches", "hops"]];
    for way in Transfer::ALL {
        let mut hops = String::new();
        for hop in way.hops() {
            let by = if hop.by == CopiedBy::Cpu { "cpu" } else { "dma" };
            if hops.is_empty() {
                hops.push_str(hop.from.name());
            }
            hops.push_str(&format!(" -{by}-> {}", hop.to.name()));
        }
        let switches = way.mode_switches(PAGE_SIZE as u64);
        rows.push(row![way.name(), way.hops().len(), way.cpu_copies(), switches, hops]);
    }
    Ok(Reply::done(aligned(&rows).into_iter().map(Line::out).collect()))
}

/// `disk compare ID BYTES`: the same bytes in a line, and page by page here and there, on a disk like this one.
pub(super) fn compare(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let (id, word) = (broker(call, session)?, call.need(1)?);
    let bytes = size(word)?;
    if bytes > MOST_COMPARED {
        return Err(Problem::new(word.column, format!("64MiB까지 견줄 수 있어요: {}", word.text)));
    }
    let Some(machine) = session.cluster().broker_node(id) else { return Ok(Reply::done(Vec::new())) };
    let disk = machine.disk();
    let compared = compared(disk, bytes).map_err(|error| Problem::new(word.column, on_disk(&error)))?;
    let mut rows = vec![row!["", "bytes", "seeks", "µs", "bytes/s"]];
    for (name, seeks, took) in &compared {
        let rate = match took.0 {
            0 => "-".into(),
            micros => (u128::from(bytes) * 1_000_000 / u128::from(micros)).to_string(),
        };
        rows.push(row![name, bytes, seeks, took.0, rate]);
    }
    let mut lines: Vec<Line> = aligned(&rows).into_iter().map(Line::out).collect();
    if let [_, (_, _, line), (_, _, random)] = compared[..] {
        let times = random.0 / line.0.max(1);
        lines.push(Line::note(format!("같은 바이트라도 여기저기 쓰면 이어서 쓸 때보다 {times}배 오래 걸려요.")));
    }
    Ok(Reply::done(lines))
}

/// Behind a file's end into memory only, then that to the platter in a line, then page by page in a shuffled order; each with its seeks and its time.
fn compared(like: &Disk, bytes: u64) -> Result<[(&'static str, u64, SimTime); 3], DiskError> {
    let path = "/compare";
    let mut disk = Disk::new();
    disk.set_profile(like.profile());
    disk.set_slowness(like.slowness());
    disk.create(path)?;
    let mut seeks = 0;
    let mut measure = |disk: &mut Disk, work: &mut dyn FnMut(&mut Disk) -> Result<(), DiskError>| {
        disk.advance_to(disk.busy_until());
        work(disk)?;
        let now = disk.device_stat().seeks;
        let made = now - std::mem::replace(&mut seeks, now);
        Ok((made, disk.take_io_time()))
    };
    // A log is never at its beginning: the head is where the last append ended.
    let (start, content) = (PAGE_SIZE as u64, vec![0; bytes as usize]);
    measure(&mut disk, &mut |disk| disk.append(path, &[0; PAGE_SIZE]).and_then(|()| disk.fsync(path)).map(drop))?;
    let memory = measure(&mut disk, &mut |disk| disk.append(path, &content))?;
    let line = measure(&mut disk, &mut |disk| disk.fsync(path).map(drop))?;
    let mut order: Vec<u64> = (0..bytes / PAGE_SIZE as u64).collect();
    let mut rng = Rng::new(1, &"compare");
    for last in (1..order.len()).rev() {
        order.swap(last, rng.below(last as u64 + 1) as usize);
    }
    let random = measure(&mut disk, &mut |disk| {
        for page in &order {
            disk.write_at(path, start + page * PAGE_SIZE as u64, &content[..PAGE_SIZE])?;
            disk.fsync(path)?;
        }
        Ok(())
    })?;
    Ok([("page cache", memory.0, memory.1), ("in a line", line.0, line.1), ("here and there", random.0, random.1)])
}
