//! The test of resumable uploads under fire: connections are cut and the program is killed while a large file comes.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fastrand::Rng;
use fm_testkit::random::stretch;
use sha2::{Digest as _, Sha256};

use crate::raw::Connection;
use crate::tus::Resumable;
use crate::{Api, Lane, Server, User};

/// How long what a killed process held may stay reserved: its leases (10 minutes for bytes put aside), the sweep after
/// it, and a margin.
const IDLE_TIMEOUT: Duration = Duration::from_mins(13);
/// So much is sent at once.
const BLOCK: u64 = 256 * 1024;
/// The pieces that end it, once nothing is cut any more.
const LAST_PIECES: u64 = 32 * 1024 * 1024;

/// How a run goes.
#[derive(Debug, Clone, Copy)]
pub struct ResumePlan {
    /// How long the file is.
    pub bytes: u64,
    /// How often a connection is cut.
    pub cuts: usize,
    /// How often the program is killed.
    pub kills: usize,
    /// Where its chance begins.
    pub seed: u64,
    /// Whether the leases of killed processes are waited for; else they are ended where they can be.
    pub is_patient: bool,
}

/// What a run saw.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResumeCounts {
    /// Bytes of the file, which arrived whole.
    pub bytes: u64,
    /// Bytes that were sent for it.
    pub sent: u64,
    /// Connections that were closed, reset, or left open and forgotten.
    pub cuts: usize,
    /// SIGKILLs.
    pub kills: usize,
    /// Cuts and kills after which more of the file was there than before.
    pub moved: usize,
}

impl fmt::Display for ResumeCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, sent, cuts, kills, moved } = self;
        write!(
            f,
            "{bytes} bytes arrived whole after {cuts} cuts and {kills} kills, of which {moved} had brought it further; \
             {sent} bytes were sent; nothing is left but the file"
        )
    }
}

/// Uploads one file on one lane. It fails at the first promise that was not kept.
pub async fn resume(lane: Lane, plan: ResumePlan) -> ResumeCounts {
    let server = Arc::new(Server::start(lane, &[]));
    let user = Api::of(Arc::clone(&server)).user().await;
    let length = usize::try_from(plan.bytes).expect("a length");
    let upload = user.resumable("under-fire.bin", length).await;
    let mut fire = Fire {
        server: Arc::clone(&server),
        user,
        upload,
        random: Rng::with_seed(plan.seed),
        forgotten: Vec::new(),
        counts: ResumeCounts { bytes: plan.bytes, ..ResumeCounts::default() },
    };
    fire.interrupt(plan).await;
    fire.finish().await;
    fire.compare().await;
    if !plan.is_patient && lane == Lane::PostgresS3 {
        server.in_its_database("UPDATE blobs SET expires_at = now() WHERE state = 'announced'");
    }
    wait_idle(&server).await;
    let verified = server.run(&["verify", "--rehash", "--min-age", "0"]);
    assert_eq!(verified.code, Some(0), "{}", verified.output);
    fire.counts
}

struct Fire {
    server: Arc<Server>,
    user: User,
    upload: Resumable,
    random: Rng,
    /// Connections on which nothing comes any more.
    forgotten: Vec<Connection>,
    counts: ResumeCounts,
}

impl Fire {
    /// Cuts and kills in any order, spread over the whole file.
    async fn interrupt(&mut self, plan: ResumePlan) {
        let (mut cuts, mut kills) = (plan.cuts as u64, plan.kills as u64);
        let (mut before, mut furthest) = (0, 0);
        while cuts + kills > 0 {
            let most = (2 * (plan.bytes - before) / (cuts + kills + 1)).min(plan.bytes - before);
            let amount = self.random.u64(1..most.max(2));
            if self.random.u64(0..cuts + kills) < kills {
                kills -= 1;
                self.kill_within(before, amount).await;
            } else {
                cuts -= 1;
                self.cut_after(before, amount).await;
            }
            // A request that was cut off earlier may have brought it further meanwhile.
            furthest = furthest.max(before + amount);
            let now = self.offset().await;
            assert!((before..=furthest).contains(&now), "it was at {before}, {furthest} came at most: {now}");
            self.counts.moved += usize::from(now > before);
            before = now;
        }
    }

    /// How far the upload is. Now and then asked at once, while a request that was cut off may still have it.
    async fn offset(&mut self) -> u64 {
        if self.random.u64(0..2) == 0 {
            tokio::time::sleep(Duration::from_millis(self.random.u64(1..300))).await;
        }
        self.upload.offset().await as u64
    }

    async fn send_head(&self, offset: u64) -> Connection {
        let place = |number: u64| usize::try_from(number).expect("a length");
        self.upload.send_head(&self.user, place(offset), place(self.counts.bytes - offset), "").await
    }

    async fn cut_after(&mut self, offset: u64, amount: u64) {
        self.counts.cuts += 1;
        let mut connection = self.send_head(offset).await;
        self.counts.sent += send(&mut connection, offset, amount).await;
        match self.random.u64(0..3) {
            0 => drop(connection),
            1 => connection.reset(),
            _ => self.forgotten.push(connection),
        }
    }

    async fn kill_within(&mut self, offset: u64, amount: u64) {
        self.counts.kills += 1;
        let mut connection = self.send_head(offset).await;
        let time = Duration::from_millis(self.random.u64(1..600));
        let server = Arc::clone(&self.server);
        let kill = async {
            tokio::time::sleep(time).await;
            tokio::task::spawn_blocking(move || server.kill()).await.expect("the program is killed");
        };
        let (sent, ()) = tokio::join!(send(&mut connection, offset, amount), kill);
        self.counts.sent += sent;
        self.forgotten.clear();
        let server = Arc::clone(&self.server);
        tokio::task::spawn_blocking(move || server.resume()).await.expect("the program starts again");
    }

    /// The rest, in pieces that are taken.
    async fn finish(&mut self) {
        self.forgotten.clear();
        let mut offset = self.offset().await;
        while offset < self.counts.bytes {
            let size = self.random.u64(1..LAST_PIECES).min(self.counts.bytes - offset);
            let place = usize::try_from(offset).expect("a length");
            let answer = self.upload.piece(place).body(content(offset, size)).send().await;
            self.counts.sent += size;
            // A request that was cut off may have brought it further since.
            assert!([204, 409].contains(&answer.status), "{answer:?}");
            offset = self.offset().await;
        }
    }

    /// What is kept is what was sent.
    async fn compare(&self) {
        let mut wanted = Sha256::new();
        let mut offset = 0;
        while offset < self.counts.bytes {
            let size = BLOCK.min(self.counts.bytes - offset);
            wanted.update(content(offset, size));
            offset += size;
        }
        let wanted = hex::encode(wanted.finalize());
        let file = self.upload.file().await;
        assert_eq!((file.sha256.as_deref(), file.size), (Some(wanted.as_str()), self.counts.bytes));
        let mut answer = self.user.get(file.download.url.expose()).open().await;
        let mut found = Sha256::new();
        while let Some(chunk) = answer.chunk().await.expect("the download goes on") {
            found.update(&chunk);
        }
        assert_eq!(hex::encode(found.finalize()), wanted, "what is kept is what was sent");
        assert_eq!(self.user.storage().await, (self.counts.bytes, 1));
    }
}

/// How many bytes went out before the connection broke.
async fn send(connection: &mut Connection, offset: u64, amount: u64) -> u64 {
    let mut sent = 0;
    while sent < amount {
        let size = BLOCK.min(amount - sent);
        if !connection.send(content(offset + sent, size)).await {
            break;
        }
        sent += size;
    }
    sent
}

/// The bytes of the file from here on.
fn content(offset: u64, size: u64) -> Bytes {
    stretch(offset, size).into()
}

/// Waits until the store holds the file and nothing else.
async fn wait_idle(server: &Server) {
    let started = Instant::now();
    while server.stored().await != Some(1) {
        assert!(started.elapsed() < IDLE_TIMEOUT, "{}", server.explain());
        // What is due is swept now rather than within a minute.
        let swept = server.run(&["sweep"]);
        assert_eq!(swept.code, Some(0), "{}", swept.output);
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}
