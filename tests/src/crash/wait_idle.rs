//! The end of a run: what was left over comes to nothing.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::client::Client;
use crate::Server;

/// How long what a killed process held may stay reserved: its leases (1 minute), a job that failed again and again
/// (pauses of up to 5 minutes) or a blob that could not be deleted (10 minutes), the sweep after it (1 minute), and
/// a margin.
const IDLE_TIMEOUT: Duration = Duration::from_mins(13);
/// A job that is still there so long after it was due is stuck, unless it is tried again and succeeds in the end.
const OVERDUE: Duration = Duration::from_secs(90);

/// Waits until every thumbnail is made, the store holds exactly what the files need, and every job that was due is
/// done; how many objects there are.
pub(super) async fn wait_idle(server: &Server, clients: &[Client]) -> usize {
    let started = Instant::now();
    loop {
        let mut wanted = Some(0);
        for client in clients {
            wanted = match (wanted, client.objects().await) {
                (Some(sum), Some(objects)) => Some(sum + objects),
                _ => None,
            };
        }
        let stored = server.stored().await;
        let stuck = if wanted.is_some() && stored == wanted { stuck(server) } else { Vec::new() };
        if wanted.is_some() && stored == wanted && stuck.is_empty() {
            return stored.unwrap_or_default();
        }
        assert!(
            started.elapsed() < IDLE_TIMEOUT,
            "the store holds {stored:?} objects and the files need {wanted:?} (none: thumbnails are pending); these \
             jobs are stuck: {stuck:#?}\n{}",
            server.explain()
        );
        // What is due is swept now rather than within a minute.
        let swept = server.run(&["sweep"]);
        assert_eq!(swept.code, Some(0), "{}", swept.output);
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

/// The jobs that are dead, or were due long ago and are neither done nor given up, as `file-manager jobs` shows them.
fn stuck(server: &Server) -> Vec<Value> {
    let listed = server.run(&["jobs", "list", "--json"]);
    assert_eq!(listed.code, Some(0), "{}", listed.output);
    let jobs = listed.output.lines().filter(|line| line.contains("\"attempts\""));
    let jobs = jobs.map(|line| serde_json::from_str::<Value>(line).expect("a job is JSON"));
    jobs.filter(|job| job["state"] == "dead" || overdue(job)).collect()
}

fn overdue(job: &Value) -> bool {
    let run_at: DateTime<Utc> = job["run_at"].as_str().expect("a job has a time").parse().expect("RFC 3339");
    Utc::now().signed_duration_since(run_at).to_std().is_ok_and(|late| late > OVERDUE)
}
