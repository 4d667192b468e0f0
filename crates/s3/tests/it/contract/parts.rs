//! Parts that clients send to the server.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use bytes::Bytes;
use fm_contract::{DirectHarness, Fetched, SendPart, SignPartsHarness};
use fm_domain::blobs::{
    BlobStore, DirectStore, PartReceiver, PartTag, PartWrite, SignParts, SignedPart, WritePart,
};
use fm_domain::body::ByteSize;
use fm_s3::{S3Settings, S3SignParts};

use crate::contract::{Fixture, client, fetched};

/// Sends parts to the server as a client does.
pub(crate) struct PartClient {
    settings: S3Settings,
    client: Client,
}

impl PartClient {
    pub(crate) fn new(settings: &S3Settings) -> Self {
        Self { settings: settings.clone(), client: client(settings) }
    }
}

#[async_trait]
impl SendPart for PartClient {
    async fn send(&self, write: &PartWrite, number: u32, bytes: Bytes) -> Result<PartTag, WritePart> {
        let (client, bucket) = (&self.client, self.settings.bucket(write.key.bucket));
        let (name, upload) = (write.key.to_string(), write.id.as_str());
        let sent = client
            .upload_part()
            .bucket(bucket)
            .key(&name)
            .upload_id(upload)
            .part_number(i32::try_from(number).unwrap())
            .body(bytes.into())
            .send()
            .await;
        match sent {
            Ok(part) => Ok(PartTag::new(part.e_tag.unwrap())),
            Err(refused) => match refused.raw_response().map(|response| response.status().as_u16()) {
                Some(404) => Err(WritePart::Gone),
                // The server closed the connection before the whole part was sent, and its answer was lost.
                None => {
                    let known = client.list_parts().bucket(bucket).key(&name).upload_id(upload).send().await;
                    assert!(known.is_err(), "a part of a write that is under way was not answered");
                    Err(WritePart::Gone)
                }
                status => panic!("a part was answered with {status:?}"),
            },
        }
    }
}

struct Direct(Fixture, PartClient);

#[async_trait]
impl DirectHarness for Direct {
    async fn fresh() -> Self {
        let fixture = Fixture::fresh().await;
        let client = PartClient::new(&fixture.settings);
        Self(fixture, client)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.store.clone())
    }

    fn store(&self) -> Arc<dyn DirectStore> {
        Arc::new(self.0.store.clone())
    }

    fn receiver(&self) -> Option<Arc<dyn PartReceiver>> {
        None
    }

    async fn send(
        &self,
        write: &PartWrite,
        number: u32,
        _offset: ByteSize,
        bytes: Bytes,
    ) -> Result<PartTag, WritePart> {
        self.1.send(write, number, bytes).await
    }

    async fn debris(&self) -> usize {
        self.0.debris().await
    }
}

struct PartLinks {
    fixture: Fixture,
    signer: Arc<S3SignParts>,
    browser: reqwest::Client,
}

#[async_trait]
impl SignPartsHarness for PartLinks {
    async fn fresh() -> Self {
        let fixture = Fixture::fresh().await;
        let signer = Arc::new(S3SignParts::new(&fixture.settings).unwrap());
        Self { fixture, signer, browser: reqwest::Client::new() }
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.fixture.store.clone())
    }

    fn parts(&self) -> Arc<dyn DirectStore> {
        Arc::new(self.fixture.store.clone())
    }

    fn signer(&self) -> Arc<dyn SignParts> {
        Arc::clone(&self.signer) as Arc<dyn SignParts>
    }

    async fn send(&self, part: &SignedPart, bytes: Bytes) -> Fetched {
        assert_eq!(part.method, "PUT");
        let mut request = self.browser.put(part.url.expose()).body(bytes);
        for (name, value) in &part.headers {
            request = request.header(name, value);
        }
        fetched(request).await
    }
}

mod direct_store {
    fm_contract::direct_store!(super::Direct);
}

mod sign_parts {
    fm_contract::sign_parts!(super::PartLinks);
}
