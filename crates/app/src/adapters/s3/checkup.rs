//! What `file-manager doctor` asks an S3.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use fm_credentials::OsIds;
use fm_domain::blobs::{BlobKey, BlobStore as _, Bucket, DirectStore as _, PartWrite};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::error::{Cause, PortError, chain};
use fm_domain::files::MediaType;
use fm_domain::ids::{BlobId, IdSource as _};
use fm_s3::{S3BlobStore, error_code};
use http::Request;

use super::S3Config;
use crate::adapters::checkup::{Checkup, ClockLimits, Diagnosis, clock};
use crate::adapters::plain::problem_of_plain_s3;
use crate::adapters::supabase::{is_storage, storage_advice};
use crate::http_client::Sender;

/// Servers refuse what was signed a quarter of an hour ago or later.
const CLOCK_LIMITS: ClockLimits = ClockLimits { warning: 30, failure: 14 * 60 };

/// What is read of an answer that is looked at for its date alone.
const MOST_READ: usize = 64 * 1024;

pub(super) struct S3Checkup {
    config: S3Config,
    store: S3BlobStore,
    clock: Arc<dyn Clock>,
    /// The blob of the upload that is begun and aborted, and whether it was begun.
    scratch: BlobKey,
    is_begun: AtomicBool,
}

#[async_trait]
impl Checkup for S3Checkup {
    fn steps(&self) -> Vec<&'static str> {
        let mut steps = vec!["endpoint", "clock", "access", "multipart uploads"];
        if is_storage(&self.config.endpoint) {
            steps.push("supabase");
        }
        steps
    }

    async fn run(&self, step: &str) -> Diagnosis {
        match step {
            "endpoint" => self.endpoint().await,
            "clock" => match self.ahead_micros().await {
                Ok(Some(ahead)) => clock("the store", ahead, &CLOCK_LIMITS),
                Ok(None) => Diagnosis::fine("the store tells no time"),
                Err(error) => self.silent(error.as_ref()),
            },
            "access" => self.access().await,
            "supabase" => supabase(),
            _ => self.uploads().await,
        }
    }

    fn when_silent(&self) -> String {
        self.advice(None).unwrap_or_else(|| {
            "see whether the S3 server runs, and whether a firewall or a wrong host or port in S3_ENDPOINT lies between".to_owned()
        })
    }

    async fn clean_up(&self) {
        if self.is_begun.load(Ordering::Relaxed)
            && let Err(error) = self.store.delete(&self.scratch).await
        {
            tracing::warn!(error = chain(&error), blob.id = %self.scratch, "an upload in parts may be left");
        }
    }
}

impl S3Checkup {
    pub(super) fn new(config: S3Config, store: S3BlobStore, clock: Arc<dyn Clock>) -> Self {
        let scratch = BlobKey::file(BlobId::new(OsIds.uuid()));
        Self { config, store, clock, scratch, is_begun: AtomicBool::new(false) }
    }

    fn advice(&self, code: Option<&str>) -> Option<String> {
        storage_advice(&self.config.endpoint, code).map(|advice| format!("at Supabase, {advice}"))
    }

    fn silent(&self, error: &(dyn std::error::Error + 'static)) -> Diagnosis {
        Diagnosis::failure(format!("S3_ENDPOINT gives no answer: {}", chain(error)), self.when_silent())
    }

    /// Any answer at all will do.
    async fn endpoint(&self) -> Diagnosis {
        if let Err(error) = self.ahead_micros().await {
            return self.silent(error.as_ref());
        }
        let S3Config { endpoint, public_endpoint, .. } = &self.config;
        let plain = problem_of_plain_s3("S3_ENDPOINT", endpoint)
            .or_else(|| problem_of_plain_s3("S3_PUBLIC_ENDPOINT", public_endpoint));
        match plain {
            Some(problem) => Diagnosis::warning(problem, "use https:// for it"),
            None => Diagnosis::fine("S3_ENDPOINT answers"),
        }
    }

    /// How much the clock of the store is ahead of ours, by the date of an answer to a request that nothing signs: one that is
    /// signed is refused where the clocks differ. The date has whole seconds, and was read somewhere in its second.
    async fn ahead_micros(&self) -> Result<Option<i64>, Cause> {
        let endpoint = &self.config.endpoint;
        let request = Request::get(format!("{}/", endpoint.trim_end_matches('/'))).body(Bytes::new())?;
        let (asked, here) = (Instant::now(), self.clock.now());
        let answer = Sender::new(endpoint.starts_with("https:"))?.send(request, MOST_READ).await?;
        let here = here.plus(asked.elapsed() / 2).unix_micros();
        let date = answer.headers().get(http::header::DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok());
        Ok(date.map(|date| {
            let second = Timestamp::from(date.to_utc()).unix_micros();
            if (second..second + 1_000_000).contains(&here) { 0 } else { second + 500_000 - here }
        }))
    }

    async fn access(&self) -> Diagnosis {
        for bucket in Bucket::ALL {
            if let Err(error) = self.store.look_into(bucket).await {
                return self.refused(&error);
            }
        }
        let S3Config { files_bucket, thumbnails_bucket, .. } = &self.config;
        if files_bucket == thumbnails_bucket {
            return Diagnosis::warning(
                format!("{files_bucket} is the bucket of files and of thumbnails"),
                "give FILES_BUCKET and THUMBNAILS_BUCKET each a bucket of its own",
            );
        }
        Diagnosis::fine(format!("the buckets {files_bucket} and {thumbnails_bucket} can be listed"))
    }

    fn refused(&self, error: &PortError) -> Diagnosis {
        let code = error_code(error);
        let remedy = self.advice(code).unwrap_or_else(|| remedy(code).to_owned());
        Diagnosis::failure(chain(error), remedy)
    }

    /// Begins an upload in parts, sees that the server knows it, aborts it, and sees that it is gone.
    async fn uploads(&self) -> Diagnosis {
        self.is_begun.store(true, Ordering::Relaxed);
        let tried = async {
            let key = self.scratch;
            let id = self.store.begin(&key, &MediaType::octet_stream()).await?;
            let write = PartWrite { key, id };
            let is_known = self.store.is_under_way(&write).await?;
            self.store.delete(&key).await?;
            Ok((is_known, self.store.is_under_way(&write).await?))
        };
        let outcome: Result<(bool, bool), PortError> = tried.await;
        if outcome.is_ok() {
            self.is_begun.store(false, Ordering::Relaxed);
        }
        match outcome {
            Ok((true, false)) => Diagnosis::fine("an upload in parts was begun, listed and aborted"),
            Ok((false, _)) => Diagnosis::failure(
                "the store does not know an upload in parts that was just begun (ListParts)",
                "use a store that keeps uploads in parts, and let no cache stand before it",
            ),
            Ok((true, true)) => Diagnosis::warning(
                "an upload in parts was aborted and is still there",
                "have the store remove unfinished uploads after a few days (a lifecycle rule of the bucket)",
            ),
            Err(error) => self.refused(&error),
        }
    }
}

fn supabase() -> Diagnosis {
    Diagnosis::fine(
        "Supabase Storage: what is larger than the project's limit (Storage, Settings; 50 MB unless it was raised) or the \
         bucket's is refused with 413; keep MAX_UPLOAD_BYTES and MAX_RESUMABLE_BYTES within both",
    )
}

/// What to change, by the server's code.
fn remedy(code: Option<&str>) -> &'static str {
    match code {
        Some("SignatureDoesNotMatch") => {
            "correct S3_SECRET_ACCESS_KEY, which is not that of S3_ACCESS_KEY_ID, or S3_REGION"
        }
        Some("InvalidAccessKeyId") => "correct S3_ACCESS_KEY_ID: the server does not know it",
        Some("AccessDenied") => {
            "let the key list, read, write and delete in both buckets, and see to multipart uploads there; or correct \
             S3_ACCESS_KEY_ID"
        }
        Some("NoSuchBucket") => {
            "create the bucket (`file-manager serve` does it at its start, where the key may), or correct FILES_BUCKET and \
             THUMBNAILS_BUCKET"
        }
        Some("RequestTimeTooSkewed") => "set the clock of this machine by NTP",
        Some("AuthorizationHeaderMalformed" | "InvalidRegion") => "set S3_REGION to the region of the bucket",
        _ => {
            "compare S3_ENDPOINT (with its whole path), S3_REGION, S3_FORCE_PATH_STYLE, FILES_BUCKET and THUMBNAILS_BUCKET \
             with what the server expects"
        }
    }
}
