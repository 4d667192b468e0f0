//! The blob store: scratch blobs are put, read, listed, linked to and deleted.

use bytes::Bytes;
use fm_domain::blobs::{BlobKey, BlobStore, Bucket, ByteRange, GetBlob, ListBlobs, PutHint};
use fm_domain::body::{ByteSize, ByteStream};
use fm_domain::error::{Cause, PortError, chain};
use fm_domain::files::MediaType;
use fm_domain::ids::{BlobId, IdSource};
use fm_domain::uploads::{Chunk, Epoch, Position, ResumableStore};
use futures_util::{StreamExt as _, stream};

use super::links::Links;
use super::recorder::Recorder;
use super::report::Step;
use crate::adapters::{Diagnosis, OpenBlobStore, OpenContext};
use crate::config::Config;

/// Bytes of a scratch blob.
pub(super) const SIZE: usize = 64 * 1024;

/// Blobs that a list is read of at most: it may have millions.
const MOST_LISTED: usize = 1_000;

const PORT_STEPS: [&str; 7] = ["open", "write", "read", "range", "list", "resumable upload", "delete"];

pub(super) const LOOK: &str =
    "look at the permissions of the store (list, read, write, delete) and at its log";

/// The keys of what is written, all of which is deleted at last.
pub(super) struct Scratch {
    pub(super) file: BlobKey,
    thumbnail: BlobKey,
    resumable: BlobKey,
    pub(super) direct: BlobKey,
    pub(super) bytes: Bytes,
}

impl Scratch {
    pub(super) fn new(ids: &dyn IdSource) -> Self {
        let id = || BlobId::new(ids.uuid());
        // Repeats with no power of two: a range that is off by a block is seen.
        let bytes: Vec<u8> = (0..251).cycle().take(SIZE).collect();
        Self {
            file: BlobKey::file(id()),
            thumbnail: BlobKey::thumbnail(id()),
            resumable: BlobKey::file(id()),
            direct: BlobKey::file(id()),
            bytes: bytes.into(),
        }
    }

    const fn keys(&self) -> [BlobKey; 4] {
        [self.file, self.thumbnail, self.resumable, self.direct]
    }
}

pub(super) async fn check(config: &Config, mut context: OpenContext, ids: &dyn IdSource) -> Vec<Step> {
    let factory = &config.storage.blobs;
    let mut recorder =
        Recorder::new("blob store", "see whether the blob store runs and can be reached from here");
    if let Err(cause) = recorder.check_adapter(factory.checkup(&context)).await {
        recorder.skip(&PORT_STEPS, cause);
        return recorder.into_steps();
    }
    let opened = async {
        let opened = factory.open(&mut context).await;
        let opened = opened.map_err(|error| Diagnosis::failure(chain(&error), LOOK))?;
        Ok((opened, Diagnosis::fine("it can be opened")))
    };
    if let Some(opened) = recorder.obtain("open", opened).await {
        let now = context.clock.now();
        let links = Links { config, now, ids };
        check_open(&mut recorder, &opened, config.uploads.resumable, &links, &Scratch::new(ids)).await;
        drop(opened);
    } else {
        recorder.skip(&PORT_STEPS[1..], "open");
    }
    recorder.shut_down(context.shutdown).await
}

async fn check_open(
    recorder: &mut Recorder,
    opened: &OpenBlobStore,
    is_resumable: bool,
    links: &Links<'_>,
    scratch: &Scratch,
) {
    let store = &*opened.store;
    if recorder.check("write", write(store, scratch)).await {
        recorder.check("read", read(store, scratch)).await;
        recorder.check("range", range(store, scratch)).await;
        if let Some(lister) = &opened.lister {
            recorder.check("list", list(&**lister, scratch)).await;
        }
        links.check_download(recorder, opened, scratch).await;
        if let Some(resumable) = opened.resumable.as_ref().filter(|_store| is_resumable) {
            recorder.check("resumable upload", resume(&**resumable, store, scratch)).await;
        }
        links.check_upload(recorder, opened, scratch).await;
    } else {
        recorder.skip(&PORT_STEPS[2..6], "write");
    }
    // Whatever failed, also midway.
    recorder.check("delete", delete(store, scratch)).await;
}

fn hint(bytes: &Bytes) -> PutHint {
    let length = Some(ByteSize::new(bytes.len() as u64));
    PutHint { owner: None, length, content_type: MediaType::octet_stream() }
}

fn body(bytes: &Bytes) -> ByteStream {
    stream::once(std::future::ready(Ok(bytes.clone()))).boxed()
}

fn judged(outcome: Result<Option<String>, Cause>, fine: &str) -> Diagnosis {
    match outcome {
        Ok(None) => Diagnosis::fine(fine),
        Ok(Some(odd)) => Diagnosis::failure(odd, LOOK),
        Err(error) => Diagnosis::failure(chain(error.as_ref()), LOOK),
    }
}

/// Into both buckets.
async fn write(store: &dyn BlobStore, scratch: &Scratch) -> Diagnosis {
    let tried = async {
        for key in [scratch.file, scratch.thumbnail] {
            store.put(&key, body(&scratch.bytes), &hint(&scratch.bytes)).await?;
            let size = store.head(&key).await?.map(|head| head.size.bytes());
            if size != Some(SIZE as u64) {
                return Ok(Some(format!("of {SIZE} bytes that were written the store tells {size:?}")));
            }
        }
        Ok(None)
    };
    judged(tried.await, "a blob was written into each bucket and has its size")
}

async fn bytes_of(store: &dyn BlobStore, key: &BlobKey, range: Option<ByteRange>) -> Result<Vec<u8>, Cause> {
    let mut reader = store.get(key, range).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = reader.bytes.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes)
}

async fn read(store: &dyn BlobStore, scratch: &Scratch) -> Diagnosis {
    let tried = async {
        let bytes = bytes_of(store, &scratch.file, None).await?;
        let odd = "other bytes were read than were written";
        Ok((bytes != scratch.bytes).then(|| odd.to_owned()))
    };
    judged(tried.await, "the same bytes were read")
}

async fn range(store: &dyn BlobStore, scratch: &Scratch) -> Diagnosis {
    let tried = async {
        for (range, expected) in [
            (ByteRange::Between { first: 1_000, last: 1_999 }, 1_000..2_000),
            (ByteRange::Last { length: 10 }, SIZE - 10..SIZE),
        ] {
            if bytes_of(store, &scratch.file, Some(range)).await? != scratch.bytes[expected] {
                return Ok(Some("a range of a blob has other bytes than were asked for".to_owned()));
            }
        }
        match store.get(&scratch.file, Some(ByteRange::From { first: SIZE as u64 })).await {
            Err(GetBlob::Range(_)) => Ok(None),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(Some("a range behind the end of a blob was not refused".to_owned())),
        }
    };
    judged(tried.await, "ranges have the bytes that were asked for")
}

/// Of a large store only the beginning is read.
async fn list(lister: &dyn ListBlobs, scratch: &Scratch) -> Diagnosis {
    let tried = async {
        let blobs: Vec<_> = lister.list(Bucket::Files).await?.take(MOST_LISTED).collect().await;
        let blobs = blobs.into_iter().collect::<Result<Vec<_>, PortError>>()?;
        let is_found = blobs.iter().any(|blob| blob.key == scratch.file);
        let odd = || "the list lacks a blob that was just written".to_owned();
        Ok((!is_found && blobs.len() < MOST_LISTED).then(odd))
    };
    judged(tried.await, "the bucket of files can be listed")
}

async fn resume(resumable: &dyn ResumableStore, store: &dyn BlobStore, scratch: &Scratch) -> Diagnosis {
    let tried = async {
        let key = &scratch.resumable;
        let state = resumable.begin(key, &MediaType::octet_stream()).await?;
        let at = |state, offset| Position { state, offset: ByteSize::new(offset), fence: Epoch::new(1) };
        let chunk = Chunk { bytes: scratch.bytes.clone().into(), is_last: true };
        let state = resumable.append(key, &at(state, 0), chunk).await?;
        resumable.sync(key).await?;
        resumable.complete(key, &at(state, SIZE as u64)).await?;
        let bytes = bytes_of(store, key, None).await?;
        Ok((bytes != scratch.bytes).then(|| "a resumable upload ended with other bytes".to_owned()))
    };
    judged(tried.await, "a blob was begun, appended to and completed")
}

async fn delete(store: &dyn BlobStore, scratch: &Scratch) -> Diagnosis {
    let tried = async {
        // One that can't be deleted keeps no other.
        let mut failure = None;
        for key in scratch.keys() {
            match store.delete(&key).await {
                Err(error) => failure = Some(error),
                Ok(()) if store.head(&key).await?.is_some() => {
                    return Ok(Some(format!("the blob {key} is still there after it was deleted")));
                }
                Ok(()) => {}
            }
        }
        failure.map_or(Ok(None), |error| Err(error.into()))
    };
    judged(tried.await, "all that was written is gone")
}

#[cfg(test)]
mod tests;
