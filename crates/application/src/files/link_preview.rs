//! The way to a preview of a file.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use super::presenter::FilePresenter;
use crate::engine::password_queue::Presence;
use crate::engine::per_user::PerUser;
use crate::engine::retry::retry_conflicts;
use crate::jobs::{Job as _, MakePreview};
use crate::ports::{Ports, Settings};
use fm_domain::access::{AccessDenied, Actor, Right};
use fm_domain::blobs::SignedUrl;
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::File;
use fm_domain::ids::{FileId, IdSource, JobId};
use fm_domain::previews::{PreviewSize, PreviewState};

/// The way to a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedPreview {
    /// Leads to its bytes.
    pub url: SignedUrl,
    /// How long a client may go this way again without asking, in whole seconds, 300 at most: the URL works as long once more.
    pub max_age: Duration,
}

/// Why there is no way to a preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The caller has no such file.
    #[error("there is no such file")]
    NotFound,
    /// It is being made.
    #[error("the preview is being made")]
    NotReady {
        /// When to ask again.
        retry_after: Duration,
        /// Whether it was waited for as long as was asked.
        waited: bool,
    },
    /// The file has none: it is no picture, or one that can't be rendered.
    #[error("the file has no preview")]
    NoPreview,
    /// The scopes of the credential do not give the right.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Most previews are ready sooner than anyone can ask twice.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The longest that a request is held.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// The longest that a client may reuse a URL without asking whether it still has the right to.
const LONGEST_REUSE: Duration = Duration::from_mins(5);
/// How often a request that is held looks whether the preview is there.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// How many requests a process holds at one time. Each asks the database for one row every [`LOOK_INTERVAL`].
const MAX_HELD_REQUESTS: usize = 64;
/// How many of these one user has at most.
const HELD_PER_USER: usize = 8;

/// Leads to a preview of a file, and has it made where there is none.
pub struct LinkPreview {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    presenter: FilePresenter,
    places: Semaphore,
    /// How many requests of each user are held.
    shares: PerUser<()>,
}

impl LinkPreview {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            presenter: FilePresenter::new(ports, settings),
            places: Semaphore::new(MAX_HELD_REQUESTS),
            shares: PerUser::default(),
        }
    }

    /// A URL of the present window. A preview that is not there is enqueued, once however many ask, and waited for so long, 10 s at most, and
    /// no longer than the client is there. Answers at once where all places are taken, or all of the user.
    pub async fn run(
        &self,
        actor: &Actor,
        id: FileId,
        size: PreviewSize,
        wait: Duration,
        presence: &Presence,
    ) -> Result<LinkedPreview, PreviewError> {
        let access = actor.access(Right::Read)?;
        let mut reads = self.db.read().await?;
        let file = reads.files().find(&access, id).await?.ok_or(PreviewError::NotFound)?;
        if !file.thumbnail.allows_previews() {
            return Err(PreviewError::NoPreview);
        }
        let state = reads.previews().find(file.blob, size).await?;
        drop(reads);
        let state = match state {
            Some(state) => state,
            None => self.made(&file, size, wait, presence).await?,
        };
        match state {
            PreviewState::Ready(picture) => {
                let (url, left) = self.presenter.preview(&file, &picture).await?;
                let max_age = Duration::from_secs((left / 2).as_secs()).min(LONGEST_REUSE);
                Ok(LinkedPreview { url, max_age })
            }
            PreviewState::Failed => Err(PreviewError::NoPreview),
        }
    }

    /// Has the preview made, and waits for it.
    async fn made(
        &self,
        file: &File,
        size: PreviewSize,
        wait: Duration,
        presence: &Presence,
    ) -> Result<PreviewState, PreviewError> {
        retry_conflicts(|| self.enqueue(file, size)).await?;
        let not_ready = |waited| PreviewError::NotReady { retry_after: RETRY_AFTER, waited };
        if wait.is_zero() {
            return Err(not_ready(false));
        }
        let Some(_share) = self.shares.count(file.owner, HELD_PER_USER, || ()) else {
            return Err(not_ready(false));
        };
        let Ok(_place) = self.places.try_acquire() else { return Err(not_ready(false)) };
        let end = Instant::now() + wait.min(LONGEST_WAIT);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(not_ready(true));
            }
            tokio::select! {
                () = presence.gone() => return Err(not_ready(false)),
                () = sleep(LOOK_INTERVAL.min(left)) => {}
            }
            if let Some(state) = self.db.read().await?.previews().find(file.blob, size).await? {
                return Ok(state);
            }
        }
    }

    async fn enqueue(&self, file: &File, size: PreviewSize) -> PortResult<()> {
        let job = MakePreview { owner: file.owner, original: file.blob, size };
        // Most that ask are not the first: a read tells them so, and they need not wait for the one writer that a database may have.
        if self.db.read().await?.jobs().has_living(&job.unique_name()).await? {
            return Ok(());
        }
        let job = job.enqueued(JobId::new(self.ids.uuid()), self.clock.now())?;
        let mut unit = self.db.begin().await?;
        // Another request may have been faster: there is nothing to add then.
        unit.jobs().enqueue(&job).await?;
        unit.commit().await
    }
}

#[cfg(test)]
mod tests;
