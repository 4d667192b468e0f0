//! Harnesses of stores that make blobs of parts that clients send.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::blobs::{
    BlobStore, DirectStore, PartReceiver, PartTag, PartWrite, SignParts, SignedPart, WritePart,
};
use fm_domain::body::ByteSize;

use super::Fetched;

/// How a store gets the parts of direct uploads.
#[derive(Clone)]
pub enum DirectAccess {
    /// Clients send them to the program, which writes them through the receiver.
    Received(Arc<dyn DirectStore>, Arc<dyn PartReceiver>),
    /// Clients send them to the store, as this one does.
    Sent(Arc<dyn DirectStore>, Arc<dyn SendPart>),
}

/// A client of a store that takes parts itself.
#[async_trait]
pub trait SendPart: Send + Sync {
    /// Sends a part of the write to the store; the tag that the store gives it. What the store answers to a part of a write
    /// that is not under way is [`WritePart::Gone`].
    async fn send(&self, write: &PartWrite, number: u32, bytes: Bytes) -> Result<PartTag, WritePart>;
}

/// An empty store that makes blobs of parts that clients send.
#[async_trait]
pub trait DirectHarness: Send + Sync + Sized + 'static {
    /// A store that holds nothing and that no other fixture uses.
    async fn fresh() -> Self;

    /// Reads and discards its blobs.
    fn blobs(&self) -> Arc<dyn BlobStore>;

    /// Begins and completes its blobs.
    fn store(&self) -> Arc<dyn DirectStore>;

    /// Receives parts for a store that clients can't reach; `None` where they send parts to the store itself.
    fn receiver(&self) -> Option<Arc<dyn PartReceiver>>;

    /// Sends a part as a client does, `offset` bytes behind the beginning of the blob; the tag that names it at the end.
    /// What the store answers to a part of a write that is not under way is [`WritePart::Gone`].
    ///
    /// By default the receiver writes the part, with the fence 1. A store without a receiver has to be sent a request.
    ///
    /// # Panics
    /// When the harness has no receiver and does not send the part by itself.
    async fn send(
        &self,
        write: &PartWrite,
        number: u32,
        offset: ByteSize,
        bytes: Bytes,
    ) -> Result<PartTag, WritePart> {
        let Some(receiver) = self.receiver() else {
            panic!("without a receiver the harness has to send parts")
        };
        receiver.write(write, offset, 1, bytes.into()).await?;
        Ok(PartTag::new(format!("part {number}")))
    }

    /// How many objects, unfinished writes or temporary files the store holds: 0 when nothing is left.
    async fn debris(&self) -> usize;
}

/// A store that makes blobs of parts, with the signer of the clients' requests and the server that receives them.
#[async_trait]
pub trait SignPartsHarness: Send + Sync + Sized + 'static {
    /// A store that holds nothing and that no other test uses.
    async fn fresh() -> Self;

    /// The store.
    fn blobs(&self) -> Arc<dyn BlobStore>;

    /// Begins and completes its blobs.
    fn parts(&self) -> Arc<dyn DirectStore>;

    /// What signs parts for it.
    fn signer(&self) -> Arc<dyn SignParts>;

    /// Sends the bytes as a browser would, with the method and the fields of the signed part. Errors of HTTP are
    /// answers.
    async fn send(&self, part: &SignedPart, bytes: Bytes) -> Fetched;
}
