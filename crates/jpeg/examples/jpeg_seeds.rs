//! Writes pictures for the fuzz target to begin with: `cargo run --example jpeg_seeds -- fuzz/corpus/decode`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use fm_jpeg::testing::{progressive, sequential};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: seeds FOLDER")?);
    fs::create_dir_all(&folder)?;
    for (number, picture) in sequential().into_iter().chain(progressive()).enumerate() {
        fs::write(folder.join(format!("{number}.jpg")), picture)?;
    }
    Ok(())
}
