//! `GET /v1/files/{id}/versions`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::VersionList;
use fm_application::tree;
use fm_domain::files::VersionNumber;
use fm_domain::ids::FileId;

use super::Authors;
use crate::auth::Authenticated;
use crate::input::{PathId, Query};
use crate::output::{current_version, json, old_version};
use crate::problem::{Answer, Code, Problem};
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
    let before = cursor.as_deref().map(number).transpose()?;
    let list = state.use_cases.tree.versions.list(&actor, file, before, limit).await?;
    let authors = Authors::of(&state, &actor).await?;
    json(HttpResponse::Ok(), &page(&list, before.is_none(), limit, &authors, &state))
}

/// The number before which a page begins.
fn number(cursor: &str) -> Result<VersionNumber, Problem> {
    let number = cursor.parse::<u32>().ok().filter(|number| *number > 0).map(VersionNumber::new);
    number.ok_or_else(|| Problem::malformed("the cursor is not valid for this list"))
}

/// A page, the first of which begins with the present content: so many versions together.
fn page(
    list: &tree::VersionList,
    is_first: bool,
    limit: u32,
    authors: &Authors,
    state: &AppState,
) -> VersionList {
    let kept = state.use_cases.operations.capabilities.run().retention.version_age;
    let author = authors.author(list.present.file.owner);
    let present = is_first.then(|| current_version(&list.present, author));
    let old = list.versions.iter().map(|view| {
        let author = authors.author(view.version.created_by);
        old_version(view, author, kept)
    });
    let mut items: Vec<_> = present.into_iter().chain(old).collect();
    let is_cut = items.len() > limit as usize;
    items.truncate(limit as usize);
    let more = is_cut || list.next_before.is_some();
    let next_cursor = items.last().filter(|_| more).map(|last| last.number.to_string());
    VersionList { items, next_cursor }
}
