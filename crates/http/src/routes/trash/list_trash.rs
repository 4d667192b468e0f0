//! `GET /v1/trash`

use actix_web::{HttpRequest, HttpResponse};
use fm_api_types::TrashList;
use fm_application::tree::ListTrashCommand;
use fm_domain::access::Actor;
use fm_domain::files::{FileName, SortOrder};
use fm_domain::ids::NodeId;
use fm_domain::tree::{TrashFilter, TrashSort};
use uuid::Uuid;

use crate::auth::Authenticated;
use crate::input::{ItemRef, Query};
use crate::output::{json, trash_list};
use crate::problem::{Answer, Code, Problem};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::RateLimited];

const SORTS: &[(&str, TrashSort)] =
    &[("trashed_at", TrashSort::TrashedAt), ("name", TrashSort::Name), ("size", TrashSort::Size)];
const ORDERS: &[(&str, SortOrder)] = &[("asc", SortOrder::Ascending), ("desc", SortOrder::Descending)];

/// List the trash
///
/// What was put into the trash, page by page: a folder is one item, whatever is in it. The newest first.
#[utoipa::path(
    get,
    path = "/v1/trash",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Items on a page; 50 unless given."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same other parameters."),
        ("sort" = Option<String>, Query, description = "`trashed_at` (unless given), `name` (by code point of its lower case) or `size` (of all that went with it)."),
        ("order" = Option<String>, Query, description = "`desc` (unless given) or `asc`."),
        ("q" = Option<String>, Query, description = "A literal part of the name, in any case."),
        ("parent_id" = Option<String>, Query, description = "What was put there from this folder: an id, or `root`. The folder may be gone."),
    ),
    responses((status = 200, description = "A page.", body = TrashList)),
)]
pub(crate) async fn list_trash(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
) -> Answer {
    let command = command(&Query::new(request.query_string()), &actor)?;
    let list = state.use_cases.tree.list_trash.run(&actor, command).await?;
    json(HttpResponse::Ok(), &trash_list(&list))
}

fn command(query: &Query<'_>, actor: &Actor) -> Result<ListTrashCommand, Problem> {
    let (limit, cursor) = query.page()?;
    let name_contains = query.text("q")?.map(|text| FileName::fold(&text));
    // The folder may be gone: a text that is no id is answered like that of a folder that nothing was in.
    let from = query.text("parent_id")?;
    let from = from.map(|text| ItemRef::of(&text).find(actor).unwrap_or(NodeId::new(Uuid::nil())));
    Ok(ListTrashCommand {
        filter: TrashFilter { name_contains, from, before: None },
        sort: query.word("sort", SORTS)?.unwrap_or_default(),
        order: query.word("order", ORDERS)?.unwrap_or(SortOrder::Descending),
        limit,
        cursor,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use fm_domain::ids::{SessionId, UserId};
    use fm_domain::testing::CountingIds;

    use super::*;

    fn read(query: &str) -> Result<ListTrashCommand, Problem> {
        let (user, session) = (UserId::new(CountingIds::nth(1)), SessionId::new(CountingIds::nth(2)));
        command(&Query::new(query), &Actor::in_session(user, session))
    }

    #[test]
    fn without_parameters_the_newest_fifty_are_asked_for() {
        let command = read("q=&sort=&order=&parent_id=").unwrap();
        assert_eq!(
            (command.limit, command.sort, command.order),
            (50, TrashSort::TrashedAt, SortOrder::Descending)
        );
        assert_eq!((command.filter, command.cursor), (TrashFilter::default(), None));
    }

    #[test]
    fn every_parameter_is_read() {
        let command = read("limit=7&sort=size&order=asc&q=Stra%C3%9Fe&parent_id=root&cursor=c").unwrap();
        assert_eq!((command.limit, command.sort, command.order), (7, TrashSort::Size, SortOrder::Ascending));
        assert_eq!(command.filter.name_contains.unwrap(), FileName::fold("STRASSE"));
        assert_eq!(command.filter.from, Some(NodeId::new(CountingIds::nth(1))));
        assert_eq!(command.cursor.as_deref(), Some("c"));
    }

    #[test]
    fn bad_values_are_refused() {
        for query in ["limit=201", "sort=created_at", "order=up", "q=%FF"] {
            assert_eq!(read(query).unwrap_err().code(), Code::MalformedRequest, "{query}");
        }
        assert!(read("parent_id=x").unwrap().filter.from.is_some(), "it is no reason to list all");
    }
}
