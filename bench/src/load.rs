//! wrk, the client of most lines: cheap beside what it measures, and known.

use std::path::Path;
use std::process::Command;

use fm_testkit::Outcome;
use fm_testkit::process::{number, output};

use crate::measure::Sample;
use crate::tools::Tools;

/// How many connections, and how long.
#[derive(Clone, Copy)]
pub(crate) struct Pressure {
    pub(crate) connections: usize,
    pub(crate) seconds: u64,
}

/// What a run measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reached {
    /// Requests a second.
    requests: f64,
    /// Bytes a second, heads included.
    bytes: f64,
    /// Requests in all.
    count: f64,
}

impl Reached {
    /// Measured in requests a second.
    pub(crate) const fn requests_a_second(self) -> Sample {
        Sample { figure: self.requests, operations: self.count }
    }

    /// Measured in megabytes a second.
    pub(crate) fn megabytes_a_second(self) -> Sample {
        Sample { figure: self.bytes / 1e6, operations: self.count }
    }
}

/// The same request again and again. A body comes from a file.
pub(crate) fn same(
    tools: &Tools,
    pressure: Pressure,
    method: &str,
    url: &str,
    body: Option<&Path>,
    headers: &[String],
) -> Outcome<Reached> {
    let mut command = wrk(tools, pressure, "same.lua", url);
    command.arg(method).arg(body.unwrap_or(Path::new("-"))).args(headers);
    run(&mut command)
}

/// PUT to one path after the other, out of a file of paths.
pub(crate) fn paths(
    tools: &Tools,
    pressure: Pressure,
    url: &str,
    body: &Path,
    paths: &Path,
) -> Outcome<Reached> {
    run(wrk(tools, pressure, "paths.lua", url).arg(body).arg(paths))
}

/// POST by one user after the other: among the headers is an `Authorization` of each. Each request has a number of its own in the place of
/// `NUMBER` in the address.
pub(crate) fn users(
    tools: &Tools,
    pressure: Pressure,
    url: &str,
    body: &Path,
    headers: &[String],
) -> Outcome<Reached> {
    run(wrk(tools, pressure, "users.lua", url).arg(body).args(headers))
}

fn wrk(tools: &Tools, pressure: Pressure, script: &str, url: &str) -> Command {
    let mut command = tools.tool(&tools.wrk).command();
    let threads = pressure.connections.min(2);
    command
        .args([
            format!("-t{threads}"),
            format!("-c{}", pressure.connections),
            format!("-d{}s", pressure.seconds),
        ])
        .args(["--timeout", "30s", "-s"])
        .arg(tools.script(script))
        .arg(url)
        .arg("--");
    command
}

/// A run with a failed request measures nothing.
fn run(command: &mut Command) -> Outcome<Reached> {
    let printed = output(command)?;
    let (faults, statuses) = (number(&printed, "faults")?, number(&printed, "statuses")?);
    let requests = number(&printed, "requests")?;
    if faults + statuses > 0.0 || requests < 1.0 {
        return Err(
            format!("wrk: {requests} answers, {faults} broken, {statuses} with an error status").into()
        );
    }
    let seconds = number(&printed, "microseconds")? / 1e6;
    Ok(Reached { requests: requests / seconds, bytes: number(&printed, "bytes")? / seconds, count: requests })
}
