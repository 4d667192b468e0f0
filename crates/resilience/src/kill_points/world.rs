//! The adapters under test, the time, and what goes on in between.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fm_application::accounts::RegisterCommand;
use fm_application::jobs::Ran;
use fm_domain::accounts::{Account, Password};
use fm_domain::blobs::{BlobStore, ListBlobs, PartUpload};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::files::{File, FileFilter, FilePage, FileSort, PageKey, SortOrder};
use fm_domain::ids::UserId;
use fm_domain::jobs::JobKind;
use fm_domain::sessions::SessionStore;

use super::{Cast, Process};
use crate::fault::{Faults, SkewedClock};
use fm_contract::fakes::FakeThumbnailer;
use fm_contract::fixture::body::noise;
use fm_contract::{BlobStoreHarness, DatabaseHarness, SessionStoreHarness};

/// More jobs than any scenario leaves: a queue that has not become empty by then never does.
const MOST_JOBS: usize = 300;

/// The adapters that outlive every process, and the time.
pub struct World {
    /// The database.
    pub database: Arc<dyn Database>,
    /// The sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// The bytes.
    pub blobs: Arc<dyn BlobStore>,
    /// What lists the bytes, if they can be listed.
    pub lister: Option<Arc<dyn ListBlobs>>,
    /// What writes bytes in parts.
    pub parts: Option<Arc<dyn PartUpload>>,
    /// The time of every process; it moves when it is moved.
    pub clock: Arc<SkewedClock>,
    store: Box<dyn CountDebris>,
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

/// A clock that stands still.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        fm_contract::fixture::at(0)
    }
}

impl World {
    /// Fresh adapters of these harnesses.
    pub async fn fresh<D: DatabaseHarness, B: BlobStoreHarness, S: SessionStoreHarness>() -> Self {
        let (database, blobs, sessions) = (D::fresh().await, B::fresh().await, S::fresh().await);
        Self {
            database: database.database(),
            sessions: sessions.sessions(),
            blobs: blobs.blobs(),
            lister: blobs.lister(),
            parts: blobs.part_upload(),
            clock: Arc::new(SkewedClock::new(Arc::new(Still))),
            store: Box::new(blobs),
            _harnesses: [Box::new(database), Box::new(sessions)],
        }
    }

    /// A process that is struck by these faults.
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
        self.store.count().await
    }

    /// Somebody who is not registered.
    #[must_use]
    pub fn stranger(&self) -> Cast {
        Cast::stranger()
    }

    /// Somebody who is registered, and logged in twice.
    ///
    /// # Panics
    /// When an adapter fails: nobody strikes here.
    pub async fn user(&self) -> Cast {
        let (process, mut cast) = (self.healthy(), Cast::stranger());
        let command = RegisterCommand {
            email: cast.email.parse().unwrap(),
            password: Password::candidate(Cast::PASSWORD.to_owned()),
            name: None,
        };
        cast.user = process.cases.accounts.register.run(command).await.unwrap().id;
        let (other, _) = process.session_of(&cast).await;
        cast.other_sessions.push(other);
        (cast.session, cast.refresh_token) = process.session_of(&cast).await;
        // What ends the sessions "until now" does not mean those of this very moment.
        self.pass(Duration::from_secs(1));
        cast
    }

    /// The same, with a text.
    ///
    /// # Panics
    /// When an adapter fails: nobody strikes here.
    pub async fn user_with_text(&self) -> Cast {
        let mut cast = self.user().await;
        cast.file = Some(self.healthy().file_of(&cast, "notes.txt", &Self::text()).await);
        cast
    }

    /// The same, with a picture whose thumbnail waits to be made.
    ///
    /// # Panics
    /// When an adapter fails: nobody strikes here.
    pub async fn user_with_picture(&self) -> Cast {
        let mut cast = self.user().await;
        cast.file = Some(self.healthy().file_of(&cast, "cat.png", &Self::picture()).await);
        cast
    }

    /// The same, with a picture whose thumbnail is made.
    ///
    /// # Panics
    /// When an adapter fails: nobody strikes here.
    pub async fn user_with_thumbnail(&self) -> Cast {
        let mut cast = self.user_with_picture().await;
        self.work(&[JobKind::MakeThumbnail]).await;
        cast.file = self.file(cast.user, cast.file()).await;
        cast
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
    /// When an adapter fails: nobody strikes here.
    pub async fn work(&self, kinds: &[JobKind]) {
        let ran = self.healthy().cases.jobs.run_next.run(kinds).await.unwrap();
        assert!(matches!(ran, Ran::Job(_)), "there is no such job");
    }

    /// The account of this address.
    ///
    /// # Panics
    /// When an adapter fails: nobody strikes here.
    pub async fn account(&self, cast: &Cast) -> Option<Account> {
        let email = cast.email.parse().unwrap();
        self.database.read().await.unwrap().users().find_by_email(&email).await.unwrap()
    }

    /// A file as it is stored now.
    ///
    /// # Panics
    /// When an adapter fails: nobody strikes here.
    pub async fn file(&self, owner: UserId, file: &File) -> Option<File> {
        self.database.read().await.unwrap().files().find(owner, file.id).await.unwrap()
    }

    /// All files of a user, as they are listed.
    ///
    /// # Panics
    /// When an adapter fails: nobody strikes here.
    pub async fn files(&self, owner: UserId) -> Vec<File> {
        let (mut files, mut after) = (Vec::new(), None);
        loop {
            let page = FilePage { sort: FileSort::Name, order: SortOrder::Ascending, after, limit: 50 };
            let mut reads = self.database.read().await.unwrap();
            let listed = reads.files().list(owner, &FileFilter::default(), &page).await.unwrap();
            let Some(last) = listed.last() else { return files };
            after = Some(PageKey::of(last, FileSort::Name));
            files.extend(listed);
        }
    }

    /// A new process works until nothing is left to do, while the time moves beyond every lease and age. An error
    /// when it never ends.
    pub async fn recover(&self) -> Result<(), String> {
        self.work_on(&[5400, 7200]).await
    }

    /// A new process does what is to be done now. An error when it never ends.
    pub async fn settle(&self) -> Result<(), String> {
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
            process.cases.jobs.schedule_sweep.run().await.map_err(|error| format!("no sweep: {error:?}"))?;
            self.drain(&process).await?;
        }
        Ok(())
    }

    /// Runs whatever is due, now or later.
    async fn drain(&self, process: &Process) -> Result<(), String> {
        for _ in 0..MOST_JOBS {
            let ran = process.cases.jobs.run_next.run(&JobKind::ALL).await;
            match ran.map_err(|error| format!("the queue failed: {error:?}"))? {
                Ran::Job(_) => {}
                Ran::Idle { next_due: None } => return Ok(()),
                Ran::Idle { next_due: Some(at) } => self.pass(at.since(self.clock.now())),
            }
        }
        Err("the queue never becomes empty".to_owned())
    }
}
