//! Blobs in an S3.

mod checkup;

use std::sync::Arc;

use async_trait::async_trait;
use fm_domain::blobs::BlobStore as _;
use fm_s3::{InvalidEndpoint, S3BlobStore, S3Settings, S3SignDownload, S3SignParts, S3Timeouts};
use fm_streaming::BufferBudget;

use super::plain::warn_of_plain_s3;
use super::{BlobStoreFactory, Checkup, OpenBlobStore, OpenContext, OpenDirect};
use crate::StartError;
use crate::config::{Reader, Secret, Variable};

/// `BLOB_STORE=s3`.
#[derive(Debug, Clone)]
pub struct S3Config {
    /// `S3_ENDPOINT`: where the program reaches it.
    pub endpoint: String,
    /// `S3_PUBLIC_ENDPOINT`: where clients reach it.
    pub public_endpoint: String,
    /// `S3_REGION`.
    pub region: String,
    /// `S3_ACCESS_KEY_ID`.
    pub access_key_id: Secret,
    /// `S3_SECRET_ACCESS_KEY`.
    pub secret_access_key: Secret,
    /// `S3_FORCE_PATH_STYLE`: whether buckets are paths rather than hosts.
    pub force_path_style: bool,
    /// `FILES_BUCKET`: for what users uploaded.
    pub files_bucket: String,
    /// `THUMBNAILS_BUCKET`.
    pub thumbnails_bucket: String,
}

#[async_trait]
impl BlobStoreFactory for S3Config {
    fn name() -> &'static str {
        "s3"
    }

    fn variables() -> Vec<Variable> {
        vec![
            Variable::plain("S3_ENDPOINT"),
            Variable::plain("S3_PUBLIC_ENDPOINT"),
            Variable::plain("S3_REGION"),
            Variable::secret("S3_ACCESS_KEY_ID"),
            Variable::secret("S3_SECRET_ACCESS_KEY"),
            Variable::plain("S3_FORCE_PATH_STYLE"),
            Variable::plain("FILES_BUCKET"),
            Variable::plain("THUMBNAILS_BUCKET"),
        ]
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        let endpoint = reader.required("S3_ENDPOINT");
        let public_endpoint = reader.text_or("S3_PUBLIC_ENDPOINT", &endpoint);
        for (name, text) in [("S3_ENDPOINT", &endpoint), ("S3_PUBLIC_ENDPOINT", &public_endpoint)] {
            if !text.is_empty() && !is_endpoint(text) {
                reader.fault(name, "must be an http:// or https:// URL without a query or a password");
            }
        }
        Self {
            endpoint,
            public_endpoint,
            region: reader.required("S3_REGION"),
            access_key_id: reader.required_secret("S3_ACCESS_KEY_ID"),
            secret_access_key: reader.required_secret("S3_SECRET_ACCESS_KEY"),
            force_path_style: reader.flag("S3_FORCE_PATH_STYLE", true),
            files_bucket: bucket(reader, "FILES_BUCKET", "files"),
            thumbnails_bucket: bucket(reader, "THUMBNAILS_BUCKET", "thumbnails"),
        }
    }

    async fn open(&self, context: &mut OpenContext) -> Result<OpenBlobStore, StartError> {
        warn_of_plain_s3(&context.variable("S3_ENDPOINT"), &self.endpoint);
        if self.public_endpoint != self.endpoint {
            warn_of_plain_s3(&context.variable("S3_PUBLIC_ENDPOINT"), &self.public_endpoint);
        }
        let settings = self.settings(context.budget.clone());
        let invalid =
            |source: InvalidEndpoint| StartError::configuration("the S3 endpoint can't be used", source);
        let store = Arc::new(S3BlobStore::new(&settings).map_err(invalid)?);
        let links = Arc::new(S3SignDownload::new(&settings).map_err(invalid)?);
        let part_links = Arc::new(S3SignParts::new(&settings).map_err(invalid)?);
        let ready = if context.purpose.changes() { store.ensure_buckets().await } else { store.ping().await };
        ready.map_err(|source| StartError::adapter("the S3 can't be used", source))?;
        context.shutdown.add({
            let store = store.clone();
            async move { store.wait_idle().await }
        });
        Ok(OpenBlobStore {
            resumable: Some(store.clone()),
            direct: Some(OpenDirect::Signed(store.clone(), part_links)),
            lister: Some(store.clone()),
            origins: links.origins(),
            links: Some(links),
            ..OpenBlobStore::new(store)
        })
    }

    fn checkup(&self, context: &OpenContext) -> Option<Box<dyn Checkup>> {
        // An endpoint that can't be used is told where the store is opened.
        let store = S3BlobStore::new(&self.settings(context.budget.clone())).ok()?;
        Some(Box::new(checkup::S3Checkup::new(self.clone(), store, Arc::clone(&context.clock))))
    }
}

impl S3Config {
    fn settings(&self, budget: BufferBudget) -> S3Settings {
        S3Settings {
            endpoint: self.endpoint.clone(),
            public_endpoint: self.public_endpoint.clone(),
            region: self.region.clone(),
            access_key_id: self.access_key_id.expose().to_owned(),
            secret_access_key: self.secret_access_key.expose().to_owned(),
            force_path_style: self.force_path_style,
            files_bucket: self.files_bucket.clone(),
            thumbnails_bucket: self.thumbnails_bucket.clone(),
            budget,
            timeouts: S3Timeouts::default(),
        }
    }
}

/// An endpoint may have a path.
fn is_endpoint(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@".contains(&byte))
    })
}

fn bucket(reader: &mut Reader<'_>, name: &str, default: &str) -> String {
    let bucket = reader.text_or(name, default);
    let fits = (3..=63).contains(&bucket.len())
        && bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b));
    if !fits {
        reader.fault(name, "must be 3 to 63 lower-case letters, digits, -, . and _");
    }
    bucket
}
