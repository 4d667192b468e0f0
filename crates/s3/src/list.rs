//! Listing a bucket, for checks.

use std::collections::VecDeque;

use aws_sdk_s3::types::Object;
use fm_domain::blobs::{BlobKey, Bucket, ListedBlob};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};

use crate::failure::{Failure, Oddity};
use crate::store::Shared;

const STEP: &str = "ListObjectsV2";

/// Where a listing stands: one page at most is held.
struct Listing {
    shared: Shared,
    bucket: Bucket,
    page: VecDeque<ListedBlob>,
    /// What to ask with for the next page; `None`: there is none.
    next: Option<Continue>,
}

enum Continue {
    First,
    After(String),
}

impl Shared {
    /// Objects whose key is no blob's id are incomplete parts or another program's, and left out.
    pub(crate) async fn list(
        &self,
        bucket: Bucket,
    ) -> PortResult<BoxStream<'static, PortResult<ListedBlob>>> {
        let mut listing =
            Listing { shared: self.clone(), bucket, page: VecDeque::new(), next: Some(Continue::First) };
        // A missing bucket is said at once.
        listing.turn().await?;
        let blobs = stream::unfold(Some(listing), |listing| async {
            let mut listing = listing?;
            match listing.next().await {
                Ok(Some(blob)) => Some((Ok(blob), Some(listing))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        });
        Ok(blobs.boxed())
    }
}

impl Shared {
    /// Names of objects that begin like this, one page of them; whether there are more.
    pub(crate) async fn names(&self, bucket: Bucket, prefix: &str) -> Result<(Vec<String>, bool), Failure> {
        let page = self
            .clients
            .control
            .list_objects_v2()
            .bucket(self.bucket(bucket))
            .prefix(prefix)
            .send()
            .await
            .map_err(|error| Failure::new(STEP, &error))?;
        let names = page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key);
        // What else a server lists that does not know prefixes stays.
        let names = names.filter(|name| name.starts_with(prefix)).collect();
        Ok((names, page.is_truncated == Some(true)))
    }
}

impl Listing {
    async fn next(&mut self) -> PortResult<Option<ListedBlob>> {
        loop {
            if let Some(blob) = self.page.pop_front() {
                return Ok(Some(blob));
            }
            if self.next.is_none() {
                return Ok(None);
            }
            self.turn().await?;
        }
    }

    /// Gets the next page.
    async fn turn(&mut self) -> PortResult<()> {
        let after = match self.next.take() {
            Some(Continue::After(token)) => Some(token),
            Some(Continue::First) => None,
            None => return Ok(()),
        };
        let page = self
            .shared
            .clients
            .control
            .list_objects_v2()
            .bucket(self.shared.bucket(self.bucket))
            .set_continuation_token(after.clone())
            .send()
            .await
            .map_err(|error| Failure::new(STEP, &error).into_store())?;
        if page.is_truncated == Some(true) {
            match page.next_continuation_token {
                Some(token) if Some(&token) != after.as_ref() => self.next = Some(Continue::After(token)),
                _ => return Err(Oddity::store(STEP, "there is more, but no way to ask for it")),
            }
        }
        self.page = page
            .contents
            .unwrap_or_default()
            .iter()
            .filter_map(|object| listed(self.bucket, object))
            .collect();
        Ok(())
    }
}

fn listed(bucket: Bucket, object: &Object) -> Option<ListedBlob> {
    let id = BlobId::parse(object.key()?)?;
    let size = ByteSize::new(u64::try_from(object.size.unwrap_or(0)).ok()?);
    let micros = object.last_modified.map_or(0, |at| at.as_nanos() / 1000);
    let written_at = Timestamp::from_unix_micros(i64::try_from(micros).unwrap_or(i64::MAX));
    Some(ListedBlob { key: BlobKey { bucket, id }, size, written_at })
}
