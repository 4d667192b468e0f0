//! `scripts/crash`: kills the program again and again, on both durable lanes, and prints what was seen.

use std::process::ExitCode;
use std::time::Instant;

use fm_e2e::{CrashPlan, InjectedFault, Lane, crash};

const USAGE: &str = "usage: crash [KILLS [SEED [embedded|postgres_s3]]] [--faults | --database | --failover]";

#[tokio::main]
async fn main() -> ExitCode {
    let Some((plan, lanes)) = plan(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    for lane in lanes {
        let started = Instant::now();
        let counts = crash(lane, plan).await;
        println!("{}: {counts} ({} s)", lane.name(), started.elapsed().as_secs());
    }
    ExitCode::SUCCESS
}

fn plan(arguments: impl Iterator<Item = String>) -> Option<(CrashPlan, Vec<Lane>)> {
    let (options, words): (Vec<String>, Vec<String>) = arguments.partition(|word| word.starts_with("--"));
    let injected = match options.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => InjectedFault::Kills,
        ["--faults"] => InjectedFault::KillsAmidFaults,
        ["--database"] => InjectedFault::DatabaseKills,
        ["--failover"] => InjectedFault::Failovers,
        _ => return None,
    };
    let number = |place: usize, default| words.get(place).map_or(Some(default), |text| text.parse().ok());
    let (kills, seed) = (number(0, 500)?, number(1, 1)?);
    let of_the_database = [InjectedFault::DatabaseKills, InjectedFault::Failovers].contains(&injected);
    let has_database = |lane: &Lane| *lane == Lane::PostgresS3 || !of_the_database;
    let wanted = |lane: &Lane| words.get(2).is_none_or(|name| name == lane.name()) && has_database(lane);
    let lanes: Vec<Lane> = [Lane::Embedded, Lane::PostgresS3].into_iter().filter(wanted).collect();
    let kills = usize::try_from(kills).ok()?;
    (!lanes.is_empty() && words.len() <= 3)
        .then_some((CrashPlan { kills, clients: 6, seed, injected }, lanes))
}
