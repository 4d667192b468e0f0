//! The upgrade test: an older program and this one side by side on one PostgreSQL and one S3, under the mixed load of the crash test,
//! in the order of an upgrade without downtime. No request may fail, and nothing may be lost.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use fm_api_types::File;

use super::client::Client;
use super::round::{at_work, blocking};
use super::{CrashCounts, wait_idle};
use crate::direct::Direct;
use crate::tus::Resumable;
use crate::{Api, Lane, Server, User, noise, sha256_hex};

/// More than one part of an S3 upload, and not a whole number of them.
const LENGTH: usize = 12 * 1024 * 1024 + 345;

/// How a run goes.
#[derive(Debug, Clone)]
pub struct UpgradePlan {
    /// The older program.
    pub old: PathBuf,
    /// How long each of the stages is.
    pub stage: Duration,
    /// How many users work at once.
    pub clients: usize,
    /// Where its chance begins.
    pub seed: u64,
}

/// What a run saw.
#[derive(Debug, Clone, Copy, Default)]
pub struct UpgradeCounts {
    /// Changes that were acknowledged, files read back, files and objects at the end.
    pub load: CrashCounts,
    /// Uploads of many requests that were begun at one version and finished at the other.
    pub crossed: usize,
}

impl fmt::Display for UpgradeCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { load: CrashCounts { acknowledged, read_back, files, objects, .. }, crossed } = self;
        write!(
            f,
            "{acknowledged} changes acknowledged and kept, none refused or cut off; {read_back} files read back whole; \
             {crossed} uploads begun at one version and finished at the other; at the end {files} files, {objects} objects, no \
             orphans, no job stuck"
        )
    }
}

/// Runs the upgrade test on PostgreSQL and S3. It fails at the first promise that was not kept.
pub async fn upgrade(plan: &UpgradePlan) -> UpgradeCounts {
    let program = plan.old.clone();
    let starting = tokio::task::spawn_blocking(move || {
        let server = Server::prepare(Lane::PostgresS3, &[("VERSIONS_MAX_COUNT", "0")], &[]);
        let old = server.second_node_of(&program);
        (Arc::new(server), Arc::new(old))
    });
    let (server, old) = starting.await.expect("the older program starts");
    let (before, after) = (Api::of(Arc::clone(&old)), Api::of(Arc::clone(&server)));
    let mut random = Rng::with_seed(plan.seed);
    let mut clients = Vec::new();
    for _ in 0..plan.clients {
        clients.push(Client::new(before.user().await, random.fork()).without_trees());
    }
    let user = before.user().await;

    // The older version alone.
    let from_before = Crossing::begin(&user).await;
    clients =
        stage("the older version alone", clients, std::slice::from_ref(&before), plan.stage, async {}).await;

    // The newer one migrates while the older one serves.
    let starts = async {
        tokio::time::sleep(plan.stage / 4).await;
        blocking(&server, Server::resume).await;
    };
    clients =
        stage("the newer version starts", clients, std::slice::from_ref(&before), plan.stage, starts).await;
    let from_after = Crossing::begin(&user.at(&after)).await;

    // Both take every request, and every job.
    let both = [before.clone(), after.clone()];
    let crosses = async {
        Box::pin(from_before.finish(&user.at(&after))).await;
        Box::pin(from_after.finish(&user)).await;
        log_in_and_out(&user, &after).await;
        log_in_and_out(&user.at(&after), &before).await;
    };
    clients = stage("both versions", clients, &both, plan.stage, Box::pin(crosses)).await;

    // A step back: nodes of the older version start on the migrated database.
    let only_after = std::slice::from_ref(&after);
    let returns = async {
        blocking(&old, |old| drop(old.stop())).await;
        blocking(&old, Server::resume).await;
    };
    clients = stage("the older version starts again", clients, only_after, plan.stage, returns).await;
    clients = stage("both versions again", clients, &both, plan.stage, async {}).await;

    // And the end of it.
    let ends = async { blocking(&old, |old| drop(old.stop())).await };
    clients = stage("the older version stops", clients, only_after, plan.stage, ends).await;
    let mut counts = UpgradeCounts { crossed: 4, ..UpgradeCounts::default() };
    for client in &mut clients {
        client.check(true).await;
        client.add_to(&mut counts.load);
    }
    assert_eq!((counts.load.refused, counts.load.cut_off), (0, 0), "no request failed");
    for file in user.at(&after).all(&[]).await {
        user.at(&after).delete(&User::path(&file)).send().await.expect(204);
    }
    counts.load.objects = wait_idle::wait_idle(&server, &clients).await;
    // Nodes of the older version do not count what the newer one counts.
    let repaired = server.run(&["verify", "--repair"]);
    assert_eq!(repaired.code, Some(0), "{}", repaired.output);
    let verified = server.run(&["verify", "--rehash", "--min-age", "0"]);
    assert_eq!(verified.code, Some(0), "{}", verified.output);
    counts
}

/// Lets the clients work at these nodes while `event` happens, and compares everything afterwards.
async fn stage(
    name: &str,
    mut clients: Vec<Client>,
    nodes: &[Api],
    time: Duration,
    event: impl Future<Output = ()>,
) -> Vec<Client> {
    eprintln!("{name}");
    for client in &mut clients {
        client.spread_over(nodes);
    }
    let lasts = async {
        tokio::join!(event, tokio::time::sleep(time));
    };
    let mut clients = Box::pin(at_work(clients, lasts)).await;
    futures_util::future::join_all(clients.iter_mut().map(|client| client.check(false))).await;
    clients
}

/// Uploads of many requests that one version begins and the other finishes.
struct Crossing {
    resumable: Resumable,
    direct: Direct,
    content: Bytes,
}

impl Crossing {
    /// Begins both kinds, and sends a first piece of the resumable one.
    async fn begin(user: &User) -> Self {
        let content = Bytes::from(noise(LENGTH));
        let resumable = user.resumable("crossing.bin", LENGTH).await;
        resumable.send(0, content.slice(..LENGTH / 2)).await;
        let direct = user.direct("crossing.bin", LENGTH).await;
        Self { resumable, direct, content }
    }

    /// Finishes them at the node that this user asks.
    async fn finish(self, user: &User) {
        let Self { resumable, direct, content } = self;
        let resumable = resumable.by(user);
        for (from, to) in [(LENGTH / 2, LENGTH / 3 * 2), (LENGTH / 3 * 2, LENGTH)] {
            assert_eq!(resumable.offset().await, from);
            resumable.send(from, content.slice(from..to)).await;
        }
        let whole = resumable.file().await;
        assert_eq!(whole.sha256, Some(sha256_hex(&content)));
        assert!(user.content(&whole).await == content, "the bytes are those that were sent");
        let direct = direct.by(user);
        let sent = direct.send_all(&content).await;
        let file: File = direct.complete(&sent).await.expect(201).parse();
        assert!(user.content(&file).await == content, "the bytes are those that were sent");
    }
}

/// A login at one node is known at the other, and so is its end.
async fn log_in_and_out(user: &User, other: &Api) {
    let here = user.again().await;
    let there = here.at(other);
    there.me().await.expect(200);
    there.post("/v1/auth/logout").send().await.expect(204);
    crate::eventually("the end of the session is known", async || {
        (here.me().await.status == 401).then_some(())
    })
    .await;
}
