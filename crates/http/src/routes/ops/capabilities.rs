//! `GET /v1/capabilities`

use actix_web::HttpResponse;
use fm_domain::body::ByteSize;
use fm_domain::file::MediaType;
use serde::Serialize;
use utoipa::ToSchema;

use crate::output::json;
use crate::problem::Answer;
use crate::settings::{FORM_OVERHEAD, JSON_LIMIT};
use crate::state::State;

/// What this deployment offers.
#[derive(Serialize, ToSchema)]
#[schema(as = Capabilities)]
pub(crate) struct CapabilitiesJson<'a> {
    limits: LimitsJson,
    /// How a file can be uploaded.
    #[schema(value_type = Vec<String>, example = json!(["form", "raw"]))]
    transports: &'static [&'static str],
    /// The extensions of tus that are offered; none where there are no resumable uploads.
    #[schema(value_type = Vec<String>, example = json!([]))]
    tus_extensions: &'static [&'static str],
    /// The size of the parts of a direct upload; null where there are none.
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
    /// The largest file of a resumable upload; null where there are none.
    resumable_bytes: Option<u64>,
    /// The largest form: the file and what is around it.
    #[schema(example = 52_494_336)]
    form_bytes: u64,
    /// The longest name of a file.
    #[schema(example = 255)]
    name_characters: usize,
    /// The largest JSON body.
    #[schema(example = 65_536)]
    json_bytes: u64,
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
    let offered = state.use_cases.capabilities.run();
    let upload_bytes = offered.max_upload.bytes();
    let limits = LimitsJson {
        upload_bytes,
        resumable_bytes: None,
        form_bytes: upload_bytes.saturating_add(FORM_OVERHEAD),
        name_characters: offered.name_max_chars,
        json_bytes: JSON_LIMIT,
        quota_bytes: offered.quota.map(ByteSize::bytes),
        signed_url_seconds: offered.signed_url.as_secs(),
        max_signed_url_seconds: offered.max_signed_url.as_secs(),
    };
    let body = CapabilitiesJson {
        limits,
        transports: &["form", "raw"],
        tus_extensions: &[],
        part_size_bytes: None,
        thumbnail_formats: offered.thumbnail_formats.iter().map(MediaType::as_str).collect(),
        digests: &["sha-256"],
        registration_open: offered.registration_open,
    };
    json(HttpResponse::Ok(), &body)
}
