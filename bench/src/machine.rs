//! What the machine is that measured.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use fm_testkit::Outcome;
use fm_testkit::process::output;

/// Cores, processor, memory and kernel, in one sentence.
pub(crate) fn describe() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|value| value.split(' ').next()?.parse::<u64>().ok())
        .map_or(0, |kilobytes| kilobytes / (1024 * 1024));
    let kernel = output(Command::new("uname").arg("-sr")).unwrap_or_default();
    format!("{cores} cores of {processor}, {memory} GiB of memory, {}", kernel.trim())
}

/// A value of a file in which each line is a name, a colon and a value.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// A number of kilobytes in the status of a process, in bytes: `VmRSS` is its memory, `VmHWM` the most that it was.
pub(crate) fn memory_of(process: u32, name: &str) -> Option<u64> {
    let value = field(&format!("/proc/{process}/status"), name)?;
    Some(value.split(' ').next()?.parse::<u64>().ok()? * 1024)
}

/// Lets `VmHWM` begin anew.
pub(crate) fn forget_peak(process: u32) -> std::io::Result<()> {
    fs::write(format!("/proc/{process}/clear_refs"), "5")
}

/// Lets the disk come to rest, so that no turn pays for what another left: workers remove deleted files at once, and
/// what was not synchronised still has to be written.
pub(crate) fn let_disk_rest() -> Outcome<()> {
    thread::sleep(Duration::from_secs(1));
    output(&mut Command::new("sync"))?;
    Ok(())
}

#[cfg(test)]
mod tests;
