//! What the kernel says of this process, by the names that Prometheus' own libraries use.

use std::fs;

use prometheus::{Counter, Gauge, IntGauge, Result};
use rustix::process::{Resource, getrlimit};

use crate::metrics::{Families, set};

/// Ticks of a second in `/proc`: Linux tells programs 100 on every machine that Rust runs on, whatever it counts itself.
const TICKS_A_SECOND: f64 = 100.0;

/// Where there is no limit of descriptors.
const UNLIMITED: u64 = 1 << 40;

struct ProcessMetrics {
    cpu: Counter,
    resident: IntGauge,
    virtual_size: IntGauge,
    threads: IntGauge,
    descriptors: IntGauge,
    most_descriptors: IntGauge,
    started: Gauge,
}

/// Makes the metrics, and what reads them.
pub(crate) fn sampler(of: &Families) -> Result<impl Fn() + Send + Sync + 'static> {
    let metrics = ProcessMetrics {
        cpu: of
            .seconds_counter("process_cpu_seconds_total", "Time that processors worked for this process.")?,
        resident: of.gauge("process_resident_memory_bytes", "Memory of this process that is in use.")?,
        virtual_size: of.gauge("process_virtual_memory_bytes", "Addresses that this process has.")?,
        threads: of.gauge("process_threads", "Threads of this process.")?,
        descriptors: of.gauge("process_open_fds", "Files and sockets that this process has open.")?,
        most_descriptors: of
            .gauge("process_max_fds", "Files and sockets that this process may have open.")?,
        started: of.seconds_gauge(
            "process_start_time_seconds",
            "When this process started, in seconds since 1970.",
        )?,
    };
    Ok(move || metrics.read())
}

impl ProcessMetrics {
    fn read(&self) {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        set(&self.resident, number_of(&status, "VmRSS:").unwrap_or(0) * 1024);
        set(&self.virtual_size, number_of(&status, "VmSize:").unwrap_or(0) * 1024);
        set(&self.threads, number_of(&status, "Threads:").unwrap_or(0));
        // The folder that is read is open meanwhile.
        let open = fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count().saturating_sub(1));
        set(&self.descriptors, open as u64);
        set(&self.most_descriptors, getrlimit(Resource::Nofile).current.unwrap_or(UNLIMITED));
        if let Some(times) = fs::read_to_string("/proc/self/stat").ok().and_then(|stat| Times::read(&stat)) {
            self.cpu.inc_by((times.worked - self.cpu.get()).max(0.0));
            let booted = fs::read_to_string("/proc/stat").ok().and_then(|stat| number_of(&stat, "btime "));
            if let Some(booted) = booted.and_then(|booted| u32::try_from(booted).ok()) {
                self.started.set(f64::from(booted) + times.started);
            }
        }
    }
}

/// The number in the line that begins with this name.
fn number_of(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Times of a process in seconds (proc(5), `/proc/pid/stat`).
#[derive(Debug, PartialEq)]
struct Times {
    /// Of processors, for the program and for the kernel together.
    worked: f64,
    /// From the start of the machine to that of the process.
    started: f64,
}

impl Times {
    fn read(stat: &str) -> Option<Self> {
        // The name of the program, in brackets, may hold anything.
        let (_, fields) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        // The first one here is the third of the file.
        let seconds = |place: usize| Some(fields.get(place - 3)?.parse::<f64>().ok()? / TICKS_A_SECOND);
        Some(Self { worked: seconds(14)? + seconds(15)?, started: seconds(22)? })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{Times, number_of};

    #[test]
    fn the_name_of_a_program_is_no_field() {
        let stat = "7 (a ) 1 b) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 6 7 20 0 9 0 12345 1 2 3";
        assert_eq!(Times::read(stat), Some(Times { worked: 3.0, started: 123.45 }));
        assert_eq!(Times::read("7 (a) S 1"), None);
    }

    #[test]
    fn a_number_follows_its_name() {
        let status = "Name:\tVmRSS: 5\nVmRSS:\t    1234 kB\nThreads:\t9\n";
        assert_eq!((number_of(status, "VmRSS:"), number_of(status, "Threads:")), (Some(1234), Some(9)));
        assert_eq!(number_of(status, "VmSize:"), None);
    }

    #[test]
    fn this_process_has_times_of_its_own() {
        let times = Times::read(&std::fs::read_to_string("/proc/self/stat").unwrap()).unwrap();
        assert!(times.started > 0.0 && times.worked >= 0.0);
    }
}
