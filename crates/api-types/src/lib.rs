//! The JSON request and response bodies of the HTTP API, as plain types: the server writes them, clients and tests read
//! them, and the OpenAPI document is made of them.
//!
//! Values are what they are on the wire: text, numbers, UUIDs and moments (RFC 3339). Rules of the values (how long a name
//! may be) belong to the server, which reads requests by its own readers so that it can report every fault at once.
//!
//! Responses ignore unknown fields, so that an older client reads the answers of a newer server. Passwords, tokens and
//! signed URLs are a [`Secret`], which no `Debug` output shows.

#![expect(
    missing_docs,
    reason = "doc comments are the descriptions in the OpenAPI document: a field that its name explains has none"
)]

mod accounts;
mod activity;
mod administration;
mod batches;
mod direct_uploads;
mod files;
mod items;
mod operations;
mod problem;
mod secret;
mod sessions;
mod time;
mod trash;
mod versions;

pub use accounts::{Account, AccountName, AccountRemoval, PasswordChange, Registration, Storage, User};
pub use activity::{Activity, ActivityList};
pub use administration::{
    AdminUser, AdminUserList, AuditEntry, AuditList, Job, JobCounts, JobList, JobRetry, Stats, TotalStorage,
    UserChanges, UserCounts,
};
pub use batches::{
    Batch, BatchItem, BatchOperation, BatchResult, BatchResults, FailedItem, Operation, OperationItem,
    OperationResult,
};
pub use direct_uploads::{DirectPart, DirectUpload, DirectUploadCompletion, DirectUploadCreation, SentPart};
pub use files::{Download, File, FileKind, FileList, PreviewLink, Previews, SignUrl, SignedUrl, Thumbnail};
pub use items::{
    Ancestor, CreatedFolders, Folder, FolderCreation, FolderKind, FolderUsage, Item, ItemChanges, ItemCopy,
    ItemList, MadePath, MadePaths,
};
pub use operations::{Capabilities, Checks, Limits, Liveness, PreviewSizes, Readiness, TreeLimits};
pub use problem::{ExistingItem, FieldError, Problem, Reclaimable};
pub use secret::Secret;
pub use sessions::{Login, Refresh, Session, SessionList, TokenPair};
pub use trash::{ItemKind, Restoration, TrashList, TrashedItem};
pub use versions::{Version, VersionAuthor, VersionChanges, VersionList};
