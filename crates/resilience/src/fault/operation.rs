//! The operations of the ports.

use std::fmt;

use super::operations::operations;
use super::{Fault, Moment};

operations! {
    "Database" {
        DatabaseBegin = "begin",
        DatabaseRead = "read",
        DatabasePing = "ping",
    }
    "UnitOfWork" {
        UnitCommit = "commit",
        UnitRollback = "rollback",
        UnitEnterWithBlob = "enter_with_blob",
    }
    "UserQueries" {
        UserQueriesFind = "find",
        UserQueriesFindByEmail = "find_by_email",
        UserQueriesTally = "tally",
        UserQueriesList = "list",
        UserQueriesCount = "count",
    }
    "FileQueries" {
        FileQueriesFind = "find",
        FileQueriesFindWithTrash = "find_with_trash",
        FileQueriesList = "list",
        FileQueriesWalk = "walk",
    }
    "BlobQueries" {
        BlobQueriesFind = "find",
        BlobQueriesCountSweepable = "count_sweepable",
    }
    "PreviewQueries" {
        PreviewQueriesFind = "find",
        PreviewQueriesWalk = "walk",
    }
    "UploadQueries" {
        UploadQueriesFind = "find",
    }
    "JobQueries" {
        JobQueriesDepths = "depths",
        JobQueriesList = "list",
        JobQueriesHasLiving = "has_living",
    }
    "AuditQueries" {
        AuditQueriesList = "list",
    }
    "UserRepo" {
        UserRepoInsert = "insert",
        UserRepoFindForUpdate = "find_for_update",
        UserRepoSetName = "set_name",
        UserRepoSetPassword = "set_password",
        UserRepoSetRole = "set_role",
        UserRepoSetSuspended = "set_suspended",
        UserRepoSetQuota = "set_quota",
        UserRepoLockAdmins = "lock_admins",
        UserRepoReserve = "reserve",
        UserRepoUnreserve = "unreserve",
        UserRepoCharge = "charge",
        UserRepoMarkRemoved = "mark_removed",
        UserRepoRemoveContents = "remove_contents",
        UserRepoRemove = "remove",
    }
    "FileRepo" {
        FileRepoFindForUpdate = "find_for_update",
        FileRepoUpdate = "update",
        FileRepoSetThumbnail = "set_thumbnail",
        FileRepoSetSha256 = "set_sha256",
        FileRepoRemove = "remove",
    }
    "TreeQueries" {
        TreeQueriesDrive = "drive",
        TreeQueriesItem = "item",
        TreeQueriesChildren = "children",
        TreeQueriesAncestors = "ancestors",
        TreeQueriesResolve = "resolve",
        TreeQueriesUsage = "usage",
        TreeQueriesTrash = "trash",
        TreeQueriesTrashed = "trashed",
        TreeQueriesTrashedChildren = "trashed_children",
        TreeQueriesVersions = "versions",
        TreeQueriesVersion = "version",
        TreeQueriesOperation = "operation",
        TreeQueriesWalkNodes = "walk_nodes",
        TreeQueriesWalkVersions = "walk_versions",
    }
    "DriveRepo" {
        DriveRepoEnter = "enter",
        DriveRepoCharge = "charge",
    }
    "NodeRepo" {
        NodeRepoFind = "find",
        NodeRepoFindTrashed = "find_trashed",
        NodeRepoEntry = "entry",
        NodeRepoTaken = "taken",
        NodeRepoLineage = "lineage",
        NodeRepoHeight = "height",
        NodeRepoCountEntries = "count_entries",
        NodeRepoEntries = "entries",
        NodeRepoInsert = "insert",
        NodeRepoInsertBehind = "insert_behind",
        NodeRepoInsertMany = "insert_many",
        NodeRepoUpdate = "update",
        NodeRepoTrash = "trash",
        NodeRepoMarkBelow = "mark_below",
        NodeRepoRestore = "restore",
        NodeRepoUnmarkBelow = "unmark_below",
        NodeRepoRemove = "remove",
    }
    "VersionRepo" {
        VersionRepoInsert = "insert",
        VersionRepoFind = "find",
        VersionRepoAll = "all",
        VersionRepoSet = "set",
        VersionRepoRemove = "remove",
    }
    "OperationRepo" {
        OperationRepoInsert = "insert",
        OperationRepoFindForUpdate = "find_for_update",
        OperationRepoUpdate = "update",
        OperationRepoMakeRoom = "make_room",
        OperationRepoPurgeEnded = "purge_ended",
    }
    "BlobRepo" {
        BlobRepoRecordIntent = "record_intent",
        BlobRepoRenew = "renew",
        BlobRepoMarkStored = "mark_stored",
        BlobRepoMarkDeleted = "mark_deleted",
        BlobRepoCancelIntent = "cancel_intent",
        BlobRepoCancelExpired = "cancel_expired",
        BlobRepoDue = "due",
        BlobRepoFindTombstones = "find_tombstones",
        BlobRepoPostpone = "postpone",
        BlobRepoAddReferences = "add_references",
        BlobRepoDropReferences = "drop_references",
        BlobRepoRemove = "remove",
    }
    "PreviewRepo" {
        PreviewRepoRecord = "record",
        PreviewRepoRemove = "remove",
    }
    "KeyRepo" {
        KeyRepoClaim = "claim",
        KeyRepoRenew = "renew",
        KeyRepoFinish = "finish",
        KeyRepoFree = "free",
        KeyRepoFreeFile = "free_file",
        KeyRepoPurgeExpired = "purge_expired",
    }
    "UploadRepo" {
        UploadRepoInsert = "insert",
        UploadRepoFindForUpdate = "find_for_update",
        UploadRepoFindByKey = "find_by_key",
        UploadRepoCountOpen = "count_open",
        UploadRepoUpdate = "update",
        UploadRepoAddPart = "add_part",
        UploadRepoParts = "parts",
        UploadRepoRemove = "remove",
        UploadRepoRemoveOfFile = "remove_of_file",
        UploadRepoExpired = "expired",
        UploadRepoPurgeEnded = "purge_ended",
    }
    "JobQueue" {
        JobQueueEnqueue = "enqueue",
        JobQueueClaim = "claim",
        JobQueueRenew = "renew",
        JobQueueComplete = "complete",
        JobQueueFail = "fail",
        JobQueuePutBack = "put_back",
        JobQueueNextDue = "next_due",
        JobQueueCountLiving = "count_living",
        JobQueueTakeDead = "take_dead",
    }
    "AuditRepo" {
        AuditRepoAppend = "append",
        AuditRepoPurgeBefore = "purge_before",
    }
    "JobSignal" {
        JobSignalWait = "wait",
    }
    "SessionStore" {
        SessionStoreCreate = "create",
        SessionStoreFind = "find",
        SessionStoreFindRecent = "find_recent",
        SessionStoreTouch = "touch",
        SessionStoreRotate = "rotate",
        SessionStoreRevoke = "revoke",
        SessionStoreRevokeAll = "revoke_all",
        SessionStoreList = "list",
        SessionStorePurgeExpired = "purge_expired",
        SessionStorePing = "ping",
    }
    "BlobStore" {
        BlobStorePut = "put",
        BlobStoreGet = "get",
        BlobStoreHead = "head",
        BlobStoreDelete = "delete",
        BlobStorePing = "ping",
    }
    "ListBlobs" {
        ListBlobsList = "list",
    }
    "SignDownload" {
        SignDownloadSign = "sign",
    }
    "ResumableStore" {
        ResumableStoreBegin = "begin",
        ResumableStoreAppend = "append",
        ResumableStoreSync = "sync",
        ResumableStorePrune = "prune",
        ResumableStoreComplete = "complete",
        ResumableStorePutBytes = "put_bytes",
    }
    "DirectStore" {
        DirectStoreBegin = "begin",
        DirectStoreComplete = "complete",
    }
    "PartReceiver" {
        PartReceiverWrite = "write",
        PartReceiverSync = "sync",
    }
    "SignParts" {
        SignPartsSign = "sign",
    }
    "Thumbnailer" {
        ThumbnailerRender = "render",
    }
    "PasswordHasher" {
        PasswordHasherHash = "hash",
        PasswordHasherVerify = "verify",
    }
    "TokenSigner" {
        TokenSignerSign = "sign",
    }
}

impl Operation {
    /// Whether the fault makes sense for it: one that does not is refused by
    /// [`Faults::plan`](super::Faults::plan), or, where the plan names no operation, not injected.
    #[must_use]
    pub fn suffers(self, fault: Fault) -> bool {
        match fault {
            Fault::FailBefore | Fault::LoseAnswer => true,
            Fault::Contend => self.is_of_a_unit(),
            Fault::Truncate { .. } => self.has_a_stream(),
            // A unit ends once, and a signal that is given twice is given.
            Fault::Duplicate => !matches!(self, Self::UnitCommit | Self::UnitRollback | Self::JobSignalWait),
            Fault::Delay(_) => self.is_awaited(),
            Fault::Hang(moment) | Fault::Crash(moment) | Fault::Suspend(moment) => {
                self.is_awaited() && (moment != Moment::Midway || self.has_a_stream())
            }
        }
    }

    /// Whether its answer is awaited: everything else can neither hang nor be interrupted.
    const fn is_awaited(self) -> bool {
        !matches!(self, Self::TokenSignerSign)
    }

    const fn has_a_stream(self) -> bool {
        matches!(self, Self::BlobStorePut | Self::BlobStoreGet | Self::ListBlobsList)
    }

    /// Whether it belongs to a unit of work: its beginning, its end, or a statement in it.
    #[must_use]
    pub fn is_of_a_unit(self) -> bool {
        let repos = [
            "UnitOfWork",
            "UserRepo",
            "FileRepo",
            "DriveRepo",
            "NodeRepo",
            "VersionRepo",
            "OperationRepo",
            "BlobRepo",
            "PreviewRepo",
            "KeyRepo",
            "UploadRepo",
            "JobQueue",
            "AuditRepo",
        ];
        self == Self::DatabaseBegin || repos.contains(&self.port())
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
