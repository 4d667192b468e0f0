//! `scripts/resume`: uploads a large file while connections are cut and the program is killed, on both durable lanes, and
//! prints what was seen.

use std::process::ExitCode;
use std::time::Instant;

use fm_e2e::{Lane, ResumePlan, resume};

const USAGE: &str = "usage: resume [MIB [CUTS [KILLS [SEED [embedded|postgres_s3]]]]]";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |place: usize, default: u32| arguments.get(place).map_or(Ok(default), |text| text.parse::<u32>());
    let wanted = |lane: &Lane| arguments.get(4).is_none_or(|name| name == lane.name());
    let lanes: Vec<Lane> = [Lane::Embedded, Lane::PostgresS3].into_iter().filter(wanted).collect();
    let (Ok(mib), Ok(cuts), Ok(kills), Ok(seed)) =
        (number(0, 1024), number(1, 30), number(2, 20), number(3, 1))
    else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if lanes.is_empty() || mib == 0 {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    // Not a whole number of parts.
    let bytes = (u64::from(mib) << 20) + 12_345;
    let plan =
        ResumePlan { bytes, cuts: cuts as usize, kills: kills as usize, seed: seed.into(), is_patient: true };
    for lane in lanes {
        let started = Instant::now();
        let counts = resume(lane, plan).await;
        println!("{}: {counts} ({} s)", lane.name(), started.elapsed().as_secs());
    }
    ExitCode::SUCCESS
}
