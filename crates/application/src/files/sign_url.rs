//! A signed URL to hand on.

use std::sync::Arc;
use std::time::Duration;

use super::presenter::content_link;
use super::show_file::FileError;
use crate::engine::audit::{Act, AuditTrail};
use crate::ports::Ports;
use fm_domain::access::{Actor, Right};
use fm_domain::audit::AuditAction;
use fm_domain::blobs::{Disposition, SignDownload, SignedUrl};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::database::Database;
use fm_domain::ids::FileId;

/// The URL to sign.
#[derive(Debug, Clone, Copy)]
pub struct SignUrlCommand {
    /// The file.
    pub file: FileId,
    /// How long it shall work: 1 s to 7 days.
    pub expires_in: Duration,
    /// Shown or saved.
    pub disposition: Disposition,
}

/// A URL and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedLink {
    /// The URL.
    pub url: SignedUrl,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// Signs URLs of a chosen life.
pub struct SignUrl {
    db: Arc<dyn Database>,
    links: Arc<dyn SignDownload>,
    clock: Arc<dyn Clock>,
    trail: AuditTrail,
}

impl SignUrl {
    pub(crate) fn new(ports: &Ports) -> Self {
        let (db, links, clock) = (ports.db.clone(), ports.links.clone(), ports.clock.clone());
        Self { db, links, clock, trail: AuditTrail::new(ports) }
    }

    /// The URL. Its life is counted from the present second.
    pub async fn run(&self, actor: &Actor, command: SignUrlCommand) -> Result<SignedLink, FileError> {
        let access = actor.access(Right::Read)?;
        let found = self.db.read().await?.files().find(&access, command.file).await?;
        let file = found.ok_or(FileError::NotFound)?;
        let issued_at = Timestamp::from_unix_seconds(self.clock.now().unix_seconds());
        let expires_at = issued_at.plus(command.expires_in);
        let url = self.links.sign(&content_link(&file, command.disposition, issued_at, expires_at)).await?;
        let (action, target) = (AuditAction::LINK_CREATED, Some(file.id.uuid()));
        self.trail.record(Act { account: Some(file.owner), ..Act::by(actor, action, target) }).await;
        Ok(SignedLink { url, expires_at })
    }
}

#[cfg(test)]
mod tests;
