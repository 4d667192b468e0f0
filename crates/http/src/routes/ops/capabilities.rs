//! `GET /v1/capabilities`

use actix_web::HttpResponse;
use fm_application::operations::Capabilities;
use fm_domain::body::ByteSize;
use fm_domain::files::MediaType;
use fm_domain::uploads::ChecksumAlgorithm;
use serde::Serialize;
use utoipa::ToSchema;

use crate::output::json;
use crate::problem::Answer;
use crate::settings::{FORM_OVERHEAD, JSON_LIMIT, PARTS_JSON_LIMIT};
use crate::state::State;
use crate::tus;

/// What this deployment offers.
#[derive(Serialize, ToSchema)]
#[schema(as = Capabilities)]
pub(crate) struct CapabilitiesJson<'a> {
    limits: LimitsJson,
    /// How a file can be uploaded.
    #[schema(value_type = Vec<String>, example = json!(["form", "raw", "tus", "direct"]))]
    transports: Vec<&'static str>,
    /// The extensions of tus that are offered; none where there are no resumable uploads.
    #[schema(value_type = Vec<String>, example = json!(["creation", "expiration"]))]
    tus_extensions: &'static [&'static str],
    /// How the checksums of pieces of a resumable upload may be made; none where there are no such uploads.
    #[schema(value_type = Vec<String>, example = json!(["sha1", "sha256", "crc32"]))]
    tus_checksum_algorithms: Vec<&'static str>,
    /// The size of the parts of a direct upload, larger where there would be more than 1,000 of them; null where there
    /// are no direct uploads.
    #[schema(example = 8_388_608)]
    part_size_bytes: Option<u64>,
    /// The types that get thumbnails.
    #[schema(value_type = Vec<String>, example = json!(["image/jpeg", "image/png"]))]
    thumbnail_formats: Vec<&'a str>,
    /// The digest algorithms that are checked (RFC 9530).
    #[schema(value_type = Vec<String>, example = json!(["sha-256"]))]
    digests: &'static [&'static str],
    /// Whether anyone may register.
    registration_open: bool,
}

/// Limits.
#[derive(Serialize, ToSchema)]
#[schema(as = Limits)]
struct LimitsJson {
    /// The largest file.
    #[schema(example = 52_428_800)]
    upload_bytes: u64,
    /// The largest file of a resumable or direct upload; null where there are neither.
    #[schema(example = 10_737_418_240_u64)]
    resumable_bytes: Option<u64>,
    /// How long such an upload may pause; null where there are none.
    #[schema(example = 86_400)]
    upload_expiry_seconds: Option<u64>,
    /// The largest form: the file and what is around it.
    #[schema(example = 52_494_336)]
    form_bytes: u64,
    /// The longest name of a file.
    #[schema(example = 255)]
    name_characters: usize,
    /// The largest JSON body.
    #[schema(example = 65_536)]
    json_bytes: u64,
    /// The largest JSON body that completes a direct upload; null where there are none.
    #[schema(example = 262_144)]
    parts_json_bytes: Option<u64>,
    /// How much one user may keep; null: any amount.
    quota_bytes: Option<u64>,
    /// The life of the signed URLs in a file's body.
    #[schema(example = 3600)]
    signed_url_seconds: u64,
    /// The longest life of a signed URL.
    #[schema(example = 604_800)]
    max_signed_url_seconds: u64,
}

/// What this deployment offers.
#[utoipa::path(
    get,
    path = "/v1/capabilities",
    tag = "operations",
    responses((status = 200, description = "Its limits and offers.", body = CapabilitiesJson)),
)]
pub(crate) async fn capabilities(state: State) -> Answer {
    let offered = state.use_cases.operations.capabilities.run();
    let body = CapabilitiesJson {
        limits: LimitsJson::of(offered),
        transports: transports(offered),
        tus_extensions: if offered.resumable { tus::EXTENSIONS } else { &[] },
        tus_checksum_algorithms: checksum_algorithms(offered),
        part_size_bytes: offered.part_size.map(ByteSize::bytes),
        thumbnail_formats: offered.thumbnail_formats.iter().map(MediaType::as_str).collect(),
        digests: &["sha-256"],
        registration_open: offered.registration_open,
    };
    json(HttpResponse::Ok(), &body)
}

fn transports(offered: &Capabilities) -> Vec<&'static str> {
    let all = [("form", true), ("raw", true), ("tus", offered.resumable), ("direct", offered.direct)];
    all.into_iter().filter(|(_, is_offered)| *is_offered).map(|(name, _)| name).collect()
}

fn checksum_algorithms(offered: &Capabilities) -> Vec<&'static str> {
    let all = ChecksumAlgorithm::ALL.into_iter().filter(|_| offered.resumable);
    all.map(ChecksumAlgorithm::as_str).collect()
}

impl LimitsJson {
    fn of(offered: &Capabilities) -> Self {
        let takes_many_requests = offered.resumable || offered.direct;
        let upload_bytes = offered.max_upload.bytes();
        Self {
            upload_bytes,
            resumable_bytes: takes_many_requests.then_some(offered.max_resumable.bytes()),
            upload_expiry_seconds: takes_many_requests.then_some(offered.upload_ttl.as_secs()),
            form_bytes: upload_bytes.saturating_add(FORM_OVERHEAD),
            name_characters: offered.name_max_chars,
            json_bytes: JSON_LIMIT,
            parts_json_bytes: offered.direct.then_some(PARTS_JSON_LIMIT),
            quota_bytes: offered.quota.map(ByteSize::bytes),
            signed_url_seconds: offered.signed_url.as_secs(),
            max_signed_url_seconds: offered.max_signed_url.as_secs(),
        }
    }
}
