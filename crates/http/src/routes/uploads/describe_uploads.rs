//! `OPTIONS /v1/uploads`

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use fm_domain::uploads::ChecksumAlgorithm;

use crate::state::State;
use crate::tus;

/// Describe tus support
///
/// The version, the extensions and the largest size that tus clients can use, in header fields. A browser's preflight
/// is answered as such.
#[utoipa::path(
    options,
    path = "/v1/uploads",
    operation_id = "describe_tus_support",
    tag = "uploads",
    responses((status = 204, description = "Versions, extensions and limits.",
        headers(
            ("Tus-Resumable" = String, description = "`1.0.0`"),
            ("Tus-Version" = String, description = "`1.0.0`"),
            ("Tus-Extension" = String, description = "The extensions that are offered."),
            ("Tus-Max-Size" = u64, description = "Bytes that an upload may have."),
            ("Tus-Checksum-Algorithm" = String, description = "How checksums may be made."),
        ))),
)]
pub(crate) async fn describe_uploads(state: State) -> HttpResponse {
    let max_size = state.use_cases.operations.capabilities.run().max_resumable.bytes();
    let algorithms = ChecksumAlgorithm::ALL.map(ChecksumAlgorithm::as_str).join(",");
    HttpResponse::NoContent()
        .insert_header((header::ALLOW, HeaderValue::from_static("OPTIONS, POST")))
        .insert_header((tus::TUS_VERSION, tus::VERSION))
        .insert_header((tus::TUS_EXTENSION, tus::EXTENSIONS.join(",")))
        .insert_header((tus::TUS_MAX_SIZE, max_size))
        .insert_header((tus::TUS_CHECKSUM_ALGORITHM, algorithms))
        .finish()
}
