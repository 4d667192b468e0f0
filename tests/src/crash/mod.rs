//! The crash test: the real program under a mixed load, killed at random moments, started again, and held to every
//! answer that it gave.

mod client;
mod dice;
mod ledger;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::{Api, Lane, Server};

use client::Client;
use dice::Dice;

/// How long what a killed process held may stay reserved: its leases (1 minute), the sweep after it (1 minute), and
/// patience.
const SETTLING: Duration = Duration::from_mins(4);

/// How a run goes.
#[derive(Debug, Clone, Copy)]
pub struct CrashPlan {
    /// How often the program is killed.
    pub kills: usize,
    /// How many users work at once.
    pub clients: usize,
    /// The dice: the same seed throws the same numbers, though not at the same moments.
    pub seed: u64,
}

/// What a run saw.
#[derive(Debug, Clone, Copy, Default)]
pub struct CrashCounts {
    /// SIGKILLs.
    pub kills: usize,
    /// Changes that were acknowledged, each checked after the kill that followed.
    pub acknowledged: usize,
    /// Changes whose answer a kill cut off: afterwards they had happened wholly, or not at all.
    pub cut_off: usize,
    /// Of those, the ones that had happened.
    pub happened: usize,
    /// Files whose bytes were read back and hashed.
    pub read_back: usize,
    /// Files at the end.
    pub files: usize,
    /// Objects in the store at the end: the files and their thumbnails, and nothing else.
    pub objects: usize,
}

impl fmt::Display for CrashCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, acknowledged, cut_off, happened, read_back, files, objects } = self;
        write!(
            f,
            "{kills} kills; {acknowledged} changes acknowledged and kept; {cut_off} cut off, of which {happened} had \
             happened; {read_back} files read back whole; at the end {files} files, {objects} objects, no orphans"
        )
    }
}

/// Runs the crash test on one lane. It fails at the first promise that was not kept.
pub async fn crash(lane: Lane, plan: CrashPlan) -> CrashCounts {
    let server = Arc::new(Server::start(lane, &[]));
    let api = Api::of(Arc::clone(&server));
    let mut dice = Dice::new(plan.seed);
    let mut clients = Vec::new();
    for _ in 0..plan.clients {
        clients.push(Client::new(api.user().await, Dice::new(dice.next())));
    }
    for _ in 0..plan.kills {
        clients = cut_off_after(&server, Duration::from_millis(dice.between(20, 900)), clients).await;
        for client in &mut clients {
            client.check(false).await;
        }
    }
    let mut counts = CrashCounts { kills: plan.kills, ..CrashCounts::default() };
    for client in &mut clients {
        client.check(true).await;
        client.add_to(&mut counts);
    }
    counts.objects = settled(&server, &clients).await;
    let verified = server.run(&["verify", "--rehash", "--min-age", "0"]);
    assert_eq!(verified.code, Some(0), "{}", verified.output);
    counts
}

/// Lets the clients work for so long, kills the program under them, and starts it again.
async fn cut_off_after(server: &Arc<Server>, time: Duration, clients: Vec<Client>) -> Vec<Client> {
    let stop = Arc::new(AtomicBool::new(false));
    let working: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let stop = Arc::clone(&stop);
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) && client.act().await {}
                client
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    let killed = Arc::clone(server);
    tokio::task::spawn_blocking(move || killed.kill()).await.expect("the program is killed");
    stop.store(true, Ordering::Relaxed);
    let mut clients = Vec::new();
    for client in working {
        clients.push(client.await.expect("a client met an answer that it must not get"));
    }
    let resumed = Arc::clone(server);
    tokio::task::spawn_blocking(move || resumed.resume()).await.expect("the program starts again");
    clients
}

/// Waits until every thumbnail is made and the store holds exactly what the files need; how many objects that are.
async fn settled(server: &Server, clients: &[Client]) -> usize {
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
        if wanted.is_some() && stored == wanted {
            return stored.unwrap_or_default();
        }
        assert!(
            started.elapsed() < SETTLING,
            "the store holds {stored:?} objects and the files need {wanted:?} (none: thumbnails are pending)\n{}",
            server.explain()
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
