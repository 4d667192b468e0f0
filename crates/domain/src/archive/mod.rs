//! A whole database, read at one moment to be written into another one, and sealed so that nothing is lost between both.

mod model;
mod port;

pub use model::{ArchivedFile, ArchivedKey, LooseBlob, LooseState, RowCounts};
pub use port::{Archive, FilePlace, SealOutcome, Sealed, Snapshot};

#[cfg(any(test, feature = "mock"))]
pub use port::{MockArchive, MockSnapshot};
