//! `GET /v1/items/lookup`

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use fm_api_types::Item;
use fm_application::tree::{ItemView, LookUpCommand};
use fm_domain::access::Actor;
use fm_domain::ids::{DriveId, NodeId};
use fm_domain::tree::{InvalidPath, ItemKind, TreePath};

use crate::auth::Authenticated;
use crate::input::{ItemRef, Query, bad, bad_path, none_match};
use crate::output::{item_answer, not_modified, path_of};
use crate::problem::{Answer, Code, Problem};
use crate::routes::include::Include;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::NotFound, Code::ValidationFailed];

/// Look up an item
///
/// The item at the end of a path, whose names count in any case. `Content-Location` names its own route.
#[utoipa::path(
    get,
    path = "/v1/items/lookup",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("path" = Option<String>, Query, description = "Names with `/` between them. Without any it is where the path begins.", example = "/Work/Invoices"),
        ("from" = Option<String>, Query, description = "The folder that the path begins at: an id, or `root`, which is what is left out."),
        ("drive_id" = Option<uuid::Uuid>, Query, description = "The drive at whose root the path begins, instead of `from`."),
        ("include" = Option<String>, Query, description = "`path`, `ancestors`, or both with a comma between them. Left out where the path has more than 16 KiB."),
        ("If-None-Match" = Option<String>, Header, description = "The entity tag that the client has."),
    ),
    responses(
        (status = 200, description = "The item.", body = Item,
            headers(
                ("Content-Location" = String, description = "`/v1/files/{id}` or `/v1/folders/{id}`"),
                ("ETag" = String, description = "The item's entity tag."),
            )),
        (status = 304, description = "What the client has is current, and its URLs work."),
    ),
)]
pub(crate) async fn look_up_item(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
) -> Answer {
    let query = Query::new(request.query_string());
    let include = Include::of(&query)?;
    let view = state.use_cases.tree.look_up.run(&actor, command(&query, &actor)?).await?;
    let (kind, id) = match &view {
        ItemView::File(view) => (ItemKind::File, view.file.id.into()),
        ItemView::Folder(view) => (ItemKind::Folder, view.folder.id),
    };
    let location = HeaderValue::from_str(&path_of(kind, id, &state.settings))
        .map_err(|_not_text| Problem::defect("an id holds characters that no header takes"))?;
    // Where it lies changes with the folders above it.
    let mut answer = if include == Include::default() && none_match(request.headers(), &view.etag()) {
        not_modified(&view.etag())
    } else {
        let about = include.about(&state, &actor, &view).await?;
        item_answer(StatusCode::OK, &view, &about, &state.settings)?
    };
    answer.headers_mut().insert(header::CONTENT_LOCATION, location);
    Ok(answer)
}

fn command(query: &Query<'_>, actor: &Actor) -> Result<LookUpCommand, Problem> {
    let path = query.text("path")?.unwrap_or_default();
    let path = TreePath::of_stored(&path).map_err(|invalid| match invalid {
        // Nothing has such a name.
        InvalidPath::Name(_) => Problem::of(Code::NotFound),
        InvalidPath::TooLong | InvalidPath::Dots => bad_path(invalid),
    })?;
    let from = match (query.text("from")?, query.text("drive_id")?) {
        (None, None) => None,
        (Some(from), None) => Some(ItemRef::of(&from).known(actor)?),
        (None, Some(drive)) => {
            let drive = DriveId::parse(&drive).ok_or_else(|| Problem::of(Code::NotFound))?;
            Some(NodeId::root(drive))
        }
        (Some(_), Some(_)) => return Err(bad("from", "does not go with drive_id")),
    };
    Ok(LookUpCommand { from, path })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use fm_domain::ids::{SessionId, UserId};
    use fm_domain::testing::CountingIds;

    use super::*;

    fn read(query: &str) -> Result<LookUpCommand, Problem> {
        let (user, session) = (UserId::new(CountingIds::nth(1)), SessionId::new(CountingIds::nth(2)));
        command(&Query::new(query), &Actor::in_session(user, session))
    }

    #[test]
    fn a_path_begins_at_the_root_a_folder_or_a_drive() {
        let id = CountingIds::nth(7);
        assert_eq!(read("path=/a").unwrap().from, None);
        assert_eq!(read("path=/a&from=root").unwrap().from, Some(NodeId::new(CountingIds::nth(1))));
        for query in [format!("path=a/b&from={id}"), format!("path=a%2Fb&drive_id={id}")] {
            let command = read(&query).unwrap();
            assert_eq!((command.from, command.path.names().len()), (Some(NodeId::new(id)), 2), "{query}");
        }
        for start in ["path=/", "path=", ""] {
            assert!(read(start).unwrap().path.is_empty(), "{start}");
        }
    }

    #[test]
    fn what_can_not_be_looked_up_is_refused() {
        let id = CountingIds::nth(7);
        let both = format!("path=a&from={id}&drive_id={id}");
        for query in ["path=a/../b", both.as_str()] {
            assert_eq!(read(query).unwrap_err().code(), Code::MalformedRequest, "{query}");
        }
        let long = format!("path={}", "a/".repeat(8193));
        assert_eq!(read(&long).unwrap_err().code(), Code::ValidationFailed);
        let no_name = format!("path=/a/{}", "x".repeat(256));
        for query in ["path=a&from=x", "path=a&drive_id=x", "path=a%00", no_name.as_str()] {
            assert_eq!(read(query).unwrap_err().code(), Code::NotFound, "{query}");
        }
    }
}
