//! A whole database, read at one moment to be written into another one, and sealed so that nothing is lost between both; and what its
//! rows should add up to.

mod model;
mod port;
mod trash_columns;

pub use model::{
    ArchivedBlob, ArchivedKey, ArchivedNode, ArchivedTrash, BlobTally, DriveCounters, DriveTally, LooseBlob,
    LooseState, RowCounts, TreeFault, WrongPlace,
};
pub use port::{Archive, ArchiveUnit, RowRepo, SealOutcome, Sealed, Snapshot, VersionPlace};
pub use trash_columns::{IncompleteTop, TrashColumns};

#[cfg(any(test, feature = "mock"))]
pub use port::{MockArchive, MockRowRepo, MockSnapshot};
