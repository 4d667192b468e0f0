//! The first unit of an upload.

use super::ResumableError;
use super::context::{Context, intent_expiry};
use crate::engine::intents::Intent;
use crate::engine::retry::{confirm_commit, retry_conflicts};
use crate::tree::TreeError;
use fm_domain::access::{Access, Right};
use fm_domain::blobs::BlobKey;
use fm_domain::body::ByteSize;
use fm_domain::events::Change;
use fm_domain::files::{CharsetCheck, FileName, MediaType, Sha256};
use fm_domain::idempotency::{Claimed, IdempotencyKey, KeyClaim};
use fm_domain::ids::{BlobId, UploadId, UserId};
use fm_domain::tree::Placing;
use fm_domain::uploads::{Epoch, HashState, Transport, Upload, UploadStatus};

/// The upload to create.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) owner: UserId,
    pub(super) transport: Transport,
    pub(super) key: Option<IdempotencyKey>,
    pub(super) name: FileName,
    pub(super) placing: Placing,
    pub(super) length: Option<ByteSize>,
    pub(super) claimed_type: Option<MediaType>,
    pub(super) promised: Option<Sha256>,
    pub(super) metadata: String,
}

/// An upload, and whether it was made just now.
pub(super) struct Created {
    pub(super) upload: Upload,
    pub(super) fresh: bool,
}

impl Context {
    /// One unit: the key is claimed, the length reserved, the intent recorded, the upload inserted, where the owner has fewer
    /// unfinished ones than are allowed. A repetition with the same key finds the first.
    pub(super) async fn create(&self, access: &Access, draft: &Draft) -> Result<Created, ResumableError> {
        self.check_length(draft.length.unwrap_or_default())?;
        // A repetition is not refused for the file that the first upload became.
        let early = self.tree.check_early(access, &draft.placing, Some(&draft.name)).await;
        let refusal = match early {
            Ok(()) => None,
            Err(TreeError::Store(error)) => return Err(error.into()),
            Err(refusal) if draft.key.is_none() => return Err(ResumableError::Misplaced(refusal)),
            Err(refusal) => Some(refusal),
        };
        match retry_conflicts(|| self.try_create(access, draft, refusal.is_some())).await? {
            Some(created) => Ok(created),
            None => Err(ResumableError::Misplaced(refusal.unwrap_or(TreeError::NoParent))),
        }
    }

    /// `None` where a new upload would be refused for its place, and this is one.
    async fn try_create(
        &self,
        access: &Access,
        draft: &Draft,
        is_refused: bool,
    ) -> Result<Option<Created>, ResumableError> {
        let upload = self.drafted(draft);
        let now = upload.created_at;
        let mut unit = self.db.begin().await?;
        if let Some(key) = &draft.key {
            let lease_until = intent_expiry(&upload);
            let claim = KeyClaim { user: draft.owner, key: key.clone(), attempt: upload.blob, lease_until };
            if unit.keys().claim(&claim, now).await? != Claimed::Held {
                let found = unit.uploads().find_by_key(access, key).await?;
                unit.rollback().await?;
                let found = found.filter(|found| is_same(found, draft) && !self.is_over(found));
                let upload = found.ok_or(ResumableError::KeyConflict)?;
                return Ok(Some(Created { upload, fresh: false }));
            }
        }
        if is_refused {
            unit.rollback().await?;
            return Ok(None);
        }
        // Here the user comes first: where there is none, nothing may refer to them.
        if let Err(refusal) = unit.users().reserve(draft.owner, upload.reserved, self.quota).await {
            unit.rollback().await?;
            return Err(refusal.into());
        }
        // Exact however many are created at once: the reservation has locked the user.
        if unit.uploads().count_open(draft.owner).await? >= self.max_unfinished {
            unit.rollback().await?;
            return Err(ResumableError::TooManyUnfinished { limit: self.max_unfinished });
        }
        // The upload itself knows what is reserved, and gives it back.
        let intent = Intent::bare(BlobKey::file(upload.blob), draft.owner);
        intent.record(unit.as_mut(), now, intent_expiry(&upload)).await?;
        unit.uploads().insert(&upload).await?;
        self.events.record(unit.as_mut(), now, Change::UploadCreated { upload: &upload }).await?;
        let own = Access::on_behalf_of(upload.owner, Right::Read);
        let there = async { Ok(self.db.read().await?.uploads().find(&own, upload.id).await?.is_some()) };
        confirm_commit(unit.commit().await, there).await?;
        Ok(Some(Created { upload, fresh: true }))
    }

    fn drafted(&self, draft: &Draft) -> Upload {
        let now = self.clock.now();
        let may_be_text = draft.claimed_type.as_ref().is_none_or(MediaType::lacks_charset);
        Upload {
            id: UploadId::new(self.ids.uuid()),
            owner: draft.owner,
            transport: draft.transport,
            blob: BlobId::new(self.ids.uuid()),
            name: draft.name.clone(),
            placing: draft.placing.clone(),
            claimed_type: draft.claimed_type.clone(),
            promised: draft.promised,
            metadata: draft.metadata.clone(),
            key: draft.key.clone(),
            length: draft.length,
            offset: ByteSize::ZERO,
            reserved: draft.length.unwrap_or_default(),
            epoch: Epoch::FIRST,
            is_locked: false,
            state: None,
            write: None,
            hash: HashState::new(),
            charset_check: (draft.transport == Transport::Resumable && may_be_text)
                .then(CharsetCheck::default),
            head: bytes::Bytes::new(),
            status: UploadStatus::Open,
            created_at: now,
            expires_at: now.plus(self.ttl),
        }
    }
}

/// Whether a repetition means the upload that was found.
fn is_same(found: &Upload, draft: &Draft) -> bool {
    found.transport == draft.transport
        && found.name == draft.name
        && (found.placing.parent, &found.placing.path) == (draft.placing.parent, &draft.placing.path)
        && found.promised == draft.promised
        && (found.length == draft.length || draft.length.is_none())
}

#[cfg(test)]
mod tests;
