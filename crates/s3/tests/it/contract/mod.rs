//! The rules of a blob store, of its resumable and direct uploads and of its signed URLs, against a real S3 server: one in this process, or the one that
//! `S3_ENDPOINT`, `S3_REGION`, `S3_ACCESS_KEY_ID` and `S3_SECRET_ACCESS_KEY` name (with `S3_PUBLIC_ENDPOINT` and
//! `S3_FORCE_PATH_STYLE` where they differ from the defaults). There, every test makes buckets of its own and removes
//! them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that can't be made is a failed test")]
#![expect(
    clippy::disallowed_methods,
    reason = "a server is named by variables, and a bucket on it by a fresh id"
)]

mod parts;

use std::fs::File;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Config, Region, RequestChecksumCalculation};
use fm_contract::{
    BlobStoreHarness, DirectAccess, Fetched, Impossible, ResumableHarness, SignDownloadHarness,
};
use fm_domain::blobs::{BlobKey, BlobStore, Bucket, ListBlobs, SignDownload};
use fm_domain::body::ByteSize;
use fm_domain::uploads::ResumableStore;
use fm_s3::{S3BlobStore, S3Settings, S3SignDownload, S3Timeouts};
use fm_s3_testing::S3Server;
use fm_streaming::BufferBudget;
use futures_util::TryStreamExt as _;
use futures_util::future::try_join_all;
use tempfile::TempDir;

use crate::contract::parts::PartClient;

const BUDGET: u64 = 64 * 1024 * 1024;

struct Fixture {
    settings: S3Settings,
    store: S3BlobStore,
    local: Option<Local>,
}

/// A server in this process with its folder, until it is taken away.
struct Local {
    server: Mutex<Option<S3Server>>,
    folder: TempDir,
}

/// Why nothing happens to a server that others use too.
const REMOTE: Impossible = Impossible::because("the server is not this test's own");

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn required(name: &str) -> String {
    variable(name).unwrap_or_else(|| panic!("S3_ENDPOINT is set, so {name} has to be set too"))
}

impl Fixture {
    async fn fresh() -> Self {
        let (settings, local) = match variable("S3_ENDPOINT") {
            Some(endpoint) => (Self::remote(endpoint), None),
            None => Self::local(),
        };
        let store = S3BlobStore::new(&settings).unwrap();
        store.ensure_buckets().await.unwrap();
        Self { settings, store, local }
    }

    fn local() -> (S3Settings, Option<Local>) {
        let folder = TempDir::new().unwrap();
        let server = S3Server::start(folder.path(), "access", "secret").unwrap();
        let settings = S3Settings {
            endpoint: server.endpoint(),
            public_endpoint: server.endpoint(),
            region: server.region().to_owned(),
            access_key_id: "access".to_owned(),
            secret_access_key: "secret".to_owned(),
            force_path_style: true,
            files_bucket: "files".to_owned(),
            thumbnails_bucket: "thumbnails".to_owned(),
            budget: BufferBudget::new(ByteSize::new(BUDGET)),
            timeouts: S3Timeouts::STANDARD,
        };
        (settings, Some(Local { server: Mutex::new(Some(server)), folder }))
    }

    fn remote(endpoint: String) -> S3Settings {
        let unique = uuid::Uuid::now_v7().simple();
        S3Settings {
            public_endpoint: variable("S3_PUBLIC_ENDPOINT").unwrap_or_else(|| endpoint.clone()),
            endpoint,
            region: required("S3_REGION"),
            access_key_id: required("S3_ACCESS_KEY_ID"),
            secret_access_key: required("S3_SECRET_ACCESS_KEY"),
            force_path_style: variable("S3_FORCE_PATH_STYLE").is_none_or(|flag| flag != "0"),
            files_bucket: format!("fm-files-{unique}"),
            thumbnails_bucket: format!("fm-thumbs-{unique}"),
            budget: BufferBudget::new(ByteSize::new(BUDGET)),
            timeouts: S3Timeouts::STANDARD,
        }
    }

    async fn debris(&self) -> usize {
        self.store.wait_idle().await;
        if let Some(local) = &self.local {
            return local.server.lock().unwrap().as_ref().unwrap().files_kept().unwrap();
        }
        let client = client(&self.settings);
        let mut debris = 0;
        for bucket in Bucket::ALL {
            let name = self.settings.bucket(bucket);
            // The store's own list leaves incomplete parts out.
            let objects = client.list_objects_v2().bucket(name).send().await.unwrap().contents;
            let uploads = client.list_multipart_uploads().bucket(name).send().await.unwrap().uploads;
            debris += objects.map_or(0, |objects| objects.len()) + uploads.map_or(0, |uploads| uploads.len());
        }
        debris
    }
}

/// A client apart from the adapter's, to look behind it.
fn client(settings: &S3Settings) -> Client {
    let credentials =
        Credentials::new(&settings.access_key_id, &settings.secret_access_key, None, None, "test");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(format!("{}/", settings.endpoint.trim_end_matches('/')))
        .region(Region::new(settings.region.clone()))
        .credentials_provider(credentials)
        .force_path_style(settings.force_path_style)
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

impl Drop for Fixture {
    /// Removes the buckets of a server that stays.
    fn drop(&mut self) {
        if self.local.is_some() {
            return;
        }
        let (store, settings) = (self.store.clone(), self.settings.clone());
        let cleaning = async move {
            let client = client(&settings);
            for bucket in Bucket::ALL {
                let blobs: Vec<_> = store.list(bucket).await.unwrap().try_collect().await.unwrap();
                // A store of many machines takes its time for each of a thousand.
                for some in blobs.chunks(16) {
                    try_join_all(some.iter().map(|blob| store.delete(&blob.key))).await.unwrap();
                }
                client.delete_bucket().bucket(settings.bucket(bucket)).send().await.unwrap();
            }
        };
        // The test's own runtime may have one thread, and that one is here.
        let cleaner = std::thread::spawn(|| {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(cleaning);
        });
        assert!(
            cleaner.join().is_ok() || std::thread::panicking(),
            "the buckets of this test were not removed"
        );
    }
}

struct Blobs(Fixture);

#[async_trait]
impl BlobStoreHarness for Blobs {
    async fn fresh() -> Self {
        Self(Fixture::fresh().await)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.store.clone())
    }

    fn lister(&self) -> Option<Arc<dyn ListBlobs>> {
        Some(Arc::new(self.0.store.clone()))
    }

    fn resumable(&self) -> Option<Arc<dyn ResumableStore>> {
        Some(Arc::new(self.0.store.clone()))
    }

    fn direct(&self) -> Option<DirectAccess> {
        let client = Arc::new(PartClient::new(&self.0.settings));
        Some(DirectAccess::Sent(Arc::new(self.0.store.clone()), client))
    }

    fn budget(&self) -> Option<BufferBudget> {
        Some(self.0.settings.budget.clone())
    }

    fn part_size(&self) -> usize {
        S3BlobStore::PART_SIZE
    }

    async fn debris(&self) -> usize {
        self.0.debris().await
    }

    async fn stored_bytes(&self) -> Result<u64, Impossible> {
        let local = self.0.local.as_ref().ok_or(REMOTE)?;
        Ok(local.server.lock().unwrap().as_ref().unwrap().bytes_kept().unwrap())
    }

    fn held_at_most(&self) -> Result<usize, Impossible> {
        // One part is sent while the next one is filled.
        Ok(2 * S3BlobStore::PART_SIZE)
    }

    async fn truncate(&self, key: &BlobKey) -> Result<(), Impossible> {
        let local = self.0.local.as_ref().ok_or(REMOTE)?;
        let path = local.folder.path().join(self.0.settings.bucket(key.bucket)).join(key.to_string());
        let file = File::options().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        Ok(())
    }

    async fn another_node(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        Ok(Arc::new(S3BlobStore::new(&self.0.settings).unwrap()))
    }

    async fn break_it(&self) -> Result<(), Impossible> {
        let local = self.0.local.as_ref().ok_or(REMOTE)?;
        drop(local.server.lock().unwrap().take());
        Ok(())
    }

    fn with_wrong_credentials(&self) -> Result<Arc<dyn BlobStore>, Impossible> {
        let settings = S3Settings { secret_access_key: "another".to_owned(), ..self.0.settings.clone() };
        Ok(Arc::new(S3BlobStore::new(&settings).unwrap()))
    }
}

struct Links {
    fixture: Fixture,
    signer: Arc<S3SignDownload>,
    browser: reqwest::Client,
}

#[async_trait]
impl SignDownloadHarness for Links {
    async fn fresh() -> Self {
        let fixture = Fixture::fresh().await;
        let signer = Arc::new(S3SignDownload::new(&fixture.settings).unwrap());
        Self { fixture, signer, browser: reqwest::Client::new() }
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.fixture.store.clone())
    }

    fn signer(&self) -> Arc<dyn SignDownload> {
        Arc::clone(&self.signer) as Arc<dyn SignDownload>
    }

    async fn fetch(&self, url: &str, range: Option<&str>) -> Fetched {
        let mut request = self.browser.get(url);
        if let Some(range) = range {
            request = request.header("Range", range);
        }
        fetched(request).await
    }
}

async fn fetched(request: reqwest::RequestBuilder) -> Fetched {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    Fetched { status, headers, body: response.bytes().await.unwrap() }
}

struct Resumable(Fixture);

#[async_trait]
impl ResumableHarness for Resumable {
    async fn fresh() -> Self {
        Self(Fixture::fresh().await)
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.0.store.clone())
    }

    fn store(&self) -> Arc<dyn ResumableStore> {
        Arc::new(self.0.store.clone())
    }

    fn another_node(&self) -> Arc<dyn ResumableStore> {
        Arc::new(S3BlobStore::new(&self.0.settings).unwrap())
    }

    async fn debris(&self) -> usize {
        self.0.debris().await
    }
}

mod blob_store {
    use super::Blobs;

    fm_contract::blob_store!(Blobs);
}

mod resumable_store {
    use super::Resumable;

    fm_contract::resumable_store!(Resumable);
}

mod sign_download {
    use super::Links;

    fm_contract::sign_download!(Links);
}

/// Every use case, killed at every call of a port.
mod kill_points {
    use super::Blobs;

    fm_resilience::kill_points!(fm_memory::harness::Tables, Blobs, fm_memory::harness::Sessions);
}
