//! Bodies, and what became of them.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use fm_domain::blobs::{BlobKey, BlobReader, PutHint};
use fm_domain::body::{BodyError, ByteSize, ByteStream};
use fm_domain::files::MediaType;
use fm_domain::ids::BlobId;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use uuid::Uuid;

use crate::fixture::Fixture;

/// The file that a blob is to be in.
pub(crate) fn file_of(fixture: &Fixture, key: &BlobKey) -> PathBuf {
    let id = key.id.to_string();
    fixture.root().join(key.bucket.as_str()).join(&id[34..]).join(id)
}

#[expect(clippy::disallowed_methods, reason = "no id has to be foreseen here")]
pub(crate) fn key() -> BlobKey {
    BlobKey::file(BlobId::new(Uuid::now_v7()))
}

pub(crate) fn hint(length: Option<u64>) -> PutHint {
    PutHint { owner: None, length: length.map(ByteSize::new), content_type: MediaType::octet_stream() }
}

/// Bytes of which no two chunks are alike.
pub(crate) fn pattern(length: usize) -> Bytes {
    (0..length).map(|at| u8::try_from((at / 251 + at) % 251).unwrap()).collect()
}

/// A body that comes in chunks of this size, and ends as it is told.
pub(crate) fn body(bytes: Bytes, chunk: usize, end: Option<BodyError>) -> ByteStream {
    let chunks =
        (0..bytes.len()).step_by(chunk).map(move |at| Ok(bytes.slice(at..bytes.len().min(at + chunk))));
    stream::iter(chunks).chain(stream::iter(end.map(Err))).boxed()
}

pub(crate) async fn read(reader: BlobReader) -> Result<Vec<u8>, BodyError> {
    reader
        .bytes
        .try_fold(Vec::new(), |mut all, chunk| async move {
            all.extend(&chunk);
            Ok(all)
        })
        .await
}

/// Whether this user may read what no permission allows.
pub(crate) fn permissions_bind(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let probe = folder.join("unreadable");
    std::fs::write(&probe, "").unwrap();
    std::fs::set_permissions(&probe, std::fs::Permissions::from_mode(0o000)).unwrap();
    let bound = std::fs::read(&probe).is_err();
    std::fs::remove_file(probe).unwrap();
    bound
}
