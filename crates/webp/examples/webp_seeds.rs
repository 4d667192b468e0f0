//! Writes frames for the fuzz target to begin with: `cargo run --example webp_seeds -- fuzz/corpus/decode`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use fm_webp::testing::{frame_of, grey, lossy};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: seeds FOLDER")?);
    fs::create_dir_all(&folder)?;
    for (width, height) in [(1, 1), (16, 16), (33, 17), (70, 50)] {
        let noise = [7, 13, 29].into_iter().cycle().scan(0_u8, |state, step| {
            *state = state.wrapping_mul(5).wrapping_add(step);
            Some(*state)
        });
        let pixels: Vec<u8> = noise.take(width as usize * height as usize * 3).collect();
        let file = lossy(&pixels, width, height).ok_or("libwebp refuses the picture")?;
        let frame = frame_of(&file).ok_or("the file has other chunks")?;
        fs::write(folder.join(format!("noise-{width}x{height}")), frame)?;
    }
    fs::write(folder.join("grey"), grey(50, 40))?;
    Ok(())
}
