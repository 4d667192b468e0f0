//! What is measured: one module for each line.

mod direct;
mod jobs;
mod large_downloads;
mod large_uploads;
mod list;
mod logins;
mod me;
mod memory;
mod pictures;
mod small_downloads;
mod small_uploads;
mod small_uploads_disk;
mod thumbnails;
mod tree;
mod tus;
mod tus_memory;

use fm_testkit::Outcome;

use crate::load::Pressure;
use crate::report::Row;
use crate::tools::Tools;

/// The lines, by the names that `scripts/bench` takes.
pub(crate) const NAMES: [&str; 16] = [
    "me",
    "list",
    "small-uploads",
    "small-uploads-disk",
    "large-uploads",
    "large-downloads",
    "small-downloads",
    "thumbnails",
    "pictures",
    "jobs",
    "memory",
    "tus",
    "tus-memory",
    "direct",
    "logins",
    "tree",
];

/// How a line measures.
pub(crate) struct Bench<'a> {
    pub(crate) tools: &'a Tools,
    pub(crate) repetitions: usize,
    /// How long a turn lasts.
    pub(crate) seconds: u64,
}

impl Bench<'_> {
    fn pressure(&self, connections: usize) -> Pressure {
        Pressure { connections, seconds: self.seconds }
    }
}

/// Measures one line.
pub(crate) fn measure(name: &str, bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    match name {
        "me" => me::measure(bench),
        "list" => list::measure(bench),
        "small-uploads" => small_uploads::measure(bench),
        "small-uploads-disk" => small_uploads_disk::measure(bench),
        "large-uploads" => large_uploads::measure(bench),
        "large-downloads" => large_downloads::measure(bench),
        "small-downloads" => small_downloads::measure(bench),
        "thumbnails" => thumbnails::measure(bench),
        "pictures" => pictures::measure(bench),
        "jobs" => jobs::measure(bench),
        "memory" => memory::measure(bench),
        "tus" => tus::measure(bench),
        "tus-memory" => tus_memory::measure(bench),
        "direct" => direct::measure(bench),
        "logins" => logins::measure(bench),
        "tree" => tree::measure(bench),
        other => Err(format!("there is no line {other}").into()),
    }
}
