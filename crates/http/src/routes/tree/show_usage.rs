//! `GET /v1/folders/{id}/usage`

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use fm_api_types::FolderUsage;
use fm_application::tree::{CountedUsage, ShownUsage};

use crate::auth::Authenticated;
use crate::input::ItemRef;
use crate::output::json;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound, Code::RateLimited];

/// Get a folder's usage
///
/// What a folder holds, all levels together, without the trash, when the drive had the number `seq`. It is counted again once that has changed:
/// of one user few are counted at a time. A count that takes more than 2 s goes on, and is answered to the client that comes back for it.
#[utoipa::path(
    get,
    path = "/v1/folders/{id}/usage",
    operation_id = "get_folder_usage",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "The folder: an id, or `root`.", example = "root")),
    responses(
        (status = 200, description = "Its figures.", body = FolderUsage),
        (status = 202, description = "It is being counted: ask again.",
            headers(("Retry-After" = u64, description = "In so many seconds."))),
    ),
)]
pub(crate) async fn show_usage(state: State, Authenticated(actor): Authenticated, id: ItemRef) -> Answer {
    match state.use_cases.tree.show_usage.run(&actor, id.known(&actor)?).await? {
        ShownUsage::Counted(CountedUsage { usage, at }) => {
            let body = FolderUsage {
                files: usage.files,
                folders: usage.folders,
                size_bytes: usage.size.bytes(),
                seq: usage.seq.number(),
                computed_at: at.into(),
            };
            json(HttpResponse::Ok(), &body)
        }
        ShownUsage::Counting { retry_after } => {
            let seconds = HeaderValue::from(retry_after.as_secs());
            Ok(HttpResponse::Accepted().insert_header((header::RETRY_AFTER, seconds)).finish())
        }
    }
}
