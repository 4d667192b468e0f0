//! The adapters under test, the time, and what goes on in between.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fm_application::accounts::RegisterCommand;
use fm_application::jobs::{Job as _, MakeThumbnail, Ran};
use fm_application::ports::Presence;
use fm_domain::access::{Access, Client, Right};
use fm_domain::accounts::{Account, Password};
use fm_domain::blobs::{BlobStore, ListBlobs};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::files::File;
use fm_domain::ids::UserId;
use fm_domain::jobs::JobKind;
use fm_domain::sessions::SessionStore;
use fm_domain::uploads::ResumableStore;

use super::numbered_parts::NumberedParts;
use super::small_chunks::SmallChunks;
use super::{Actors, Needs, Process};
use crate::fault::{Faults, SkewedClock};
use fm_contract::fakes::{FakeThumbnailer, present};
use fm_contract::samples::noise;
use fm_contract::{BlobStoreHarness, DatabaseHarness, DirectAccess, SessionStoreHarness};

/// More jobs than any scenario leaves: a queue that has not become empty by then never does.
const MOST_JOBS: usize = 300;

/// What waits for longer than this waits for its time, and not for a lease or another attempt.
const HORIZON: Duration = Duration::from_hours(1);

/// How the store writes a blob over many requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resuming {
    /// As it does by itself.
    ByItself,
    /// In numbered parts with a least size, as S3 does: the state counts, is rewound, and tells what is read back.
    InNumberedParts,
}

impl Resuming {
    /// The ways that a scenario with such needs is run in.
    pub(super) const fn of(needs: Needs) -> &'static [Self] {
        match needs {
            Needs::Resumable => &[Self::ByItself, Self::InNumberedParts],
            Needs::Nothing | Needs::Direct => &[Self::ByItself],
        }
    }
}

/// The adapters that outlive every process, and the time.
pub struct Environment {
    /// The database.
    pub database: Arc<dyn Database>,
    /// The sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// The bytes.
    pub blobs: Arc<dyn BlobStore>,
    /// What lists the bytes, if they can be listed.
    pub lister: Option<Arc<dyn ListBlobs>>,
    /// Writes blobs over many requests, if the store can.
    pub resumable: Option<Arc<dyn ResumableStore>>,
    /// Makes blobs of parts that clients send, if the store can.
    pub direct: Option<DirectAccess>,
    /// How `resumable` writes.
    pub resuming: Resuming,
    /// The time of every process; it moves when it is moved.
    pub clock: Arc<SkewedClock>,
    store: Box<dyn CountDebris>,
    /// The numbered parts, if blobs are resumed in them.
    numbered: Option<Arc<NumberedParts>>,
    /// Whatever the other adapters live in.
    _harnesses: [Box<dyn Any + Send + Sync>; 2],
}

/// The one thing that is asked of a harness later.
#[async_trait]
trait CountDebris: Send + Sync {
    async fn count(&self) -> usize;
}

#[async_trait]
impl<B: BlobStoreHarness> CountDebris for B {
    async fn count(&self) -> usize {
        self.debris().await
    }
}

/// A clock that stands still. It begins with the present: a store that expires entries by itself, by the machine's clock,
/// must not find them expired already.
struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

impl Environment {
    /// Fresh adapters of these harnesses.
    pub async fn fresh<D: DatabaseHarness, B: BlobStoreHarness, S: SessionStoreHarness>(
        resuming: Resuming,
    ) -> Self {
        let (database, blobs, sessions) = (D::fresh().await, B::fresh().await, S::fresh().await);
        let own = blobs.resumable();
        let is_numbered = own.is_some() && resuming == Resuming::InNumberedParts;
        let numbered = is_numbered.then(|| Arc::new(NumberedParts::new(blobs.blobs())));
        Self {
            database: database.database(),
            sessions: sessions.sessions(),
            blobs: match &numbered {
                Some(numbered) => Arc::clone(numbered) as Arc<dyn BlobStore>,
                None => blobs.blobs(),
            },
            lister: blobs.lister(),
            resumable: match &numbered {
                Some(numbered) => Some(Arc::clone(numbered) as Arc<dyn ResumableStore>),
                None => own.map(|store| Arc::new(SmallChunks(store)) as Arc<dyn ResumableStore>),
            },
            direct: blobs.direct(),
            resuming,
            clock: Arc::new(SkewedClock::new(Arc::new(Still(present())))),
            store: Box::new(blobs),
            numbered,
            _harnesses: [Box::new(database), Box::new(sessions)],
        }
    }

    /// Whether the store has the port that a scenario needs.
    #[must_use]
    pub const fn has(&self, needs: Needs) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::Resumable => self.resumable.is_some(),
            Needs::Direct => self.direct.is_some(),
        }
    }

    /// A process that these faults happen to.
    #[must_use]
    pub fn process(&self, faults: &Faults) -> Process {
        Process::new(self, faults)
    }

    /// A process that nothing happens to.
    #[must_use]
    pub fn healthy(&self) -> Process {
        Process::new(self, &Faults::new())
    }

    /// Moves the time on.
    pub fn pass(&self, time: Duration) {
        self.clock.jump_ahead(time);
    }

    /// How many objects, unfinished writes or temporary files the store of bytes holds.
    pub async fn debris(&self) -> usize {
        let unfinished = self.numbered.as_ref().map_or(0, |numbered| numbered.unfinished());
        self.store.count().await + unfinished
    }

    /// A person who is not registered.
    #[must_use]
    pub fn stranger(&self) -> Actors {
        Actors::stranger()
    }

    /// A user who is registered, and logged in twice.
    ///
    /// # Panics
    /// When an adapter fails: no fault is injected here.
    pub async fn user(&self) -> Actors {
        let (process, mut actors) = (self.healthy(), Actors::stranger());
        let command = RegisterCommand {
            email: actors.email.parse().unwrap(),
            password: Password::candidate(Actors::PASSWORD.to_owned()),
            name: None,
            client: Client::default(),
            presence: Presence::default(),
        };
        actors.user = Box::pin(process.cases.accounts.register.run(command)).await.unwrap().id;
        let (other, _) = Box::pin(process.session_of(&actors)).await;
        actors.other_sessions.push(other);
        (actors.session, actors.refresh_token) = Box::pin(process.session_of(&actors)).await;
        // What ends the sessions "until now" does not mean those of this very moment.
        self.pass(Duration::from_secs(1));
        actors
    }

    /// The same, with a text.
    ///
    /// # Panics
    /// When an adapter fails: no fault is injected here.
    pub async fn user_with_text(&self) -> Actors {
        let mut actors = self.user().await;
        actors.file = Some(self.healthy().file_of(&actors, "notes.txt", &Self::text()).await);
        actors
    }

    /// The same, with a picture whose thumbnail waits to be made.
    ///
    /// # Panics
    /// When an adapter fails: no fault is injected here.
    pub async fn user_with_picture(&self) -> Actors {
        let mut actors = self.user().await;
        actors.file = Some(self.healthy().file_of(&actors, "cat.png", &Self::picture()).await);
        actors
    }

    /// The same, with a picture whose thumbnail is made.
    ///
    /// # Panics
    /// When an adapter fails: no fault is injected here.
    pub async fn user_with_thumbnail(&self) -> Actors {
        let mut actors = self.user_with_picture().await;
        self.work(&[MakeThumbnail::kind()]).await;
        actors.file = self.file(actors.user, actors.file()).await;
        actors
    }

    /// Some text.
    #[must_use]
    pub fn text() -> Bytes {
        Bytes::from_static(b"Nothing is ever lost, not even this.\n")
    }

    /// Something that the thumbnailer takes for a picture.
    #[must_use]
    pub fn picture() -> Bytes {
        FakeThumbnailer::picture(&noise(1_500, 7))
    }

    /// Runs one job of these kinds.
    ///
    /// # Panics
    /// When an adapter fails: no fault is injected here.
    pub async fn work(&self, kinds: &[JobKind]) {
        let ran = self.healthy().cases.jobs.run_next.run(kinds).await.unwrap();
        assert!(matches!(ran, Ran::Job(_)), "there is no such job");
    }

    /// The account of this address.
    ///
    /// # Panics
    /// When an adapter fails: no fault is injected here.
    pub async fn account(&self, actors: &Actors) -> Option<Account> {
        let email = actors.email.parse().unwrap();
        self.database.read().await.unwrap().users().find_by_email(&email).await.unwrap()
    }

    /// A file as it is stored now.
    ///
    /// # Panics
    /// When an adapter fails: no fault is injected here.
    pub async fn file(&self, owner: UserId, file: &File) -> Option<File> {
        let own = Access::on_behalf_of(owner, Right::Read);
        self.database.read().await.unwrap().files().find(&own, file.id).await.unwrap()
    }

    /// A new process works until nothing is left to do, while the time moves beyond every lease and age. An error
    /// when it never ends.
    pub async fn recover(&self) -> Result<(), String> {
        self.work_on(&[5400, 7200]).await
    }

    /// A new process does what is to be done now. An error when it never ends.
    pub async fn mark_stored(&self) -> Result<(), String> {
        self.work_on(&[1]).await
    }

    /// A new process takes over what others hold, while the time moves beyond every lease, but not beyond what a
    /// write may take. An error when it never ends.
    pub async fn take_over(&self) -> Result<(), String> {
        self.work_on(&[90, 600]).await
    }

    /// Sweeps and works after each of these pauses, in seconds.
    async fn work_on(&self, pauses: &[u64]) -> Result<(), String> {
        let process = self.healthy();
        for pause in pauses {
            self.pass(Duration::from_secs(*pause));
            process.schedule_jobs().await.map_err(|error| format!("no sweep: {error:?}"))?;
            self.drain(&process).await?;
        }
        Ok(())
    }

    /// Runs whatever is due, now or soon.
    async fn drain(&self, process: &Process) -> Result<(), String> {
        for _ in 0..MOST_JOBS {
            let ran = process.cases.jobs.run_next.run_any().await;
            match ran.map_err(|error| format!("the queue failed: {error:?}"))? {
                Ran::Job(_) => {}
                Ran::Idle { next_due: None } => return Ok(()),
                Ran::Idle { next_due: Some(at) } => {
                    let wait = at.since(self.clock.now());
                    if wait > HORIZON {
                        return Ok(());
                    }
                    self.pass(wait);
                }
            }
        }
        Err("the queue never becomes empty".to_owned())
    }
}
