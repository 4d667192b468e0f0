//! What operators and clients ask of the deployment itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What this deployment offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Capabilities {
    pub limits: Limits,
    pub tree: TreeLimits,
    /// How a file can be uploaded.
    #[schema(example = json!(["form", "raw", "tus", "direct"]))]
    pub transports: Vec<String>,
    /// The extensions of tus that are offered; none where there are no resumable uploads.
    #[schema(example = json!(["creation", "expiration"]))]
    pub tus_extensions: Vec<String>,
    /// How the checksums of pieces of a resumable upload may be made; none where there are no such uploads.
    #[schema(example = json!(["sha1", "sha256", "crc32"]))]
    pub tus_checksum_algorithms: Vec<String>,
    /// The size of the parts of a direct upload, larger where there would be more than 1,000 of them; null where there
    /// are no direct uploads.
    #[schema(example = 8_388_608)]
    pub part_size_bytes: Option<u64>,
    /// The types that get thumbnails and previews. What of each is decoded is listed in `docs/THUMBNAILS.md`; the thumbnail of a picture
    /// of another kind is `failed`.
    #[schema(example = json!(["image/jpeg", "image/png"]))]
    pub thumbnail_formats: Vec<String>,
    pub previews: PreviewSizes,
    /// The digest algorithms that are checked (RFC 9530).
    #[schema(example = json!(["sha-256"]))]
    pub digests: Vec<String>,
    /// Whether anyone may register.
    pub registration_open: bool,
}

/// The sizes of previews: pixels on the longer side at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviewSizes {
    #[schema(example = 256)]
    pub small: u32,
    #[schema(example = 1024)]
    pub medium: u32,
}

/// Limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limits {
    /// The largest file.
    #[schema(example = 52_428_800)]
    pub upload_bytes: u64,
    /// The largest file of a resumable or direct upload; null where there are neither.
    #[schema(example = 10_737_418_240_u64)]
    pub resumable_bytes: Option<u64>,
    /// How long such an upload may pause; null where there are none.
    #[schema(example = 86_400)]
    pub upload_expiry_seconds: Option<u64>,
    /// The largest form: the file and what is around it.
    #[schema(example = 52_494_336)]
    pub form_bytes: u64,
    /// The longest name of a file.
    #[schema(example = 255)]
    pub name_characters: usize,
    /// The largest JSON body.
    #[schema(example = 65_536)]
    pub json_bytes: u64,
    /// The largest JSON body that completes a direct upload; null where there are none.
    #[schema(example = 262_144)]
    pub parts_json_bytes: Option<u64>,
    /// How much one user may keep; null: any amount.
    pub quota_bytes: Option<u64>,
    /// The life of the signed URLs in a file's body.
    #[schema(example = 3600)]
    pub signed_url_seconds: u64,
    /// The longest life of a signed URL.
    #[schema(example = 604_800)]
    pub max_signed_url_seconds: u64,
}

/// Limits of folders, of the trash, of versions, and of requests about many items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TreeLimits {
    /// The deepest level of a folder; the root is at level 0.
    #[schema(example = 64)]
    pub max_depth: u32,
    /// The most entries of one folder.
    #[schema(example = 100_000)]
    pub max_folder_entries: u64,
    /// The longest path of a request.
    #[schema(example = 16_384)]
    pub max_path_bytes: usize,
    /// The most operations of a batch, and the most paths of one request.
    #[schema(example = 1_000)]
    pub max_batch: usize,
    /// The most operations of a batch that is done as a whole or not at all.
    #[schema(example = 100)]
    pub max_atomic_batch: usize,
    /// The largest JSON body of a batch, and of many paths.
    #[schema(example = 1_048_576)]
    pub batch_json_bytes: u64,
    /// The most entries that one request changes at once: with more it is answered with 202 and an operation.
    #[schema(example = 1_000)]
    pub max_entries_at_once: u32,
    /// How long items stay in the trash; 0: there is none.
    #[schema(example = 30)]
    pub trash_retention_days: u64,
    /// The most old versions of a file, pinned ones left out; 0: none is kept.
    #[schema(example = 10)]
    pub versions_max_count: usize,
    /// How long an old version is kept after it was replaced.
    #[schema(example = 90)]
    pub versions_max_age_days: u64,
    /// The most pinned versions of one file.
    #[schema(example = 100)]
    pub max_pinned_versions: usize,
    /// Whether names that Windows can't hold are refused: `a:b`, `NUL`, a dot or space at the end.
    pub names_portable: bool,
}

/// The process serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Liveness {
    /// `ok`.
    #[schema(example = "ok")]
    pub status: String,
}

/// Whether requests can be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// `ok` or `failed`.
    #[schema(example = "ok")]
    pub status: String,
    pub checks: Checks,
}

/// Each `ok` or `failed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checks {
    #[schema(example = "ok")]
    pub database: String,
    #[schema(example = "ok")]
    pub blob_store: String,
    #[schema(example = "ok")]
    pub session_store: String,
}
