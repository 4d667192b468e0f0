//! What rows add up to.

use std::collections::{HashMap, HashSet};

use fm_domain::archive::{DriveCounters, DriveTally, TreeFault, WrongPlace};
use fm_domain::body::ByteSize;
use fm_domain::ids::{BlobId, DriveId, NodeId, UserId};
use fm_domain::tree::{ItemKind, MAX_DEPTH, OperationStatus};

use super::super::nodes::{Node, Nodes};
use super::super::tables::Tables;
use super::super::users::plus;

impl Tables {
    /// How many files and versions refer to each blob, of the owners that count.
    pub(super) fn references(&self, counts: impl Fn(UserId) -> bool) -> HashMap<BlobId, u64> {
        let mut references = HashMap::new();
        let mut refer = |blob: BlobId| *references.entry(blob).or_insert(0) += 1;
        for file in self.nodes.rows(None).filter_map(|node| node.file()) {
            if !counts(file.owner) {
                continue;
            }
            refer(file.blob);
            if let Some(thumbnail) = file.thumbnail.blob() {
                refer(thumbnail);
            }
            for version in self.nodes.versions_of(file.id) {
                refer(version.blob);
            }
        }
        references
    }

    /// The same of everyone's rows, and of previews.
    pub(super) fn all_references(&self) -> HashMap<BlobId, u64> {
        let mut references = self.references(|_anyone| true);
        for blob in self.blobs.previews.blobs() {
            *references.entry(blob).or_insert(0) += 1;
        }
        references
    }

    /// The counters of a drive beside what its rows add up to.
    pub(super) fn tally_of(&self, drive: DriveId) -> Option<DriveTally> {
        let (account, row) = self.users.drive(drive.owner())?;
        let storage = account.storage;
        let recorded = DriveCounters {
            used: storage.used,
            trash: storage.trash,
            versions: storage.versions,
            files: storage.file_count,
            nodes: row.nodes,
        };
        Some(DriveTally { drive, recorded, counted: self.nodes.counted(drive) })
    }

    /// Items that are not where they may be.
    pub(super) fn faults(&self, limit: usize) -> Vec<TreeFault> {
        let mut names = HashSet::new();
        let mut faults = Vec::new();
        for node in self.nodes.rows(None) {
            let drive = node.item.drive();
            let mut found = |wrong| faults.push(TreeFault { drive, node: node.item.id(), wrong });
            if !self.nodes.is_reachable(node) {
                found(WrongPlace::Unreachable);
            }
            let Some(parent) = node.parent else { continue };
            if !names.insert((parent, node.key())) {
                found(WrongPlace::NameTaken);
            }
            let folder = self.nodes.get(parent);
            if folder.is_some_and(|folder| folder.top != node.top) && !self.is_changing(drive.owner()) {
                found(WrongPlace::Mismarked);
            }
        }
        faults.truncate(limit);
        faults
    }

    /// Whether an operation of the user is running.
    fn is_changing(&self, owner: UserId) -> bool {
        let mut operations = self.operations.owned_after(owner, None);
        operations.any(|operation| operation.status == OperationStatus::Running)
    }
}

impl Nodes {
    /// What the rows of a drive add up to.
    fn counted(&self, drive: DriveId) -> DriveCounters {
        let mut counters = DriveCounters::default();
        for node in self.rows_of(drive).filter_map(|id| self.get(id)) {
            let measure = self.measure(node);
            let all: ByteSize = plus(measure.bytes, measure.version_bytes);
            counters.nodes += 1;
            counters.used = plus(counters.used, all);
            if node.is_living() {
                counters.files += measure.files;
                counters.versions = plus(counters.versions, measure.version_bytes);
            } else {
                counters.trash = plus(counters.trash, all);
            }
        }
        counters
    }

    /// Whether the way up from an item ends at the root of its drive or at a top of the trash.
    fn is_reachable(&self, node: &Node) -> bool {
        let drive = node.item.drive();
        let mut here = node;
        for _ in 0..=MAX_DEPTH + 1 {
            let id = here.item.id();
            let Some(parent) = here.parent else {
                return id == NodeId::root(drive) || here.top == Some(id);
            };
            let folder = self.get(parent).filter(|folder| folder.item.kind() == ItemKind::Folder);
            let Some(folder) = folder.filter(|folder| folder.item.drive() == drive) else { return false };
            here = folder;
        }
        false
    }
}
