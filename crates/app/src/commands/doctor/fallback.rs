//! The store that blobs are moved from: it is read from and emptied, and takes nothing new, so nothing is written on trial.

use fm_domain::blobs::{BlobKey, BlobStore, Bucket, GetBlob, ListBlobs};
use fm_domain::error::{PortError, chain};
use fm_domain::ids::{BlobId, IdSource};
use futures_util::StreamExt as _;

use super::recorder::Recorder;
use super::report::Step;
use crate::adapters::{Diagnosis, OpenBlobStore, OpenContext};
use crate::blob_stores::open_previous;
use crate::config::Config;

const STEPS: [&str; 4] = ["open", "list", "read", "delete"];

const LOOK: &str = "look at BLOB_STORE_FALLBACK and the variables that begin with FALLBACK_, and at the permissions of that store \
    (list, read, delete)";

/// No step where no blobs are moved.
pub(super) async fn check(config: &Config, mut context: OpenContext, ids: &dyn IdSource) -> Vec<Step> {
    let Some(fallback) = &config.storage.fallback else { return Vec::new() };
    let mut recorder = Recorder::new(
        "fallback",
        "see whether the store of BLOB_STORE_FALLBACK runs and can be reached from here",
    );
    let opened = async {
        let opened = open_previous(fallback, &mut context).await;
        let opened = opened.map_err(|error| Diagnosis::failure(chain(&error), LOOK))?;
        Ok((opened, Diagnosis::fine("it can be opened")))
    };
    if let Some(opened) = recorder.obtain("open", opened).await {
        check_open(&mut recorder, &opened, ids).await;
        drop(opened);
    } else {
        recorder.skip(&STEPS[1..], "open");
    }
    recorder.shut_down(context.shutdown).await
}

async fn check_open(recorder: &mut Recorder, opened: &OpenBlobStore, ids: &dyn IdSource) {
    let store = &*opened.store;
    match &opened.lister {
        Some(lister) => match recorder.obtain("list", list(&**lister)).await {
            Some(found) => {
                recorder.check("read", read(store, &found)).await;
            }
            None => recorder.skip(&["read"], "list"),
        },
        None => recorder.skip(&["list", "read"], "an adapter that lists no blobs"),
    }
    recorder.check("delete", delete(store, ids)).await;
}

/// One blob of each bucket that has any.
async fn list(lister: &dyn ListBlobs) -> Result<(Vec<BlobKey>, Diagnosis), Diagnosis> {
    let mut found = Vec::new();
    for bucket in Bucket::ALL {
        let first = async {
            let mut blobs = lister.list(bucket).await?;
            let first = blobs.next().await.transpose()?;
            Ok::<_, PortError>(first)
        };
        let first = first.await.map_err(|error| Diagnosis::failure(chain(&error), LOOK))?;
        found.extend(first.map(|blob| blob.key));
    }
    let detail = if found.is_empty() {
        "both buckets can be listed, and are empty: nothing is left to move"
    } else {
        "both buckets can be listed"
    };
    Ok((found, Diagnosis::fine(detail)))
}

async fn read(store: &dyn BlobStore, found: &[BlobKey]) -> Diagnosis {
    for key in found {
        match begin_to_read(store, key).await {
            // It may have been moved since it was listed.
            Ok(()) | Err(GetBlob::NotFound) => {}
            Err(error) => return Diagnosis::failure(chain(&error), LOOK),
        }
    }
    Diagnosis::fine(if found.is_empty() { "there is no blob to read" } else { "a listed blob can be read" })
}

async fn begin_to_read(store: &dyn BlobStore, key: &BlobKey) -> Result<(), GetBlob> {
    let mut reader = store.get(key, None).await?;
    match reader.bytes.next().await {
        Some(Err(error)) => Err(PortError::Unavailable(Box::new(error)).into()),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// A blob that is not there is no error, and rights are looked at all the same.
async fn delete(store: &dyn BlobStore, ids: &dyn IdSource) -> Diagnosis {
    let id = BlobId::new(ids.uuid());
    for key in [BlobKey::file(id), BlobKey::thumbnail(id)] {
        if let Err(error) = store.delete(&key).await {
            return Diagnosis::failure(chain(&error), LOOK);
        }
    }
    Diagnosis::fine("it takes deletions, tried with keys that it does not have")
}

#[cfg(test)]
mod tests;
