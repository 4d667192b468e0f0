//! Parts on their way to the store.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::ResumableError;
use super::finish::defect;
use fm_domain::blobs::{PartPlace, PartTag, PartUpload, PartWrite, WritePart};
use fm_domain::body::PartBytes;

/// A part that is written while the next one comes. Dropped, it may yet reach the store, as that of a process which
/// was killed may: the fence shuts it out.
pub(super) type Writing = BoxFuture<'static, Result<Option<PartTag>, ResumableError>>;

/// Writes a part.
pub(super) async fn writing(
    parts: Arc<dyn PartUpload>,
    write: PartWrite,
    place: PartPlace,
    bytes: PartBytes,
) -> Result<Option<PartTag>, ResumableError> {
    match parts.write(&write, place, bytes).await {
        Ok(tag) => Ok(tag),
        Err(WritePart::Gone) => Err(ResumableError::TAKEN_OVER),
        Err(WritePart::Store(error)) => Err(error.into()),
    }
}

/// Waits until it is written, if there is one.
pub(super) async fn written(writing: Option<Writing>) -> Result<(), ResumableError> {
    let Some(writing) = writing else { return Ok(()) };
    match writing.await? {
        None => Ok(()),
        Some(_tag) => Err(defect("a store that writes each byte at its place gave a tag").into()),
    }
}
