//! `scripts/upgrade`: an older program and this one, side by side through an upgrade, and what was seen.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fm_e2e::{UpgradePlan, upgrade};

const USAGE: &str = "usage: upgrade OLD_PROGRAM [SECONDS [SEED]]";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default| arguments.get(place).map_or(Some(default), |text| text.parse().ok());
    let (Some(old), Some(seconds), Some(seed), true) =
        (arguments.first(), number(1, 20), number(2, 1), arguments.len() <= 3)
    else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let plan = UpgradePlan { old: PathBuf::from(old), stage: Duration::from_secs(seconds), clients: 6, seed };
    let started = Instant::now();
    let counts = Box::pin(upgrade(&plan)).await;
    println!("{counts} ({} s)", started.elapsed().as_secs());
    ExitCode::SUCCESS
}
