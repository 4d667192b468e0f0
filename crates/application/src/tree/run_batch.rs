//! Batches: many changes by one request.
//!
//! A unit of work takes 50 operations, and each is judged alone. Where one is refused nothing of its unit counts: those before it
//! are done again without it, and then it has a unit of its own.
//!
//! A batch with an idempotency key is an operation from its first unit on, whose id follows from the key: a retry finds it, running or
//! ended, and a job goes on with it where its request was cut off. Others become operations where an item is too large for a unit.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

use super::batch::{BatchAction, BatchOperation, BatchResult, StoredBatch};
use super::batch_refused::Refused;
use super::batch_units::{Atomic, Plain, Running, advance_stored, atomic_unit, begin, plain_unit};
use super::batch_view::{WALKED_AT_ONCE, seen};
use super::batch_work::{BatchWork, Did};
use super::context::Context;
use super::error::TreeError;
use super::item_view::ItemPresenter;
use super::operations::{OperationView, Outcome, Stored};
use crate::engine::places::{BATCHES, NoPlace, Places};
use crate::engine::retry::{Failure as _, failure, retry_conflicts};
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, AccessDenied, Actor, Right};
use fm_domain::error::{PortError, PortResult};
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::ids::{OperationId, UserId};
use fm_domain::tree::{BATCH_UNIT, MAX_ATOMIC, MAX_BATCH, Operation, OperationStatus};

/// The changes.
#[derive(Debug, Clone)]
pub struct BatchCommand {
    /// What is done to which items, in this order.
    pub operations: Vec<BatchOperation>,
    /// Whether all of it is done, in one unit of work, or nothing.
    pub atomic: bool,
    /// The key by which a retry finds the results. Keys of batches are apart from those of uploads.
    pub key: Option<IdempotencyKey>,
}

/// Why a batch was not done.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// It has more operations than a request may have.
    #[error("there are more operations than one request may have")]
    TooMany,
    /// Its key was used for another batch.
    #[error("the idempotency key was used for another batch")]
    KeyConflict,
    /// An operation of an atomic batch was refused, and so nothing was done.
    #[error("an operation was refused")]
    Refused {
        /// Its place among the operations.
        index: usize,
        /// Why.
        #[source]
        error: TreeError,
    },
    /// As many operations of the user are under way as may be.
    #[error("as many operations of the user are under way as may be")]
    TooManyOperations,
    /// Too many batches of the user are worked on at the moment.
    #[error("too many batches of the user are worked on at the moment")]
    Busy {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The scopes of the credential do not give a right that it needs.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

failure!(BatchError);

impl From<NoPlace> for BatchError {
    fn from(busy: NoPlace) -> Self {
        Self::Busy { retry_after: busy.retry_after }
    }
}

/// Runs batches.
pub struct RunBatch {
    context: Context,
    places: Places,
    presenter: ItemPresenter,
}

impl RunBatch {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        let (context, presenter) = (Context::new(ports, settings), ItemPresenter::new(ports, settings));
        Self { context, places: Places::new(BATCHES), presenter }
    }

    /// The result of each operation, in their order; or the operation that goes on with them, where an item is too large for a unit of
    /// work or a retry comes before the first request has ended. The cost grows with the number of operations, of refused ones thrice. Of one user few are worked on at a time.
    pub async fn run(
        &self,
        actor: &Actor,
        command: BatchCommand,
    ) -> Result<Outcome<Vec<BatchResult>>, BatchError> {
        let BatchCommand { operations, atomic, key } = command;
        if operations.len() > if atomic { MAX_ATOMIC } else { MAX_BATCH } {
            return Err(BatchError::TooMany);
        }
        let access = access(actor, &operations)?;
        let _place = self.places.enter(actor.user()).await?;
        let context = self.context.by(actor);
        let mut work = BatchWork::new(&operations);
        let key = key.map(|key| Keyed::new(actor.user(), &key, &work, atomic)).transpose()?;
        if let Some(keyed) = &key {
            if let Some(found) = context.db.read().await?.tree().operation(&access, keyed.id).await? {
                return self.repeat(&access, found, keyed).await;
            }
            work = work.keyed(keyed.fingerprint.clone());
        }
        let deleted = work.deleted();
        if !deleted.is_empty() {
            let mut above = Vec::with_capacity(deleted.len());
            for items in deleted.chunks(WALKED_AT_ONCE) {
                let found = context.db.read().await?.tree().ancestors(&access, items).await?;
                above.extend(
                    found.into_iter().map(|above| above.into_iter().map(|folder| folder.id).collect()),
                );
            }
            work.remember_nesting(above);
        }
        match key {
            _ if atomic => self.atomic(&context, &access, &work, key.as_ref()).await,
            Some(keyed) => self.keyed(&context, &access, &work, &keyed).await,
            None => self.plain(&context, &access, work).await,
        }
    }

    /// All or nothing.
    async fn atomic(
        &self,
        context: &Context,
        access: &Access,
        work: &BatchWork,
        key: Option<&Keyed>,
    ) -> Result<Outcome<Vec<BatchResult>>, BatchError> {
        match (retry_conflicts(|| atomic_unit(context, access, work, key.map(|key| key.id))).await?, key) {
            (Atomic::Found(found), Some(keyed)) => self.repeat(access, *found, keyed).await,
            (Atomic::Found(_), None) => Err(BatchError::KeyConflict),
            (Atomic::Done(work, all), _) => {
                let all = all.into_iter().map(Some).collect();
                let results = work.stored().results;
                Ok(Outcome::Done(seen(&self.context, &self.presenter, access, results, all).await?))
            }
        }
    }

    /// As an operation, whose units the request itself does as long as none is large.
    async fn keyed(
        &self,
        context: &Context,
        access: &Access,
        work: &BatchWork,
        keyed: &Keyed,
    ) -> Result<Outcome<Vec<BatchResult>>, BatchError> {
        let begun = retry_conflicts(|| begin(context, access, work, keyed.id)).await;
        if let Some(found) = begun.map_err(Refused::whole)? {
            return self.repeat(access, found, keyed).await;
        }
        // The job goes on where an item is large.
        while advance_stored(context, access, keyed.id).await? == Running::Small {}
        let found = context.db.read().await?.tree().operation(access, keyed.id).await?;
        let found = found.ok_or_else(|| PortError::Unavailable("the batch went away meanwhile".into()))?;
        self.repeat(access, found, keyed).await
    }

    /// Unit by unit, and nothing is remembered of it.
    async fn plain(
        &self,
        context: &Context,
        access: &Access,
        mut work: BatchWork,
    ) -> Result<Outcome<Vec<BatchResult>>, BatchError> {
        let mut all = Vec::with_capacity(work.total());
        let mut most = BATCH_UNIT;
        while !work.is_over() {
            match retry_conflicts(|| plain_unit(context, access, &work, most)).await {
                Ok(Plain::Done(next, done)) => {
                    work = *next;
                    all.extend(done.into_iter().map(Some));
                    most = BATCH_UNIT;
                }
                Ok(Plain::Accepted(view)) => return Ok(Outcome::Accepted(*view)),
                Err(Refused { at: Some((place, before)), is_amidst, error }) if error.store().is_none() => {
                    if before == 0 {
                        work.refuse(place, is_amidst, &error);
                        all.push(None);
                        most = BATCH_UNIT;
                    } else {
                        most = before;
                    }
                }
                Err(refused) => return Err(refused.into()),
            }
        }
        let results = work.stored().results;
        Ok(Outcome::Done(seen(&self.context, &self.presenter, access, results, all).await?))
    }

    /// The answer to a retry.
    async fn repeat(
        &self,
        access: &Access,
        found: Operation,
        keyed: &Keyed,
    ) -> Result<Outcome<Vec<BatchResult>>, BatchError> {
        let stored = found.result.as_ref().map(Stored::read).transpose()?;
        let Some(Stored::Batch(StoredBatch { results, fingerprint })) = stored else {
            return Err(BatchError::KeyConflict);
        };
        if fingerprint.as_ref() != Some(&keyed.fingerprint) {
            return Err(BatchError::KeyConflict);
        }
        if found.status == OperationStatus::Running {
            return Ok(Outcome::Accepted(OperationView::of(found)?));
        }
        let mut reads = self.context.db.read().await?;
        let mut all = Vec::with_capacity(results.len());
        for result in &results {
            let Some(id) = result.item().filter(|_| result.code.is_none()) else {
                all.push(None);
                continue;
            };
            all.push(match reads.tree().item(access, id).await? {
                Some(item) => Some(Did::Item(item)),
                None => reads.tree().trashed(access, id).await?.map(Did::Trashed),
            });
        }
        drop(reads);
        Ok(Outcome::Done(seen(&self.context, &self.presenter, access, results, all).await?))
    }
}

/// The rights that the operations need.
fn access(actor: &Actor, operations: &[BatchOperation]) -> Result<Access, AccessDenied> {
    for operation in operations {
        match operation.action {
            BatchAction::Copy { .. } => {
                actor.access(Right::Read)?;
            }
            BatchAction::Trash { .. } | BatchAction::Delete { .. } => {
                actor.access(Right::Delete)?;
            }
            BatchAction::Move { .. } | BatchAction::Restore { .. } => {}
        }
    }
    actor.access(Right::Write)
}

/// What an idempotency key of a batch stands for.
#[derive(Debug, Clone)]
struct Keyed {
    id: OperationId,
    fingerprint: String,
}

impl Keyed {
    fn new(user: UserId, key: &IdempotencyKey, work: &BatchWork, atomic: bool) -> PortResult<Self> {
        let of_key: [u8; 32] =
            Sha256::new().chain_update(user.uuid()).chain_update(key.as_str()).finalize().into();
        let mut id = [0; 16];
        id.copy_from_slice(&of_key[..16]);
        let id = OperationId::new(Builder::from_custom_bytes(id).into_uuid());
        let of_work: [u8; 32] =
            Sha256::new().chain_update([u8::from(atomic)]).chain_update(work.text()?).finalize().into();
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&of_work[..16]);
        Ok(Self { id, fingerprint: Uuid::from_bytes(fingerprint).simple().to_string() })
    }
}

impl From<Refused> for BatchError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused { error: TreeError::Store(error), .. } => Self::Store(error),
            Refused { error: TreeError::Denied(denied), .. } => Self::Denied(denied),
            Refused { error: TreeError::TooManyOperations, .. } => Self::TooManyOperations,
            Refused { at, error, .. } => Self::Refused { index: at.map_or(0, |(place, _)| place), error },
        }
    }
}

#[cfg(test)]
mod tests;
