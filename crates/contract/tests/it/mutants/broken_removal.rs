//! Databases that remove users with one fault.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use fm_domain::accounts::{Email, Kept, ReserveBytes, Tally};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::files::File;
use fm_domain::ids::{DriveId, NodeId, UserId};
use fm_domain::tree::Delta;

use crate::mutants::broken_database::{BrokenReads, BrokenUnit, Fault, broken};
use crate::mutants::mutants;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RemovalFault {
    MarksNoUser,
    MarksAgain,
    TalliesTheRemoved,
    KeepsTheAddress,
    ChargesTheRemoved,
    RemovesWithoutALimit,
    LeavesBlobsForLater,
    CountsOneLess,
    LeavesKeysOfTheRemoved,
    LeavesFilesOfTheRemoved,
    RemovesWhatTheLivingHave,
    TakesWhatOthersCopied,
    KeepsBlobsOfVersions,
    RemovesTheLiving,
    WalksWhatTheRemovedHad,
    SetsThumbnailsOfTheRemoved,
    UpdatesUploadsOfTheRemoved,
    ExpiresUploadsOfTheRemoved,
    KeepsKeysOfTheRemoved,
}

/// The users who were marked, and their addresses.
pub(crate) type Marked = Mutex<BTreeMap<UserId, Email>>;

impl BrokenUnit {
    pub(crate) fn removes(&self, fault: RemovalFault) -> bool {
        self.is(Fault::Removal(fault))
    }

    /// Whether the user was marked.
    pub(crate) fn is_marked(&self, user: UserId) -> bool {
        self.common.marked.lock().unwrap().contains_key(&user)
    }

    pub(crate) async fn mark_user(&mut self, id: UserId, at: Timestamp) -> PortResult<bool> {
        let account = self.honest().users().find_for_update(id).await?;
        if let Some(account) = &account {
            let email = account.user.email.clone();
            self.common.emails.lock().unwrap().retain(|other| *other != email);
            self.common.marked.lock().unwrap().insert(id, email);
        }
        if self.removes(RemovalFault::MarksNoUser) {
            return Ok(account.is_some());
        }
        let again = self.removes(RemovalFault::MarksAgain) && self.is_marked(id);
        Ok(self.honest().users().mark_removed(id, at).await? || again)
    }

    pub(crate) async fn take_contents(&mut self, id: UserId, at: Timestamp, limit: u32) -> PortResult<u32> {
        let limit = if self.removes(RemovalFault::RemovesWithoutALimit) { u32::MAX } else { limit };
        if self.removes(RemovalFault::RemovesWhatTheLivingHave) && !self.is_marked(id) {
            return self.mark_blobs_of(id, at).await;
        }
        let later = at.plus(Duration::from_hours(1));
        let at = if self.removes(RemovalFault::LeavesBlobsForLater) { later } else { at };
        self.forget_previews().await?;
        let removed = self.honest().users().remove_contents(id, at, limit).await?;
        // In the last unit, and of a user who goes.
        if self.removes(RemovalFault::TakesWhatOthersCopied) && removed < limit && self.is_marked(id) {
            self.mark_blobs_of(id, at).await?;
        }
        Ok(removed.saturating_sub(u32::from(self.removes(RemovalFault::CountsOneLess))))
    }

    /// Turns every blob that was the user's at first into a tombstone, whatever refers to it; answers how many.
    async fn mark_blobs_of(&mut self, id: UserId, at: Timestamp) -> PortResult<u32> {
        let owners = self.common.owners.lock().unwrap().clone();
        let mut marked = 0;
        for (blob, _) in owners.into_iter().filter(|(_, owner)| *owner == id) {
            marked += u32::from(self.honest().blobs().mark_deleted(blob, at).await?);
        }
        Ok(marked)
    }

    /// Whether this is an address that a store holds for a user who was marked.
    pub(crate) fn has_address_of_the_removed(&self, email: &Email) -> bool {
        let marked = self.common.marked.lock().unwrap();
        self.removes(RemovalFault::KeepsTheAddress) && marked.values().any(|other| other == email)
    }

    /// What a store left of the user who had this id before.
    pub(crate) async fn bring_back(&mut self, id: UserId) -> PortResult<()> {
        if self.removes(RemovalFault::LeavesFilesOfTheRemoved) {
            let mut files: Vec<File> = self.common.files.lock().unwrap().values().cloned().collect();
            let drive = DriveId::of_user(id);
            // Those in the root: other folders are gone.
            files.retain(|file| file.parent == NodeId::root(drive));
            if !files.is_empty() {
                self.honest().drives().enter(drive, &Delta::default(), None).await.unwrap();
            }
            for file in files {
                self.honest().nodes().insert(&file.into()).await.unwrap();
            }
        }
        if self.removes(RemovalFault::LeavesKeysOfTheRemoved) {
            let uploads = self.common.uploads.lock().unwrap().clone();
            for (claim, upload, expires_at) in uploads.into_iter().filter(|(claim, _, _)| claim.user == id) {
                self.honest().keys().claim(&claim, Timestamp::from_unix_seconds(0)).await?;
                self.honest().keys().finish(claim.attempt, &upload, expires_at).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn remove_user(&mut self, id: UserId) -> PortResult<bool> {
        if self.removes(RemovalFault::RemovesTheLiving) {
            self.honest().users().mark_removed(id, Timestamp::from_unix_seconds(0)).await?;
        }
        let removed = self.honest().users().remove(id).await?;
        if removed {
            self.common.marked.lock().unwrap().remove(&id);
        }
        Ok(removed)
    }

    /// What a store answers that charges every row.
    pub(crate) fn charged_anyway(
        &self,
        id: UserId,
        charged: Result<(), ReserveBytes>,
    ) -> Result<(), ReserveBytes> {
        if self.removes(RemovalFault::ChargesTheRemoved) && self.is_marked(id) { Ok(()) } else { charged }
    }
}

impl BrokenReads {
    pub(crate) fn removes(&self, fault: RemovalFault) -> bool {
        self.fault == Fault::Removal(fault)
    }

    /// What a tally has of users who are marked.
    pub(crate) fn tallied_anyway(&self) -> Vec<Tally> {
        let marked = self.common.marked.lock().unwrap();
        let tallies = marked.keys().map(|user| Tally {
            user: *user,
            recorded: Kept::default(),
            counted: Kept::default(),
        });
        tallies.filter(|_| self.removes(RemovalFault::TalliesTheRemoved)).collect()
    }

    /// What a walk has of users who are marked.
    pub(crate) fn walked_anyway(&self) -> Vec<File> {
        let (marked, files) = (self.common.marked.lock().unwrap(), self.common.files.lock().unwrap());
        let theirs = files.values().filter(|file| marked.contains_key(&file.owner));
        theirs.filter(|_| self.removes(RemovalFault::WalksWhatTheRemovedHad)).cloned().collect()
    }
}

mutants! {
    a_repo_that_marks_no_user: broken(Fault::Removal(RemovalFault::MarksNoUser)) => database,
        ["USER-09", "UPLOAD-15", "AUDIT-07", "TREE-19", "USER-23", "USER-24", "USER-25", "USER-26", "USER-27", "FILE-27", "UPLOAD-23", "KEY-18", "USER-28", "USER-31", "USER-33", "USER-34", "TREE-13", "TREE-28", "BLOB-32", "PREVIEW-07"];
    a_repo_that_marks_a_user_again: broken(Fault::Removal(RemovalFault::MarksAgain)) => database, ["USER-23"];
    a_tally_of_removed_users: broken(Fault::Removal(RemovalFault::TalliesTheRemoved)) => database, ["USER-23"];
    a_repo_that_keeps_addresses: broken(Fault::Removal(RemovalFault::KeepsTheAddress)) => database, ["USER-24"];
    a_repo_that_charges_removed_users: broken(Fault::Removal(RemovalFault::ChargesTheRemoved)) => database, ["USER-25"];
    a_repo_that_removes_without_a_limit: broken(Fault::Removal(RemovalFault::RemovesWithoutALimit)) => database, ["USER-26"];
    a_repo_that_leaves_blobs_for_later: broken(Fault::Removal(RemovalFault::LeavesBlobsForLater)) => database,
        ["USER-26", "BLOB-32", "PREVIEW-07"];
    a_repo_that_takes_what_others_copied: broken(Fault::Removal(RemovalFault::TakesWhatOthersCopied)) => database, ["BLOB-32"];
    a_repo_that_keeps_blobs_of_versions: broken(Fault::Removal(RemovalFault::KeepsBlobsOfVersions)) => database,
        ["USER-26", "TREE-12", "TREE-27", "BLOB-32"];
    a_repo_that_counts_one_less: broken(Fault::Removal(RemovalFault::CountsOneLess)) => database, ["USER-26"];
    a_repo_that_leaves_files: broken(Fault::Removal(RemovalFault::LeavesFilesOfTheRemoved)) => database, ["USER-26", "USER-27"];
    a_repo_that_leaves_keys: broken(Fault::Removal(RemovalFault::LeavesKeysOfTheRemoved)) => database, ["USER-09", "USER-26"];
    a_repo_that_removes_what_the_living_have: broken(Fault::Removal(RemovalFault::RemovesWhatTheLivingHave)) => database,
        ["USER-27"];
    a_repo_that_removes_the_living: broken(Fault::Removal(RemovalFault::RemovesTheLiving)) => database, ["USER-27"];
    a_walk_of_removed_users: broken(Fault::Removal(RemovalFault::WalksWhatTheRemovedHad)) => database, ["FILE-27"];
    a_repo_that_sets_thumbnails_of_removed_users:
        broken(Fault::Removal(RemovalFault::SetsThumbnailsOfTheRemoved)) => database, ["FILE-27"];
    a_repo_that_updates_uploads_of_removed_users:
        broken(Fault::Removal(RemovalFault::UpdatesUploadsOfTheRemoved)) => database, ["UPLOAD-23"];
    a_sweep_of_removed_users: broken(Fault::Removal(RemovalFault::ExpiresUploadsOfTheRemoved)) => database, ["UPLOAD-23"];
    a_repo_that_keeps_keys_of_removed_users: broken(Fault::Removal(RemovalFault::KeepsKeysOfTheRemoved)) => database,
        ["KEY-18"];
}
