//! Cleaning up after a write that failed.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use fm_domain::blobs::BlobKey;
use fm_domain::error::chain;

use crate::store::Shared;

/// How long cleaning up may take in all. The sweep of the intents removes what is left then.
const LONGEST: Duration = Duration::from_secs(30);
/// How long a failed write waits for its cleaning up, before it goes on in the background.
const WAIT: Duration = Duration::from_secs(5);

/// Removes what a write left, unless it succeeded: also when its future is dropped midway.
pub(crate) struct Cleanup {
    shared: Shared,
    key: BlobKey,
    upload: Option<String>,
    runtime: Option<Handle>,
    armed: bool,
}

impl Cleanup {
    /// To be called before the first request of the write.
    pub(crate) fn armed(shared: &Shared, key: BlobKey) -> Self {
        Self { shared: shared.clone(), key, upload: None, runtime: Handle::try_current().ok(), armed: true }
    }

    /// Remembers an upload, which then need not be searched for.
    pub(crate) fn of_upload(&mut self, id: String) {
        self.upload = Some(id);
    }

    /// The write succeeded.
    pub(crate) fn disarm(mut self) {
        self.armed = false;
    }

    /// The write failed: cleans up, and waits for it a while.
    pub(crate) async fn run(mut self) {
        if let Some(task) = self.start() {
            // Either it is done, or it goes on in the background: both are fine.
            drop(timeout(WAIT, task).await);
        }
    }

    fn start(&mut self) -> Option<JoinHandle<()>> {
        self.armed = false;
        let runtime = self.runtime.take()?;
        let (shared, key, upload) = (self.shared.clone(), self.key, self.upload.take());
        let task = async move {
            let cleaning = async {
                if let Some(upload) = upload {
                    shared.abort(&key, &upload).await?;
                    return shared.delete_blob_object(&key).await;
                }
                shared.delete(&key).await
            };
            match timeout(LONGEST, cleaning).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(blob.id = %key, error = chain(&error), "a failed write is not cleaned up yet");
                }
                Err(_elapsed) => tracing::warn!(blob.id = %key, "a failed write is not cleaned up in time"),
            }
        };
        Some(self.shared.cleanups.spawn_on(task, &runtime))
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        if self.armed {
            // It runs in the background: no caller waits for it.
            drop(self.start());
        }
    }
}
