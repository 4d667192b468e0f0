//! `scripts/crash`: kills the program again and again, on both durable lanes, and prints what was seen.

use std::process::ExitCode;
use std::time::Instant;

use fm_e2e::{CrashPlan, Lane, crash};

const USAGE: &str = "usage: crash [KILLS [SEED [embedded|postgres_s3]]]";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default| arguments.get(place).map_or(Ok(default), |text| text.parse());
    let wanted = |lane: &Lane| arguments.get(2).is_none_or(|name| name == lane.name());
    let lanes: Vec<Lane> = [Lane::Embedded, Lane::PostgresS3].into_iter().filter(wanted).collect();
    let (Ok(kills), Ok(seed), [_, ..]) = (number(0, 500), number(1, 1), lanes.as_slice()) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let plan = CrashPlan { kills: usize::try_from(kills).unwrap_or(usize::MAX), clients: 6, seed };
    for lane in lanes {
        let started = Instant::now();
        let counts = crash(lane, plan).await;
        println!("{}: {counts} ({} s)", lane.name(), started.elapsed().as_secs());
    }
    ExitCode::SUCCESS
}
