//! What all changes of a tree need: the unit of work inside a drive, and how it ends.

use std::sync::Arc;

use super::error::TreeError;
use super::last_numbers::LastNumbers;
use crate::engine::events::EventRecorder;
use crate::engine::retry::{confirm_commit, roll_back};
use crate::ports::{Ports, Retention, Settings};
use fm_domain::access::{Access, Actor, Client, Right};
use fm_domain::body::ByteSize;
use fm_domain::clock::Clock;
use fm_domain::database::{Database, ReadRepos, UnitOfWork};
use fm_domain::error::PortResult;
use fm_domain::files::{File, FileName, IfMatch};
use fm_domain::ids::{DriveId, FileId, IdSource, NodeId, UserId};
use fm_domain::tree::{
    Delta, EnterDrive, Entered, Folder, Item, ItemKind, OnConflict, Placing, Precondition,
};

/// What all changes of a tree need.
#[derive(Clone)]
pub(crate) struct Context {
    pub(super) db: Arc<dyn Database>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(crate) events: EventRecorder,
    pub(crate) quota: Option<ByteSize>,
    max_items: Option<u64>,
    pub(crate) retention: Retention,
    pub(super) last_numbers: LastNumbers,
    names_portable: bool,
}

impl Context {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            db: ports.db.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            events: EventRecorder::new(ports),
            quota: settings.quota,
            max_items: settings.max_items,
            retention: settings.retention,
            last_numbers: LastNumbers::default(),
            names_portable: settings.names_portable,
        }
    }

    /// Whether an item may be given this name: by configuration it has to be one that every system can hold.
    pub(crate) fn check_name(&self, name: &FileName) -> Result<(), TreeError> {
        if self.names_portable { Ok(name.check_portable()?) } else { Ok(()) }
    }

    /// Whether a drive may have so many nodes, its root among them.
    pub(super) fn check_items(&self, nodes: u64) -> Result<(), TreeError> {
        match self.max_items {
            Some(most) if nodes.saturating_sub(1) > most => Err(TreeError::DriveFull),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether an upload could be placed now: its folder is there; its name, where that is known, is free or that of the file that may be
    /// replaced, where it is refused otherwise; and the drive may have one item more, where it replaces none. Its last unit decides; it is
    /// looked up early so that no bytes are sent in vain. What asks for nothing of that is not looked up.
    pub(crate) async fn check_early(
        &self,
        access: &Access,
        placing: &Placing,
        name: Option<&FileName>,
    ) -> Result<(), TreeError> {
        placing.path.names().iter().chain(name).try_for_each(|name| self.check_name(name))?;
        let root = NodeId::root(access.drive());
        // A root is always there.
        let parent = placing.parent.filter(|parent| *parent != root);
        let may_replace = placing.on_conflict == OnConflict::Replace;
        let name_decides = match placing.on_conflict {
            OnConflict::Fail => name.is_some(),
            OnConflict::Replace => name.is_some() && placing.replaces_only().is_some(),
            OnConflict::Rename => false,
        };
        if parent.is_none() && !name_decides && self.max_items.is_none() {
            return Ok(());
        }
        let mut reads = self.db.read().await?;
        if let Some(parent) = parent {
            match reads.tree().item(access, parent).await?.map(|item| item.kind()) {
                Some(ItemKind::Folder) => {}
                Some(ItemKind::File) => return Err(TreeError::NotAFolder),
                None => return Err(TreeError::NoParent),
            }
        }
        let is_full = self.is_full(reads.as_mut(), access).await?;
        let Some(name) = name.filter(|_| name_decides || (may_replace && is_full)) else {
            // Without a name it is not known whether there is a file to replace.
            return if is_full && !may_replace { Err(TreeError::DriveFull) } else { Ok(()) };
        };
        let mut keys = placing.path.keys();
        keys.push(name.search_key());
        let found = reads.tree().resolve(access, parent.unwrap_or(root), &keys).await?;
        check_found(placing, found.as_ref(), is_full)
    }

    /// Whether the drive may have no item more: asked for where items are limited, and nowhere else.
    async fn is_full(&self, reads: &mut dyn ReadRepos, access: &Access) -> PortResult<bool> {
        if self.max_items.is_none() {
            return Ok(false);
        }
        let drive = reads.tree().drive(access, access.drive()).await?;
        Ok(drive.is_some_and(|drive| self.check_items(drive.nodes.saturating_add(1)).is_err()))
    }

    /// The same, whose events tell that this actor made the changes.
    pub(crate) fn by(&self, actor: &Actor) -> Self {
        Self { events: self.events.by(actor), ..self.clone() }
    }

    /// The same, whose events tell that this user made the changes.
    pub(crate) fn by_user(&self, user: UserId, client: Client) -> Self {
        Self { events: self.events.by_user(user, client), ..self.clone() }
    }

    /// A unit of work inside a drive, which it enters with this change of its counters.
    pub(super) async fn enter(
        &self,
        drive: DriveId,
        delta: &Delta,
    ) -> Result<(Box<dyn UnitOfWork>, Entered), TreeError> {
        let mut unit = self.db.begin().await?;
        match unit.drives().enter(drive, delta, self.quota).await {
            Ok(entered) => Ok((unit, entered)),
            Err(refusal) => Err(roll_back(unit, refusal.into()).await),
        }
    }

    /// Ends the unit: commits what was done, or undoes what was refused. Where the answer of the commit is lost, `item` is read back.
    pub(super) async fn end(
        &self,
        unit: Box<dyn UnitOfWork>,
        done: Result<Item, TreeError>,
    ) -> Result<Item, TreeError> {
        match done {
            Ok(item) => {
                confirm_commit(unit.commit().await, self.is_kept(&item)).await?;
                Ok(item)
            }
            Err(error) => Err(roll_back(unit, error).await),
        }
    }

    /// Whether the item is as it was left. Another edit in the same moment has another place or time.
    async fn is_kept(&self, item: &Item) -> PortResult<bool> {
        let own = Access::on_behalf_of(item.drive().owner(), Right::Read);
        let found = self.db.read().await?.tree().item(&own, item.id()).await?;
        Ok(found.is_some_and(|found| {
            (found.revision(), found.updated_at()) == (item.revision(), item.updated_at())
                && (found.parent(), found.name()) == (item.parent(), item.name())
        }))
    }
}

/// Whether an upload may be placed where this was found under its name, in a drive that may have no item more, or may.
fn check_found(placing: &Placing, found: Option<&Item>, is_full: bool) -> Result<(), TreeError> {
    let if_match = placing.replaces_only();
    match (placing.on_conflict, found) {
        (OnConflict::Replace, Some(Item::File(file))) if IfMatch::allows(if_match, file.revision) => Ok(()),
        (OnConflict::Replace, Some(Item::File(_))) => Err(TreeError::PreconditionFailed),
        (_, Some(_)) if placing.precondition == Some(Precondition::Free) => {
            Err(TreeError::PreconditionFailed)
        }
        (_, Some(item)) => Err(TreeError::NameTaken { existing: item.id(), kind: item.kind() }),
        (_, None) if if_match.is_some() => Err(TreeError::PreconditionFailed),
        (_, None) if is_full => Err(TreeError::DriveFull),
        (_, None) => Ok(()),
    }
}

/// The living folder that something is put into.
pub(super) async fn parent_in(
    unit: &mut dyn UnitOfWork,
    access: &Access,
    parent: NodeId,
) -> Result<Folder, TreeError> {
    match unit.nodes().find(access, parent).await? {
        Some(Item::Folder(folder)) => Ok(folder),
        Some(Item::File(_)) => Err(TreeError::NotAFolder),
        None => Err(TreeError::NoParent),
    }
}

/// The living file that is changed by a unit that has entered its drive: no other unit changes it before this one ends. What follows a top
/// into the trash is none.
pub(crate) async fn file_in(
    unit: &mut dyn UnitOfWork,
    access: &Access,
    file: FileId,
) -> PortResult<Option<File>> {
    match unit.nodes().find(access, file.into()).await? {
        Some(Item::File(file)) => Ok(Some(file)),
        Some(Item::Folder(_)) | None => Ok(None),
    }
}

/// Enters the drive of a user to change no counter of it; false where it is gone, with all that is in it.
pub(crate) async fn enter_drive(unit: &mut dyn UnitOfWork, drive: DriveId) -> PortResult<bool> {
    match unit.drives().enter(drive, &Delta::default(), None).await {
        Ok(_) => Ok(true),
        Err(EnterDrive::Store(error)) => Err(error),
        Err(EnterDrive::NoDrive | EnterDrive::QuotaExceeded { .. }) => Ok(false),
    }
}

#[cfg(test)]
mod tests;
