//! The list of both stores.

use std::future::ready;
use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::{BlobStore, Bucket, ListBlobs, ListedBlob};
use fm_domain::error::PortResult;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};

/// How many blobs the previous store is asked for at once.
const AT_ONCE: usize = 16;

/// Lists what the previous store has, and then what the current one has beside it: a blob that is moved meanwhile is listed, and
/// one that both have is listed once. Each blob of the current store costs one `head` of the previous one.
pub struct FallbackLister {
    current: Arc<dyn ListBlobs>,
    previous: Arc<dyn ListBlobs>,
    previous_store: Arc<dyn BlobStore>,
}

impl FallbackLister {
    /// Both lists as one; `previous_store` is the store that `previous` lists.
    #[must_use]
    pub fn new(
        current: Arc<dyn ListBlobs>,
        previous: Arc<dyn ListBlobs>,
        previous_store: Arc<dyn BlobStore>,
    ) -> Self {
        Self { current, previous, previous_store }
    }
}

#[async_trait]
impl ListBlobs for FallbackLister {
    async fn list(&self, bucket: Bucket) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> {
        let previous = self.previous.list(bucket).await?;
        let current = self.current.list(bucket).await?;
        let store = Arc::clone(&self.previous_store);
        let beside = current
            .map(move |listed| {
                let store = Arc::clone(&store);
                async move {
                    let listed = listed?;
                    let is_repeated = store.head(&listed.key).await?.is_some();
                    PortResult::Ok((!is_repeated).then_some(listed))
                }
            })
            .buffered(AT_ONCE)
            .try_filter_map(|listed| ready(Ok(listed)));
        Ok(previous.chain(beside).boxed())
    }
}
