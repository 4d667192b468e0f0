//! Databases with one fault in their previews.

use std::sync::Mutex;

use async_trait::async_trait;
use fm_domain::blobs::BlobKey;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;
use fm_domain::previews::{PictureFormat, Preview, PreviewQueries, PreviewRepo, PreviewSize, PreviewState};

use crate::mutants::broken_database::{BrokenReads, BrokenUnit, Fault, broken};
use crate::mutants::memories::Common;
use crate::mutants::mutants;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PreviewFault {
    TakesAllForJpegs,
    SkipsOnWalking,
    WalksByOriginals,
    KeepsFailures,
    RecordsAnything,
    RecordsOverPreviews,
    RefusesTheSameAgain,
    MissesLatePreviews,
    RemovesAnything,
    TellsOfOriginalsAlone,
    LeavesPreviewsOfTheRemoved,
}

/// The previews that committed units have recorded, in the order of their commits.
pub(crate) type Committed = Mutex<Vec<Preview>>;

/// The previews of a unit.
pub(crate) struct UnitPreviews {
    /// How many were committed before it was asked for.
    before: usize,
    /// Those that it has recorded.
    recorded: Vec<Preview>,
}

impl UnitPreviews {
    /// Those of a unit that is being asked for.
    pub(crate) fn asked_for(common: &Common) -> Self {
        Self { before: common.previews.lock().unwrap().len(), recorded: Vec::new() }
    }

    /// Its unit is about to be committed.
    pub(crate) fn commit(&mut self, common: &Common) {
        common.previews.lock().unwrap().append(&mut self.recorded);
    }
}

impl BrokenUnit {
    fn shows(&self, fault: PreviewFault) -> bool {
        self.is(Fault::Preview(fault))
    }

    /// All that were recorded as ready, by this unit too.
    fn known_previews(&self) -> Vec<Preview> {
        let committed = self.common.previews.lock().unwrap();
        committed.iter().chain(&self.own_previews.recorded).copied().collect()
    }

    /// Removes whatever is recorded of this size of the original; whether there was something.
    async fn remove_any(&mut self, like: &Preview) -> PortResult<bool> {
        let is_like = |known: &Preview| known.original == like.original && known.size == like.size;
        let mut candidates = self.known_previews();
        candidates.retain(is_like);
        candidates.push(Preview { state: PreviewState::Failed, ..*like });
        for candidate in candidates {
            if self.honest().previews().remove(&candidate).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The keys that a drop of these references answers.
    pub(crate) fn told_of_previews(&self, named: &[BlobId], gone: Vec<BlobKey>) -> Vec<BlobKey> {
        let mut untold: Vec<BlobId> = Vec::new();
        if self.shows(PreviewFault::TellsOfOriginalsAlone) {
            untold.extend(gone.iter().map(|key| key.id));
        }
        if self.shows(PreviewFault::MissesLatePreviews) {
            let committed = self.common.previews.lock().unwrap();
            let late = committed.iter().skip(self.own_previews.before);
            untold.extend(late.filter_map(|preview| preview.state.blob()));
        }
        gone.into_iter().filter(|key| named.contains(&key.id) || !untold.contains(&key.id)).collect()
    }

    /// Forgets which previews there are, and with that their blobs.
    pub(crate) async fn forget_previews(&mut self) -> PortResult<()> {
        if self.shows(PreviewFault::LeavesPreviewsOfTheRemoved) {
            for preview in self.known_previews() {
                self.honest().previews().remove(&preview).await?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl PreviewRepo for BrokenUnit {
    async fn record(&mut self, preview: &Preview) -> PortResult<bool> {
        let failure = Preview { state: PreviewState::Failed, ..*preview };
        if self.shows(PreviewFault::KeepsFailures) && self.honest().previews().remove(&failure).await? {
            return self.honest().previews().record(&failure).await;
        }
        if self.shows(PreviewFault::RefusesTheSameAgain) && self.known_previews().contains(preview) {
            return Ok(false);
        }
        if self.shows(PreviewFault::RecordsOverPreviews) {
            self.remove_any(preview).await?;
        }
        let recorded = self.honest().previews().record(preview).await?;
        if recorded && preview.state.blob().is_some() {
            self.own_previews.recorded.push(*preview);
        }
        Ok(recorded || self.shows(PreviewFault::RecordsAnything))
    }

    async fn remove(&mut self, preview: &Preview) -> PortResult<bool> {
        if self.shows(PreviewFault::RemovesAnything) {
            return self.remove_any(preview).await;
        }
        self.honest().previews().remove(preview).await
    }
}

#[async_trait]
impl PreviewQueries for BrokenReads {
    async fn find(&mut self, original: BlobId, size: PreviewSize) -> PortResult<Option<PreviewState>> {
        let mut found = self.inner.previews().find(original, size).await?;
        if let Some(PreviewState::Ready(picture)) = &mut found
            && self.fault == Fault::Preview(PreviewFault::TakesAllForJpegs)
        {
            picture.format = PictureFormat::Jpeg;
        }
        Ok(found)
    }

    async fn walk(&mut self, after: Option<BlobId>, limit: u32) -> PortResult<Vec<Preview>> {
        let skips = after.is_some() && self.fault == Fault::Preview(PreviewFault::SkipsOnWalking);
        let mut page = self.inner.previews().walk(after, limit).await?;
        if self.fault == Fault::Preview(PreviewFault::WalksByOriginals) {
            page.sort_by_key(|preview| (preview.original, preview.size));
        }
        Ok(page.into_iter().skip(usize::from(skips)).collect())
    }
}

mutants! {
    a_repo_that_takes_all_previews_for_jpegs:
        broken(Fault::Preview(PreviewFault::TakesAllForJpegs)) => database, ["PREVIEW-01"];
    a_walk_that_skips_previews_between_pages:
        broken(Fault::Preview(PreviewFault::SkipsOnWalking)) => database, ["PREVIEW-02"];
    a_walk_of_previews_by_their_originals:
        broken(Fault::Preview(PreviewFault::WalksByOriginals)) => database, ["PREVIEW-02"];
    a_repo_that_keeps_failures_of_previews:
        broken(Fault::Preview(PreviewFault::KeepsFailures)) => database, ["PREVIEW-03"];
    a_repo_that_records_previews_of_anything:
        broken(Fault::Preview(PreviewFault::RecordsAnything)) => database, ["PREVIEW-04", "PREVIEW-05"];
    a_repo_that_records_over_previews:
        broken(Fault::Preview(PreviewFault::RecordsOverPreviews)) => database, ["PREVIEW-04"];
    a_repo_that_refuses_the_same_preview_again:
        broken(Fault::Preview(PreviewFault::RefusesTheSameAgain)) => database, ["PREVIEW-04"];
    a_drop_that_misses_previews_that_it_waited_for:
        broken(Fault::Preview(PreviewFault::MissesLatePreviews)) => database, ["PREVIEW-05"];
    a_repo_that_removes_any_preview:
        broken(Fault::Preview(PreviewFault::RemovesAnything)) => database, ["PREVIEW-06"];
    a_drop_that_tells_of_originals_alone:
        broken(Fault::Preview(PreviewFault::TellsOfOriginalsAlone)) => database, ["PREVIEW-05", "PREVIEW-07"];
    a_repo_that_leaves_previews_of_removed_users:
        broken(Fault::Preview(PreviewFault::LeavesPreviewsOfTheRemoved)) => database, ["PREVIEW-07"];
}
