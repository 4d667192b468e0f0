//! `GET /v1/files/{id}/versions`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::VersionList;
use fm_application::tree;
use fm_domain::ids::FileId;

use super::Authors;
use crate::auth::Authenticated;
use crate::input::{PathId, Query};
use crate::output::{current_version, json, old_version};
use crate::problem::{Answer, Code};
use crate::state::{AppState, State};

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::NotFound];

/// List a file's versions
///
/// The contents of a file, the present one first, then those that it had before, newest first, page by page.
#[utoipa::path(
    get,
    path = "/v1/files/{id}/versions",
    operation_id = "list_file_versions",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, format = Uuid, description = "The file."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Versions on a page; 50 unless given."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before."),
    ),
    responses((status = 200, description = "A page.", body = VersionList)),
)]
pub(crate) async fn list_versions(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: PathId<FileId>,
) -> Answer {
    let file = id.known()?;
    let (limit, cursor) = Query::new(request.query_string()).page()?;
    let list = state.use_cases.tree.list_versions.run(&actor, file, cursor, limit).await?;
    let authors = Authors::of(&state, &actor).await?;
    json(HttpResponse::Ok(), &page(&list, &authors, &state))
}

/// A page, the first of which begins with the present content.
fn page(list: &tree::VersionList, authors: &Authors, state: &AppState) -> VersionList {
    let kept = state.use_cases.operations.capabilities.run().retention.version_age;
    let present = list.present.iter().map(|view| current_version(view, authors.author(view.file.owner)));
    let old = list.versions.iter().map(|view| {
        let author = authors.author(view.version.created_by);
        old_version(view, author, kept)
    });
    VersionList { items: present.chain(old).collect(), next_cursor: list.next_cursor.clone() }
}
