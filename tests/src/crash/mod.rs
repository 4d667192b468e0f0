//! The crash test: the real program under a mixed load, killed at random moments, started again, and held to every
//! answer that it gave.

mod client;
mod files;
mod folder_actions;
mod folders;
mod ledger;
mod round;
mod subtree;
mod tree;
mod upgrade;
mod wait_idle;
mod walk;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use fastrand::Rng;

use crate::{Api, Lane, Server};

use client::Client;
pub use upgrade::{UpgradeCounts, UpgradePlan, upgrade};

/// How many times as many rounds a run has at most as there are kills in its plan.
const MOST_ROUNDS: usize = 10;

/// How a run goes.
#[derive(Debug, Clone, Copy)]
pub struct CrashPlan {
    /// How often something is killed at least: a run goes on until every sort of change was acknowledged.
    pub kills: usize,
    /// How many users work at once.
    pub clients: usize,
    /// Where its chance begins: the same seed gives the same numbers, though not at the same moments.
    pub seed: u64,
    /// What fails under them.
    pub injected: InjectedFault,
}

/// What fails while the clients are at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFault {
    /// The program is killed.
    Kills,
    /// The same, and before it database and store fail now and then; where both are embedded, the program is stopped
    /// (SIGSTOP) for a while.
    KillsAmidFaults,
    /// The database server is killed, and started again under the running program. On PostgreSQL alone.
    DatabaseKills,
    /// The database server is killed, and its synchronous standby takes its place. On PostgreSQL alone.
    Failovers,
}

/// What a run saw.
#[derive(Debug, Clone, Copy, Default)]
pub struct CrashCounts {
    /// SIGKILLs.
    pub kills: usize,
    /// Changes that were acknowledged, each checked after the kill that followed.
    pub acknowledged: usize,
    /// Of them, changes of folders with all that is in them.
    pub folder_changes: usize,
    /// Changes whose answer a kill cut off: afterwards they had happened wholly, or not at all.
    pub cut_off: usize,
    /// Changes that were answered with 503: afterwards the same is true of them.
    pub refused: usize,
    /// Of those that were cut off or refused, the ones that had happened.
    pub happened: usize,
    /// Files whose bytes were read back and hashed.
    pub read_back: usize,
    /// Requests to database and store that met a fault, or pauses of the program.
    pub faults: usize,
    /// Files at the end.
    pub files: usize,
    /// Objects in the store at the end: the files and their thumbnails, and nothing else.
    pub objects: usize,
}

impl CrashCounts {
    /// What these clients have seen.
    fn of(clients: &[Client]) -> Self {
        let mut counts = Self::default();
        for client in clients {
            client.add_to(&mut counts);
        }
        counts
    }

    /// Whether changes of files and of folders were acknowledged, and files read back.
    const fn has_every_sort(&self) -> bool {
        self.acknowledged > 0 && self.folder_changes > 0 && self.read_back > 0
    }
}

impl fmt::Display for CrashCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, faults, acknowledged, folder_changes, cut_off, refused, happened, .. } = self;
        let Self { read_back, files, objects, .. } = self;
        write!(
            f,
            "{kills} kills, {faults} faults; {acknowledged} changes acknowledged and kept, {folder_changes} of them of whole \
             folders; {cut_off} cut off and {refused} answered 503, of which {happened} had happened; {read_back} files read \
             back whole; at the end {files} files, {objects} objects, no orphans, no job stuck"
        )
    }
}

/// Whether every item can be reached, names are unique, counters are what is there, and no blob lacks a reference or its bytes.
async fn verify(server: &Arc<Server>) {
    let server = Arc::clone(server);
    let verified = tokio::task::spawn_blocking(move || server.run(&["verify"])).await;
    let verified = verified.expect("the check ends");
    assert_eq!(verified.code, Some(0), "{}", verified.output);
}

/// Runs the crash test on one lane. It fails at the first promise that was not kept.
pub async fn crash(lane: Lane, plan: CrashPlan) -> CrashCounts {
    // Starting blocks, and what else runs on this thread must not stall meanwhile: the program closes connections on which
    // no request arrives in time.
    let starting = tokio::task::spawn_blocking(move || match (lane, plan.injected) {
        (Lane::PostgresS3, InjectedFault::KillsAmidFaults) => Server::amid_chaos(),
        (Lane::PostgresS3, InjectedFault::DatabaseKills) => Server::on_its_own_database(),
        (Lane::PostgresS3, InjectedFault::Failovers) => Server::on_a_pair_of_databases(),
        _ => Server::start(lane, &[]),
    });
    let server = Arc::new(starting.await.expect("the server starts"));
    let api = Api::of(Arc::clone(&server));
    let mut random = Rng::with_seed(plan.seed);
    let mut clients = Vec::new();
    for _ in 0..plan.clients {
        clients.push(Client::new(api.user().await, random.fork()));
    }
    let started = Instant::now();
    let (mut kills, mut faults) = (0, 0);
    // On a busy machine a short run may end before every sort of change was acknowledged: it goes on.
    while kills < plan.kills || !CrashCounts::of(&clients).has_every_sort() {
        assert!(
            kills < MOST_ROUNDS * plan.kills,
            "clients get something done: {}",
            CrashCounts::of(&clients)
        );
        if kills > 0 && kills % 50 == 0 {
            eprintln!("{}: {kills} kills in {} s", lane.name(), started.elapsed().as_secs());
        }
        kills += 1;
        clients = round::run(&server, plan.injected, &mut random, &mut faults, clients).await;
        // Each has the whole program to itself, as far as it is concerned.
        let checks = clients.iter_mut().map(|client| client.check(false));
        futures_util::future::join_all(checks).await;
        verify(&server).await;
    }
    eprintln!("{}: {kills} kills in {} s", lane.name(), started.elapsed().as_secs());
    for client in &mut clients {
        client.check(true).await;
        client.finish().await;
    }
    let mut counts = CrashCounts { kills, faults, ..CrashCounts::of(&clients) };
    counts.objects = wait_idle::wait_idle(&server, &clients).await;
    let verified = server.run(&["verify", "--rehash", "--min-age", "0"]);
    assert_eq!(verified.code, Some(0), "{}", verified.output);
    counts
}
