//! Files: names, types, the model and its ports.

mod charset;
mod cursor;
mod list;
mod media_type;
mod model;
mod name;
mod placeholder;
mod port;
mod precondition;
mod sniff;

pub use charset::{Charset, CharsetCheck, InvalidCharset, InvalidCharsetCheck};
pub use cursor::{InvalidCursor, decode_cursor, encode_cursor};
pub use list::{FileFilter, FilePage, FileSort, PageKey, SortOrder, TypeFilter};
pub use media_type::{InvalidMediaType, MediaType};
pub use model::{File, Revision, Sha256, ThumbnailState, VersionNumber};
pub use name::{FileName, InvalidFileName, NotPortable, Numbering};
pub use placeholder::Placeholder;
pub use port::{FileQueries, FileRepo, UpdateFile};
pub use precondition::IfMatch;
pub use sniff::{HEAD_BYTES, sniff};

#[cfg(any(test, feature = "mock"))]
pub use port::{MockFileQueries, MockFileRepo};
