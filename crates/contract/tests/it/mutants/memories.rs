//! What broken databases remember beside their tables.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};

use fm_domain::accounts::{Account, Email};
use fm_domain::clock::Timestamp;
use fm_domain::files::File;
use fm_domain::idempotency::{FinishedUpload, KeyClaim};
use fm_domain::ids::{BlobId, DriveId, FileId, JobId, NodeId, UserId};
use fm_domain::jobs::Priority;
use fm_domain::tree::{Ancestor, Seq, TrashedItem};
use fm_memory::MemoryDatabase;
use uuid::Uuid;

use crate::mutants::broken_audit::TrailMemory;
use crate::mutants::broken_previews::Committed;
use crate::mutants::broken_removal::Marked;
use crate::mutants::broken_standing::FirstAdmins;

/// What all nodes of a database share beside its tables.
#[derive(Default)]
pub(crate) struct Common {
    pub(crate) is_gone: AtomicBool,
    /// Blobs and jobs that were ever inserted.
    pub(crate) ids: Mutex<HashSet<Uuid>>,
    /// The files of finished attempts.
    pub(crate) finished: Mutex<HashMap<BlobId, FileId>>,
    /// Files as they were inserted.
    pub(crate) files: Mutex<HashMap<FileId, File>>,
    /// The owners of blobs.
    pub(crate) owners: Mutex<HashMap<BlobId, UserId>>,
    /// Until when tombstones were postponed.
    pub(crate) postponed: Mutex<HashMap<BlobId, Timestamp>>,
    /// The last claim of each key that was held.
    pub(crate) claims: Mutex<Vec<KeyClaim>>,
    /// Keys that were finished, with their uploads and until when they are kept.
    pub(crate) uploads: Mutex<Vec<(KeyClaim, FinishedUpload, Timestamp)>>,
    pub(crate) emails: Mutex<Vec<Email>>,
    pub(crate) marked: Marked,
    pub(crate) first_admins: FirstAdmins,
    pub(crate) trail: TrailMemory,
    pub(crate) previews: Committed,
    /// Connections that dropped units did not give back.
    pub(crate) lost: AtomicUsize,
    pub(crate) priorities: Mutex<HashMap<JobId, Priority>>,
    /// How often drives were charged.
    pub(crate) charges: AtomicU64,
    /// The numbers of items as they were first seen.
    pub(crate) stamps: Mutex<HashMap<NodeId, Seq>>,
    /// What was above folders when it was first asked for.
    pub(crate) lineages: Mutex<HashMap<NodeId, Vec<Ancestor>>>,
    /// The trash of each drive as it was last listed.
    pub(crate) tops: Mutex<HashMap<DriveId, Vec<TrashedItem>>>,
    /// What wakes the workers of a store that signals by other means.
    pub(crate) early: MemoryDatabase,
}

/// What one node remembers.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) accounts: Mutex<HashMap<UserId, Account>>,
    pub(crate) files: Mutex<HashMap<FileId, File>>,
}
