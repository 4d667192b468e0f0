//! How many files and sockets the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors for everything but clients: databases, stores, libraries, logs.
const RESERVE: u64 = 256;

/// More connections than this are no help to one process.
const MOST_CONNECTIONS: u64 = 10_000;

/// Raises the limit of descriptors as far as the system lets this process, and gives it.
pub(crate) fn raise_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let (Some(current), Some(most)) = (limit.current, limit.maximum) else { return u64::MAX };
    if setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: Some(most) }).is_ok() {
        most
    } else {
        current
    }
}

/// How many connections fit under a limit of descriptors: each may have a file open besides.
pub(crate) fn connections_within(limit: u64) -> usize {
    let most = (limit.saturating_sub(RESERVE) / 2).clamp(1, MOST_CONNECTIONS);
    usize::try_from(most).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::connections_within;

    #[test]
    fn connections_leave_descriptors_for_all_else() {
        assert_eq!(connections_within(1_024), 384);
        assert_eq!(connections_within(65_536), 10_000);
        assert_eq!(connections_within(0), 1);
    }
}
