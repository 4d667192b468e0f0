//! The arguments of commands that move what is stored.

use clap::Args;

/// How to move blobs.
#[derive(Debug, Clone, Args)]
pub struct MoveBlobsArgs {
    /// The store that they are moved to, which must be that of BLOB_STORE: `s3`. It guards against the other direction.
    #[arg(long, value_name = "STORE")]
    pub to: String,
    /// Only count what would be moved.
    #[arg(long)]
    pub dry_run: bool,
    /// Once the new store has every blob that a file needs, delete them from the old one. Signed URLs that lead to an S3 as the
    /// old store end to work then: wait for SIGNED_URL_TTL_SECONDS after everything was moved.
    #[arg(long)]
    pub empty_source: bool,
    /// How many blobs are copied at once. The memory for it is a part of UPLOAD_BUFFER_BYTES.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub parallel: u16,
    /// One JSON object a line: each blob that was not moved, and at last a summary.
    #[arg(long)]
    pub json: bool,
}
