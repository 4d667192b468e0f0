//! What a folder holds.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::error::TreeError;
use super::usage_counts::{CountedUsage, Ended, UsageCounts};
use crate::engine::places::{Place, Places, WALKS};
use crate::ports::Ports;
use fm_domain::access::{Access, Actor, Right};
use fm_domain::clock::Clock;
use fm_domain::database::Database;
use fm_domain::error::{Cause, PortError, PortResult};
use fm_domain::ids::NodeId;
use fm_domain::tree::{ItemKind, Seq, Usage};

/// How long a request waits for a count.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// When to ask again for a count that takes longer.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// What a folder holds, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownUsage {
    /// This.
    Counted(CountedUsage),
    /// It is being counted.
    Counting {
        /// When to ask again.
        retry_after: Duration,
    },
}

/// Counts what folders hold, all levels together.
pub struct ShowUsage {
    db: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    places: Places,
    counts: UsageCounts,
}

impl ShowUsage {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            db: ports.db.clone(),
            clock: ports.clock.clone(),
            places: Places::new(WALKS),
            counts: UsageCounts::default(),
        }
    }

    /// What the folder holds, and when it was counted. That is done anew where the drive has changed since, and reads all that is below: of
    /// one user few are counted at a time, and one that takes longer than 2 s goes on without its client, who gets it on coming back.
    pub async fn run(&self, actor: &Actor, folder: NodeId) -> Result<ShownUsage, TreeError> {
        let access = actor.access(Right::Read)?;
        let seq = self.seq(&access, folder).await?;
        if let Some(counted) = self.counts.known(folder, seq, self.clock.now()) {
            return Ok(ShownUsage::Counted(counted));
        }
        loop {
            let (mut ended, is_joined) = self.join(actor, &access, folder).await?;
            let ended = match timeout(LONGEST_WAIT, ended.wait_for(Option::is_some)).await {
                Ok(Ok(ended)) => (*ended).clone(),
                Ok(Err(_panicked)) => None,
                Err(_elapsed) => {
                    self.counts.await_later(folder);
                    return Ok(ShownUsage::Counting { retry_after: RETRY_AFTER });
                }
            };
            return match ended {
                // It began before the last change: the next one did not.
                Some(Ok(Some(counted))) if is_joined && counted.usage.seq < seq => continue,
                Some(Ok(counted)) => counted.map(ShownUsage::Counted).ok_or(TreeError::NotFound),
                Some(Err(error)) => Err(shared(&error).into()),
                None => Err(PortError::Unexpected("the count of a folder panicked".into()).into()),
            };
        }
    }

    /// The number of the last change of the drive that the folder is in.
    async fn seq(&self, access: &Access, folder: NodeId) -> Result<Seq, TreeError> {
        let mut reads = self.db.read().await?;
        let item = reads.tree().item(access, folder).await?;
        let folder = item.filter(|item| item.kind() == ItemKind::Folder).ok_or(TreeError::NotFound)?;
        let drive = reads.tree().drive(access, folder.drive()).await?;
        Ok(drive.ok_or(TreeError::NotFound)?.seq)
    }

    /// The count of the folder that is under way, and whether it was before: else it is begun, as soon as there is a place. A count keeps
    /// that without its client too, so that one who comes back for it needs none.
    async fn join(
        &self,
        actor: &Actor,
        access: &Access,
        folder: NodeId,
    ) -> Result<(watch::Receiver<Option<Ended>>, bool), TreeError> {
        if let Some(ended) = self.counts.running(folder) {
            return Ok((ended, true));
        }
        let place = self.places.enter(actor.user()).await?;
        let (ended, begun) = self.counts.join(folder);
        let is_joined = begun.is_none();
        if let Some(tell) = begun {
            self.begin(access.clone(), folder, place, tell);
        }
        Ok((ended, is_joined))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a count that no request waits for changes nothing: the shutdown need not wait for it"
    )]
    fn begin(&self, access: Access, folder: NodeId, place: Place, tell: watch::Sender<Option<Ended>>) {
        let (db, clock, counts) = (self.db.clone(), self.clock.clone(), self.counts.clone());
        let counting = async move {
            let found = usage(db.as_ref(), &access, folder).await;
            let at = clock.now();
            let counted = |usage: Option<Usage>| usage.map(|usage| CountedUsage { usage, at });
            let ended: Ended = found.map(counted).map_err(Arc::new);
            counts.end(folder, &ended);
            tell.send_replace(Some(ended));
            drop(place);
        };
        drop(tokio::spawn(counting.in_current_span()));
    }
}

async fn usage(db: &dyn Database, access: &Access, folder: NodeId) -> PortResult<Option<Usage>> {
    let mut reads = db.read().await?;
    reads.tree().usage(access, folder).await
}

/// The error of a count, for one of the requests that wait for it.
fn shared(error: &Arc<PortError>) -> PortError {
    let cause: Cause = Box::new(Arc::clone(error));
    match **error {
        PortError::Unavailable(_) | PortError::Contended(_) => PortError::Unavailable(cause),
        PortError::Corrupt { what, .. } => PortError::Corrupt { what, source: cause },
        PortError::Poisoned | PortError::Unexpected(_) => PortError::Unexpected(cause),
    }
}

#[cfg(test)]
mod tests;
