//! `GET /v1/folders/{id}/usage`

use actix_web::HttpResponse;
use fm_api_types::FolderUsage;

use crate::auth::Authenticated;
use crate::input::ItemRef;
use crate::output::json;
use crate::problem::{Answer, Code};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::NotFound, Code::RateLimited];

/// Get a folder's usage
///
/// What a folder holds, all levels together, without the trash. It is counted anew each time: of one user few are counted at a time.
#[utoipa::path(
    get,
    path = "/v1/folders/{id}/usage",
    operation_id = "get_folder_usage",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "The folder: an id, or `root`.", example = "root")),
    responses((status = 200, description = "Its figures.", body = FolderUsage)),
)]
pub(crate) async fn show_usage(state: State, Authenticated(actor): Authenticated, id: ItemRef) -> Answer {
    let (usage, at) = state.use_cases.tree.show_usage.run(&actor, id.known(&actor)?).await?;
    let body = FolderUsage {
        files: usage.files,
        folders: usage.folders,
        size_bytes: usage.size.bytes(),
        seq: usage.seq.number(),
        computed_at: at.into(),
    };
    json(HttpResponse::Ok(), &body)
}
