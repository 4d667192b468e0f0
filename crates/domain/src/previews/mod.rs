//! Previews: pictures of pictures in a few sizes, made when they are first asked for.
//!
//! A preview belongs to the bytes that it shows and not to a file: copies and old versions with one blob share it. Where that blob becomes a
//! tombstone its previews go with it, in the same unit of work ([`BlobRepo::drop_references`](crate::blobs::BlobRepo::drop_references)).

mod columns;
mod model;
mod port;

pub use columns::{PreviewColumns, UnreadablePreview};
pub use model::{PictureFormat, Preview, PreviewPicture, PreviewSize, PreviewState, UnknownName};
pub use port::{PreviewQueries, PreviewRepo};

#[cfg(any(test, feature = "mock"))]
pub use port::{MockPreviewQueries, MockPreviewRepo};
