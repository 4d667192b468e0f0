//! What the adapter has to be told.

use std::fmt;
use std::time::Duration;

use fm_domain::blobs::Bucket;
use fm_streaming::BufferBudget;

/// Where the store is, and how to talk to it. Its `Debug` shows no key.
#[derive(Clone)]
pub struct S3Settings {
    /// Where this program reaches the store: `https://….supabase.co/storage/v1/s3`. A slash at the end is optional.
    pub endpoint: String,
    /// Where clients reach it; the base of signed URLs.
    pub public_endpoint: String,
    /// The region that requests are signed for; servers refuse any but their own.
    pub region: String,
    /// The id of the access key.
    pub access_key_id: String,
    /// The access key.
    pub secret_access_key: String,
    /// Whether the bucket is in the path (almost every server) or in front of the host (AWS).
    pub force_path_style: bool,
    /// What the bucket of files is called.
    pub files_bucket: String,
    /// What the bucket of thumbnails is called.
    pub thumbnails_bucket: String,
    /// The memory that all uploads of the process share. Smaller than one part (5 MiB), it is held whole by each.
    pub budget: BufferBudget,
    /// How long to wait for what.
    pub timeouts: S3Timeouts,
}

impl S3Settings {
    /// What the bucket is called outside.
    #[must_use]
    pub fn bucket(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Files => &self.files_bucket,
            Bucket::Thumbnails => &self.thumbnails_bucket,
        }
    }
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Settings")
            .field("endpoint", &self.endpoint)
            .field("public_endpoint", &self.public_endpoint)
            .field("region", &self.region)
            .field("force_path_style", &self.force_path_style)
            .field("files_bucket", &self.files_bucket)
            .field("thumbnails_bucket", &self.thumbnails_bucket)
            .field("budget", &self.budget)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// How long to wait before a step counts as failed. Nothing waits without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct S3Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the answer to one attempt that moves no bytes of a blob.
    pub control: Duration,
    /// For the answer to one attempt that sends up to 5 MiB. Behind the first 5 MiB of a body that is sent while it comes: for the store to
    /// take 64 KiB, and to answer after the last of them.
    pub transfer: Duration,
    /// For the server to put the parts of a blob together; the time of all attempts.
    pub complete: Duration,
    /// For the next bytes of a blob that is being read.
    pub stall: Duration,
    /// For both buckets to answer a ping.
    pub ping: Duration,
    /// How often a step is attempted in all, at least once.
    pub attempts: u32,
}

impl S3Timeouts {
    /// 3 s to connect, 10 s for an answer, 60 s to send a part, 3 min to put them together, 30 s for the next bytes, 5 s for a ping; 3 attempts.
    pub const STANDARD: Self = Self {
        connect: Duration::from_secs(3),
        control: Duration::from_secs(10),
        transfer: Duration::from_mins(1),
        complete: Duration::from_mins(3),
        stall: Duration::from_secs(30),
        ping: Duration::from_secs(5),
        attempts: 3,
    };
}

impl Default for S3Timeouts {
    fn default() -> Self {
        Self::STANDARD
    }
}
