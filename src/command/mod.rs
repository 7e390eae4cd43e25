//! The command line: Kafka's tools and the lab's own commands, turned into actions on the world and into the text they print.
//!
//! One language drives everything: the terminal on the page, lessons, golden tests and the headless lab. A line is split into words
//! ([`words`]), fitted to a form of the grammar ([`grammar`]; the table is `lexicon`), and done by a handler. Before anything is done, all of the
//! line is checked; a line that is wrong leaves the world as it was and says where, what, and what was probably meant.
//!
//! What takes time does not block. A handler may leave a *job* behind, with what it waits for; whoever drives the world calls
//! [`Terminal::poll`] when that has come. [`Terminal::execute`] and [`run_script`] drive it themselves, at once; the page plays.
//!
//! The rooms: `words`, `script`, `grammar`, `call` understand a line; `terminal` runs it; `topics`, `produce`, `consume`, `configs`,
//! `delete_records`, `get_offsets`, `log_dirs` are Kafka's tools, which `ask` the cluster, with `kafka_text` for Kafka's own wording;
//! `files`, `dump` and `lookup` look at what is on a broker's disk, `archive` takes it out; `world`, `disks`, `clients`, `time` change things; `show`, `inquire`
//! and [`predicate`] ask.

mod archive;
mod ask;
mod call;
mod clients;
mod clock;
mod configs;
mod consume;
mod delete_records;
mod disks;
mod dump;
mod duration;
mod faults;
mod files;
mod get_offsets;
pub mod grammar;
mod inquire;
mod java;
mod job;
mod json;
mod kafka_text;
mod leader_election;
mod lexicon;
mod links;
mod log_dirs;
mod lookup;
mod output;
pub mod predicate;
mod problem;
mod produce;
mod script;
mod show;
mod show_batch;
mod show_cleaner;
mod show_ledger;
mod size;
mod table;
mod terminal;
mod time;
mod topics;
mod vocabulary;
pub mod words;
mod world;

pub use archive::{ArchivedFile, ImportError, export_log_dir, import_log_dir};
pub use dump::{DumpDecoder, DumpOptions, dump_log};
pub use duration::{parse_duration, write_duration};
pub use files::{Place, path_words};
pub use inquire::{latest_cause, names};
pub use lexicon::{COMMANDS, TOOLS_NOT_YET};
pub use output::{Line, LineKind, Output, Progress, State, Status, Wait};
pub use predicate::{Clause, Predicate};
pub use problem::{Problem, ScriptError, nearest};
pub use script::{Script, ScriptLine};
pub use terminal::{ScriptResult, Terminal, check, run_script};
pub use vocabulary::{Offer, Vocabulary, vocabulary, world_names};
