//! `scripts/move`: moves the blobs of many files from a folder to an S3 server under load, and prints what was seen.

use std::process::ExitCode;

use fm_e2e::{MovePlan, move_blobs};

const USAGE: &str = "usage: moving [FILES [KILLS]]";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |place: usize, default: usize| arguments.get(place).map_or(Ok(default), |text| text.parse::<usize>());
    let (Ok(files), Ok(kills)) = (number(0, 10_000), number(1, 2)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let counts = move_blobs(MovePlan { files, kills }).await;
    println!("{files} files: {counts}");
    ExitCode::SUCCESS
}
