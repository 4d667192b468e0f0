//! `GET /v1/capabilities`

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::{Capabilities, Limits, PreviewSizes, TreeLimits};
use fm_application::operations;
use fm_domain::body::ByteSize;
use fm_domain::limits::LimitedAction;
use fm_domain::previews::PreviewSize;
use fm_domain::tree::{
    MAX_ATOMIC, MAX_BATCH, MAX_DEPTH, MAX_FOLDER_ENTRIES, MAX_PATH_BYTES, MAX_PINNED, UNIT_ENTRIES,
};
use fm_domain::uploads::ChecksumAlgorithm;

use crate::limits::limit_address;
use crate::output::json;
use crate::problem::{Answer, Code};
use crate::settings::{BATCH_JSON_LIMIT, FORM_OVERHEAD, JSON_LIMIT, PARTS_JSON_LIMIT};
use crate::state::State;
use crate::tus;

pub(super) const PROBLEMS: &[Code] = &[Code::RateLimited];

/// Get capabilities
///
/// What this deployment offers.
#[utoipa::path(
    get,
    path = "/v1/capabilities",
    operation_id = "get_capabilities",
    tag = "operations",
    responses((status = 200, description = "Its limits and offers.", body = Capabilities)),
)]
pub(crate) async fn capabilities(request: HttpRequest, state: State) -> Answer {
    limit_address(&request, &state, LimitedAction::AnonymousRequests).await?;
    let offered = state.use_cases.operations.capabilities.run();
    let body = Capabilities {
        limits: limits(offered),
        tree: tree_limits(offered),
        transports: transports(offered),
        tus_extensions: tus_extensions(offered),
        tus_checksum_algorithms: checksum_algorithms(offered),
        part_size_bytes: offered.part_size.map(ByteSize::bytes),
        thumbnail_formats: offered.thumbnail_formats.iter().map(ToString::to_string).collect(),
        previews: PreviewSizes { small: PreviewSize::Small.pixels(), medium: PreviewSize::Medium.pixels() },
        digests: vec!["sha-256".to_owned()],
        registration_open: offered.registration_open,
    };
    json(HttpResponse::Ok(), &body)
}

fn transports(offered: &operations::Capabilities) -> Vec<String> {
    let all = [("form", true), ("raw", true), ("tus", offered.resumable), ("direct", offered.direct)];
    all.into_iter().filter(|(_, is_offered)| *is_offered).map(|(name, _)| name.to_owned()).collect()
}

fn checksum_algorithms(offered: &operations::Capabilities) -> Vec<String> {
    let all = ChecksumAlgorithm::ALL.into_iter().filter(|_| offered.resumable);
    all.map(|algorithm| algorithm.as_str().to_owned()).collect()
}

fn tus_extensions(offered: &operations::Capabilities) -> Vec<String> {
    let all = tus::EXTENSIONS.iter().filter(|_| offered.resumable);
    all.map(|name| (*name).to_owned()).collect()
}

fn tree_limits(offered: &operations::Capabilities) -> TreeLimits {
    let days = |duration: Duration| duration.as_secs() / (24 * 60 * 60);
    let retention = offered.retention;
    TreeLimits {
        max_depth: MAX_DEPTH,
        max_folder_entries: MAX_FOLDER_ENTRIES,
        max_path_bytes: MAX_PATH_BYTES,
        max_batch: MAX_BATCH,
        max_atomic_batch: MAX_ATOMIC,
        batch_json_bytes: BATCH_JSON_LIMIT,
        max_entries_at_once: UNIT_ENTRIES,
        trash_retention_days: days(retention.trash),
        versions_max_count: retention.versions,
        versions_max_age_days: days(retention.version_age),
        max_pinned_versions: MAX_PINNED,
        names_portable: offered.names_portable,
    }
}

fn limits(offered: &operations::Capabilities) -> Limits {
    let takes_many_requests = offered.resumable || offered.direct;
    let upload_bytes = offered.max_upload.bytes();
    Limits {
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
