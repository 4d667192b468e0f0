//! How large trees and requests on them may be. Clients are told by `GET /v1/capabilities`.

/// The deepest level of a folder; a root is at level 0. Files may lie in a folder at this level.
pub const MAX_DEPTH: u32 = 64;

/// The most living entries of one folder.
pub const MAX_FOLDER_ENTRIES: u64 = 100_000;

/// The most bytes of a path that is written out (16 KiB).
pub const MAX_PATH_BYTES: usize = 16 * 1024;

/// The most operations of a batch, and the most paths of one request.
pub const MAX_BATCH: usize = 1_000;

/// The most operations of a batch that is done as a whole or not at all.
pub const MAX_ATOMIC: usize = 100;

/// The operations of a batch that one unit of work does: a writer of a database that has only one is not held for longer.
pub const BATCH_UNIT: usize = 50;

/// The most rows that one unit of work changes for an item: what is larger goes on as an operation.
pub const UNIT_ENTRIES: u32 = 1_000;

/// The most operations of a user that have ended and can be asked for: the oldest make room for others.
pub const MAX_ENDED_OPERATIONS: u32 = 1_000;

/// The most operations of a user that are under way at one time.
pub const MAX_RUNNING_OPERATIONS: u32 = 100;

/// The most pinned versions of one file.
pub const MAX_PINNED: usize = 100;
