//! The product's renderer of thumbnails on its own: `fm-bench-thumbnails render FILE COUNT` prints the milliseconds of CPU
//! and of wall clock for one.

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use bytes::Bytes;
use fm_domain::thumbnails::{RenderBudget, RenderSpec, Thumbnailer};
use fm_imaging::{ImageThumbnailer, ImagingSettings};

/// The unit of the times in `/proc/self/stat` on Linux.
const TICK_MS: f64 = 10.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, file, count] = arguments.as_slice() else { return usage() };
    let Ok(count) = count.parse::<u32>() else { return usage() };
    if command != "render" || count == 0 {
        return usage();
    }
    match render(file, count) {
        Ok((cpu, wall)) => {
            println!("RESULT cpu_ms={cpu:.3} wall_ms={wall:.3}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: fm-bench-thumbnails render FILE COUNT");
    ExitCode::from(2)
}

/// Milliseconds of CPU and of wall clock for one. The first is not counted.
fn render(file: &str, count: u32) -> Result<(f64, f64), Box<dyn Error>> {
    let source = Bytes::from(std::fs::read(file)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let thumbnailer = ImageThumbnailer::new(ImagingSettings::default());
    let once = || {
        runtime.block_on(thumbnailer.render(source.clone(), RenderSpec::THUMBNAIL, RenderBudget::STANDARD))
    };
    once()?;
    let (cpu, wall) = (cpu_ms()?, Instant::now());
    for _ in 0..count {
        once()?;
    }
    let each = f64::from(count);
    Ok(((cpu_ms()? - cpu) / each, wall.elapsed().as_secs_f64() * 1e3 / each))
}

/// The CPU time that this process has used, in all its threads.
fn cpu_ms() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name of the program stands in brackets and may hold anything; fields 14 and 15 are the times.
    let (_, fields) = stat.rsplit_once(')').ok_or("no fields")?;
    let mut fields = fields.split_whitespace().skip(11);
    let (user, system) = (fields.next().ok_or("no time")?, fields.next().ok_or("no time")?);
    Ok((user.parse::<f64>()? + system.parse::<f64>()?) * TICK_MS)
}
