//! `POST /v1/folders`

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use fm_api_types::{CreatedFolders, Folder, FolderCreation, MadePath, MadePaths};
use fm_application::tree::{CreateFolderCommand, CreateFoldersCommand, ItemView};
use fm_domain::access::Actor;
use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use fm_domain::tree::{MAX_BATCH, OnFolderConflict, TreePath};
use serde_json::Value;

use crate::auth::Authenticated;
use crate::input::{ItemRef, JsonBody, item_ref, json_body, parsed, text};
use crate::output::{About, folder_answer, json};
use crate::problem::{Answer, Code, Problem};
use crate::routes::include::Include;
use crate::settings::BATCH_JSON_LIMIT;
use crate::state::{AppState, State};

pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::NameTaken,
    Code::TooDeep,
    Code::FolderFull,
    Code::PayloadTooLarge,
    Code::BatchTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct CreateFolderBody for FolderCreation {
        name: Option<FileName> => optional(parsed),
        path: Option<GivenPath> => optional(given_path),
        paths: Option<Vec<GivenPath>> => optional_list(given_path),
        parent_id: Option<ItemRef> => optional(item_ref),
        on_conflict: Option<OnFolderConflict> => optional(parsed),
    }
}

/// A path, and its text.
struct GivenPath {
    text: String,
    path: TreePath,
}

fn given_path(value: &Value) -> Result<GivenPath, String> {
    let text = text(value)?;
    let path = TreePath::parse(text).map_err(|invalid| invalid.to_string())?;
    if path.is_empty() {
        return Err("must name a folder".to_owned());
    }
    Ok(GivenPath { text: text.to_owned(), path })
}

/// What is asked for: one of three.
enum Wanted {
    /// By its name, in these folders below the parent.
    Name(FileName, TreePath, OnFolderConflict),
    Path(GivenPath),
    Paths(Vec<GivenPath>),
}

impl CreateFolderBody {
    fn wanted(self) -> Result<Wanted, Problem> {
        let Self { name, path, paths, on_conflict, .. } = self;
        let conflict = on_conflict.filter(|given| *given != OnFolderConflict::Reuse);
        match (name, path, paths) {
            (Some(name), None, None) => {
                Ok(Wanted::Name(name, TreePath::default(), on_conflict.unwrap_or_default()))
            }
            (None, Some(path), None) => Ok(match (conflict, path.path.names().last().cloned()) {
                (Some(conflict), Some(name)) => Wanted::Name(name, path.path.directory(), conflict),
                (None, _) | (_, None) => Wanted::Path(path),
            }),
            (None, None, Some(_)) if conflict.is_some() => {
                Err(Problem::invalid("/on_conflict", "must be reuse where there are paths"))
            }
            (None, None, Some(paths)) if paths.is_empty() => {
                Err(Problem::invalid("/paths", "must not be empty"))
            }
            (None, None, Some(paths)) if paths.len() > MAX_BATCH => Err(Problem::of(Code::BatchTooLarge)),
            (None, None, Some(paths)) => Ok(Wanted::Paths(paths)),
            _ => Err(Problem::invalid("", "needs one of name, path and paths")),
        }
    }
}

/// Create a folder
///
/// Makes a folder by its `name`; or by its `path`, with every folder on the way that is missing; or many by their `paths`, all or none.
/// One that is there is answered where it is asked for by its path, unless `on_conflict` says otherwise.
/// Names of a folder differ in more than case. 409 `name_taken` says which entry has the name.
#[utoipa::path(
    post,
    path = "/v1/folders",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    request_body = FolderCreation,
    responses(
        (status = 201, description = "The folder, with its path.", body = Folder,
            headers(("Location" = String, description = "`/v1/folders/{id}`"), ("ETag" = String, description = "The folder's entity tag."))),
        (status = 200, description = "The folder that was there. By `paths` the ids of all, in the order of the request.", body = CreatedFolders,
            headers(("ETag" = Option<String>, description = "The folder's entity tag."))),
    ),
)]
pub(crate) async fn create_folder(
    state: State,
    Authenticated(actor): Authenticated,
    body: JsonBody,
) -> Answer {
    let body: CreateFolderBody = body.up_to(BATCH_JSON_LIMIT).read().await?;
    let parent = body.parent_id.map(|parent| parent.known(&actor)).transpose()?;
    match body.wanted()? {
        Wanted::Name(name, directory, on_conflict) => {
            let command = CreateFolderCommand { name, parent, directory, on_conflict };
            let created = state.use_cases.tree.create_folder.run(&actor, command).await?;
            let view = ItemView::Folder(created.view);
            answer(&state, &actor, status(created.fresh), view, created.requested_name).await
        }
        Wanted::Path(GivenPath { path, .. }) => {
            let command = CreateFoldersCommand { parent, paths: vec![path] };
            let made = state.use_cases.tree.create_folders.run(&actor, command).await?;
            let id = made.ends.first().copied().ok_or_else(|| Problem::of(Code::NotFound))?;
            let view = state.use_cases.tree.show.run(&actor, id).await?;
            answer(&state, &actor, status(made.made > 0), view, None).await
        }
        Wanted::Paths(paths) => make_all(&state, &actor, parent, paths).await,
    }
}

async fn make_all(state: &AppState, actor: &Actor, parent: Option<NodeId>, given: Vec<GivenPath>) -> Answer {
    let (texts, paths): (Vec<String>, Vec<TreePath>) =
        given.into_iter().map(|GivenPath { text, path }| (text, path)).unzip();
    let command = CreateFoldersCommand { parent, paths };
    let made = state.use_cases.tree.create_folders.run(actor, command).await?;
    let ends = texts.into_iter().zip(made.ends);
    let items = ends.map(|(path, id)| MadePath { path, id: id.uuid() }).collect();
    let body = CreatedFolders::Paths(MadePaths { items, created: made.made });
    json(HttpResponse::Ok(), &body)
}

async fn answer(
    state: &AppState,
    actor: &Actor,
    status: StatusCode,
    view: ItemView,
    requested_name: Option<FileName>,
) -> Answer {
    let about = About { requested_name, ..Include::ALL.about(state, actor, &view).await? };
    match view {
        ItemView::Folder(view) => folder_answer(status, &view, &about, &state.settings),
        ItemView::File(_) => Err(Problem::defect("a folder is a file")),
    }
}

const fn status(fresh: bool) -> StatusCode {
    if fresh { StatusCode::CREATED } else { StatusCode::OK }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use serde_json::json;

    use super::*;
    use crate::input::{Fields, FromFields as _};

    fn read(body: &Value) -> Result<Wanted, Problem> {
        let mut fields = Fields::new(body.as_object().unwrap().clone());
        let body = CreateFolderBody::read(&mut fields);
        fields.finish(body)?.wanted()
    }

    #[test]
    fn a_folder_is_asked_for_in_one_of_three_ways() {
        let by_name = read(&json!({"name": "a", "on_conflict": "reuse"}));
        assert!(matches!(by_name, Ok(Wanted::Name(_, _, OnFolderConflict::Reuse))));
        let new = read(&json!({"path": "/a/b/c/", "on_conflict": "fail"}));
        let Ok(Wanted::Name(name, above, OnFolderConflict::Fail)) = new else { unreachable!("a new folder") };
        assert_eq!((name.as_str(), above), ("c", TreePath::parse("a/b").unwrap()));
        assert!(matches!(read(&json!({"path": "a/b/"})), Ok(Wanted::Path(path)) if path.text == "a/b/"));
        assert!(matches!(read(&json!({"path": "a", "on_conflict": "reuse"})), Ok(Wanted::Path(_))));
        assert!(
            matches!(read(&json!({"paths": ["a", "b/c"]})), Ok(Wanted::Paths(paths)) if paths.len() == 2)
        );
        let many: Vec<String> = (0..=MAX_BATCH).map(|number| number.to_string()).collect();
        assert_eq!(read(&json!({"paths": many})).err().unwrap().code(), Code::BatchTooLarge);
    }

    #[test]
    fn what_is_not_one_of_them_is_refused() {
        for (body, pointer) in [
            (json!({}), ""),
            (json!({"name": "a", "path": "b"}), ""),
            (json!({"path": "a", "paths": ["b"]}), ""),
            (json!({"paths": []}), "/paths"),
            (json!({"paths": ["a", "../b", 3]}), "/paths/1"),
            (json!({"path": "/"}), "/path"),
            (json!({"paths": ["a"], "on_conflict": "fail"}), "/on_conflict"),
            (json!({"on_conflict": "fail"}), ""),
            (json!({"name": "a/b"}), "/name"),
        ] {
            let refused = read(&body).err().unwrap();
            assert_eq!(refused.errors()[0].pointer, pointer, "{body}");
        }
    }
}
