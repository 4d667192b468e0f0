//! Writing a blob in parts.

use std::pin::pin;

use fm_domain::blobs::{BlobKey, PutBlob};
use fm_domain::body::PartBytes;
use fm_domain::files::MediaType;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::cleanup::Cleanup;
use crate::failure::Failure;
use crate::multipart::named;
use crate::parts::{Part, Parts};
use crate::put::refused;
use crate::store::Shared;

/// Parts of one upload that are held at once, where there is memory to spare: the store works on one while the next one is read or on its
/// way.
const MOST_HELD: usize = 2;

/// A part that was sent.
type NumberedTag = (u32, String);

impl Shared {
    /// Sends a part while the next one is read, as long as there is memory to spare. An upload that holds some never waits for more.
    pub(crate) async fn put_parts(
        &self,
        key: &BlobKey,
        first: Part,
        parts: &mut Parts,
        content_type: &MediaType,
        cleanup: &mut Cleanup,
    ) -> Result<(), PutBlob> {
        let upload = self.create_upload(key, content_type).await?;
        cleanup.of_upload(upload.clone());
        let (mut sending, mut sent) = (FuturesUnordered::new(), Vec::new());
        let mut part = first;
        for number in 1.. {
            let last = part.last;
            sending.push(self.send_part_of(key, &upload, number, part.bytes));
            if last {
                break;
            }
            part = self.next_part(parts, &mut sending, &mut sent).await?;
        }
        while let Some(answer) = sending.next().await {
            sent.push(answer.map_err(refused)?);
        }
        drop(sending);
        sent.sort_unstable_by_key(|(number, _)| *number);
        let completed = sent.into_iter().map(|(number, tag)| named(number, tag)).collect();
        self.complete_upload(key, &upload, completed, parts.taken()).await
    }

    /// The next part, read while those before it are sent.
    async fn next_part<F>(
        &self,
        parts: &mut Parts,
        sending: &mut FuturesUnordered<F>,
        sent: &mut Vec<NumberedTag>,
    ) -> Result<Part, PutBlob>
    where
        F: Future<Output = Result<NumberedTag, Failure>>,
    {
        let (owner, wanted) = parts.memory();
        let permit = loop {
            if sending.len() < MOST_HELD
                && let Some(permit) = self.budget.try_acquire(owner, wanted)
            {
                break permit;
            }
            match sending.next().await {
                Some(answer) => sent.push(answer.map_err(refused)?),
                None => break self.budget.acquire(owner, wanted).await?,
            }
        };
        let mut reading = pin!(parts.next(permit));
        loop {
            tokio::select! {
                biased;
                Some(answer) = sending.next() => sent.push(answer.map_err(refused)?),
                part = &mut reading => return part,
            }
        }
    }

    async fn send_part_of(
        &self,
        key: &BlobKey,
        upload: &str,
        number: u32,
        bytes: PartBytes,
    ) -> Result<NumberedTag, Failure> {
        Ok((number, self.upload_part(key, upload, number, bytes).await?))
    }
}
