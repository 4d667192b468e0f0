//! Another try at a thumbnail.

use std::sync::Arc;

use super::link_thumbnail::ThumbnailError;
use super::presenter::{FilePresenter, FileView};
use crate::engine::events::EventRecorder;
use crate::engine::retry::retry_conflicts;
use crate::jobs::{Job as _, MakeThumbnail};
use crate::ports::{Ports, Settings};
use crate::tree::{drop_blobs, enter_drive, file_in};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::events::Change;
use fm_domain::files::{File, ThumbnailState};
use fm_domain::ids::{FileId, IdSource, JobId};
use fm_domain::previews::{Preview, PreviewSize, PreviewState};
use fm_domain::thumbnails::Thumbnailer;

/// How many jobs may fail to make the thumbnail of one content: a picture that can't be decoded is not decoded without end.
const MOST_FAILURES: u32 = 2;

/// Has the thumbnail of a file made again.
pub struct RemakeThumbnail {
    db: Arc<dyn Database>,
    thumbnailer: Arc<dyn Thumbnailer>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    events: EventRecorder,
    presenter: FilePresenter,
}

impl RemakeThumbnail {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            thumbnailer: ports.thumbnailer.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            events: EventRecorder::new(ports),
            presenter: FilePresenter::new(ports, settings),
        }
    }

    /// The file, its thumbnail pending. Asking twice is asking once. Previews that have failed are made anew when they are asked for.
    pub async fn run(&self, actor: &Actor, id: FileId) -> Result<FileView, ThumbnailError> {
        let access = actor.access(Right::Write)?;
        let file = retry_conflicts(|| self.remake(&access, id)).await?;
        Ok(self.presenter.view(file).await?)
    }

    async fn remake(&self, access: &Access, id: FileId) -> Result<File, ThumbnailError> {
        let mut unit = self.db.begin().await?;
        if !enter_drive(unit.as_mut(), access.drive()).await? {
            unit.rollback().await?;
            return Err(ThumbnailError::NotFound);
        }
        let Some(file) = file_in(unit.as_mut(), access, id).await? else {
            unit.rollback().await?;
            return Err(ThumbnailError::NotFound);
        };
        let has_failed = file.thumbnail.failures() >= MOST_FAILURES;
        if has_failed || !self.thumbnailer.accepts(&file.content_type) {
            unit.rollback().await?;
            return Err(ThumbnailError::NoThumbnail);
        }
        let now = self.clock.now();
        unit.files().set_thumbnail(file.id, file.blob, &ThumbnailState::Pending).await?;
        let change =
            Change::ThumbnailChanged { file: file.id, blob: file.blob, thumbnail: &ThumbnailState::Pending };
        self.events.record(unit.as_mut(), now, change).await?;
        // Asked for by the owner, and no consequence of the change: a retried job sets the same state.
        let job = MakeThumbnail::of(&file);
        unit.jobs().enqueue(&job.enqueued(JobId::new(self.ids.uuid()), now)?).await?;
        if let Some(blob) = file.thumbnail.blob() {
            drop_blobs(&self.events, unit.as_mut(), &[blob], now).await?;
        }
        // After blobs, as where a blob takes its previews along: two units never wait for each other.
        for size in PreviewSize::ALL {
            let failed = Preview { original: file.blob, size, state: PreviewState::Failed };
            unit.previews().remove(&failed).await?;
        }
        unit.commit().await?;
        Ok(File { thumbnail: ThumbnailState::Pending, ..file })
    }
}

#[cfg(test)]
mod tests;
