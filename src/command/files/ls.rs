//! `ls`.

use super::path::{given_paths, is_dir, not_there};
use crate::base::SimTime;
use crate::command::call::Call;
use crate::command::job::Reply;
use crate::command::kafka_text::clock;
use crate::command::output::{Line, LineKind, Status};
use crate::command::problem::Problem;
use crate::disk::{Disk, PAGE_SIZE};
use crate::sim::Session;

/// `ls [-l] [-h] [PATH...]`.
pub(in crate::command) fn ls(call: &Call, session: &mut Session) -> Result<Reply, Problem> {
    let paths = given_paths(call, session)?;
    let style = Style { long: call.has("-l"), human: call.has("-h") };
    let several = paths.len() > 1;
    let (mut missing, mut files, mut folders) = (Vec::new(), Vec::new(), Vec::new());
    for path in &paths {
        let Some(node) = session.cluster().broker_node(path.broker) else { continue };
        let (disk, full) = (node.disk(), path.full());
        if is_dir(disk, &full) {
            folders.push((path, disk, full));
        } else if disk.exists(&full) {
            files.push(Entry::of(disk, &full, &path.shown));
        } else {
            missing.extend(not_there("ls", disk, path));
        }
    }
    let status = if missing.is_empty() { Status::Done } else { Status::ToolFailed };
    let mut lines = missing;
    lines.extend(style.lines(&files));
    for (path, disk, full) in folders {
        if several {
            if lines.iter().any(|line| line.kind == LineKind::Out) {
                lines.push(Line::out(""));
            }
            lines.push(Line::out(format!("{}:", path.shown)));
        }
        let names = disk.list(&full).into_iter().filter(|name| !name.starts_with('.') || call.has("-a"));
        let entries: Vec<Entry> = names.map(|name| Entry::of(disk, &format!("{full}/{name}"), name)).collect();
        if style.long {
            let blocks: u64 = entries.iter().map(|entry| entry.blocks).sum();
            lines.push(Line::out(format!("total {blocks}")));
        }
        lines.extend(style.lines(&entries));
    }
    Ok(Reply::end(status, lines))
}

/// What `ls` tells of a file or folder.
struct Entry {
    name: String,
    folder: bool,
    size: u64,
    /// When it was last written to.
    mtime: SimTime,
    /// What it takes on the disk, in KiB.
    blocks: u64,
}

impl Entry {
    fn of(disk: &Disk, path: &str, name: &str) -> Self {
        let name = name.into();
        match disk.stat(path) {
            Ok(stat) => {
                let blocks = stat.len.div_ceil(PAGE_SIZE as u64) * (PAGE_SIZE as u64 / 1024);
                Self { name, folder: false, size: stat.len, mtime: stat.mtime, blocks }
            }
            Err(_) => {
                // A folder is as young as the youngest file in it.
                let inside =
                    disk.paths().filter(|file| file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')));
                let mtime = inside.filter_map(|file| disk.stat(file).ok()).map(|stat| stat.mtime).max();
                let mtime = mtime.unwrap_or(SimTime::ZERO);
                Self { name, folder: true, size: PAGE_SIZE as u64, mtime, blocks: PAGE_SIZE as u64 / 1024 }
            }
        }
    }
}

/// How `ls` writes.
struct Style {
    long: bool,
    human: bool,
}

impl Style {
    fn lines(&self, entries: &[Entry]) -> Vec<Line> {
        if !self.long {
            return entries.iter().map(|entry| Line::out(&*entry.name)).collect();
        }
        let size = |entry: &Entry| if self.human { human(entry.size) } else { entry.size.to_string() };
        let width = entries.iter().map(|entry| size(entry).len()).max().unwrap_or(0);
        let line = |entry: &Entry| {
            let (mode, links) = if entry.folder { ("drwxr-xr-x", 2) } else { ("-rw-r--r--", 1) };
            let time = clock(entry.mtime.wall_clock_ms());
            // To the second: here everything happens within minutes.
            let time = time.split(',').next().unwrap_or_default();
            Line::out(format!("{mode} {links} kafka kafka {:>width$} {time} {}", size(entry), entry.name))
        };
        entries.iter().map(line).collect()
    }
}

/// A size in the largest unit that leaves one digit at least, rounded up: `4.0K`, `12K`, `1.1M`.
fn human(size: u64) -> String {
    let units = ["", "K", "M", "G", "T"];
    let mut unit = 0;
    let mut scale = 1u64;
    while size.div_ceil(scale) >= 1024 && unit + 1 < units.len() {
        scale *= 1024;
        unit += 1;
    }
    let tenths = (size * 10).div_ceil(scale);
    match unit {
        0 => size.to_string(),
        _ if tenths < 100 => format!("{}.{}{}", tenths / 10, tenths % 10, units[unit]),
        _ => format!("{}{}", size.div_ceil(scale), units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_for_people() {
        let sizes = [(0, "0"), (1023, "1023"), (1024, "1.0K"), (1025, "1.1K"), (10_240, "10K"), (1 << 20, "1.0M")];
        for (size, shown) in sizes {
            assert_eq!(human(size), shown);
        }
    }
}
