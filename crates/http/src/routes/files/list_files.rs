//! `GET /v1/files`

use actix_web::HttpRequest;
use fm_api_types::FileList;
use fm_application::files::ListCommand;
use fm_application::tree::ItemView;
use fm_domain::access::Actor;
use fm_domain::files::{FileFilter, FileName, FileSort, Sha256, SortOrder, TypeFilter};

use crate::auth::Authenticated;
use crate::input::{ItemRef, Query, bad};
use crate::output::file_list_answer;
use crate::problem::{Answer, Code, Problem};
use crate::routes::include::Include;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::NotFound, Code::RateLimited];

const SORTS: &[(&str, FileSort)] =
    &[("created_at", FileSort::CreatedAt), ("name", FileSort::Name), ("size", FileSort::Size)];
const ORDERS: &[(&str, SortOrder)] = &[("asc", SortOrder::Ascending), ("desc", SortOrder::Descending)];

/// List files
///
/// The caller's files, page by page, whatever folder they are in, without those in the trash. Newest first. Pages are stable while files come and go, and each is as fast as
/// the first. A search (`q`) looks at every name: two of a user run at a time, a few more wait for up to 2 s, and others are
/// answered with 429.
#[utoipa::path(
    get,
    path = "/v1/files",
    tag = "files",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Files on a page; 50 unless given."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same other parameters."),
        ("sort" = Option<String>, Query, description = "`created_at` (unless given), `name` (by code point of its lower case) or `size`."),
        ("order" = Option<String>, Query, description = "`desc` (unless given) or `asc`."),
        ("q" = Option<String>, Query, description = "A literal part of the name, in any case."),
        ("sha256" = Option<String>, Query, description = "The hash of the bytes, in hexadecimal digits."),
        ("content_type" = Option<String>, Query, description = "A media type, or a family of them: `image/*`."),
        ("parent_id" = Option<String>, Query, description = "Those of this folder, not of folders in it: an id, or `root`. Files of every folder, unless given."),
        ("modified_after" = Option<String>, Query, description = "Those whose `modified_at` is later than this moment (RFC 3339)."),
        ("modified_before" = Option<String>, Query, description = "Those whose `modified_at` is earlier than this moment (RFC 3339)."),
        ("include" = Option<String>, Query, description = "`path`, `ancestors`, or both with a comma between them. Left out where the path has more than 16 KiB."),
    ),
    responses((status = 200, description = "A page.", body = FileList)),
)]
pub(crate) async fn list_files(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
) -> Answer {
    let query = Query::new(request.query_string());
    let include = Include::of(&query)?;
    let command = command(&query, &actor)?;
    if let Some(folder) = command.filter.parent {
        // A folder that is not there is told: it is no empty one.
        let ItemView::Folder(_) = state.use_cases.tree.show.run(&actor, folder).await? else {
            return Err(Problem::of(Code::NotFound));
        };
    }
    let list = state.use_cases.files.list.run(&actor, command).await?;
    let about = include.about_files(&state, &actor, &list.items).await?;
    file_list_answer(&list, &about, &state.settings)
}

fn command(query: &Query<'_>, actor: &Actor) -> Result<ListCommand, Problem> {
    let (limit, cursor) = query.page()?;
    let sha256 = match query.text("sha256")? {
        Some(text) => {
            Some(Sha256::parse(&text).ok_or_else(|| bad("sha256", "must be 64 hexadecimal digits"))?)
        }
        None => None,
    };
    let name_contains = query.text("q")?.map(|text| FileName::fold(&text));
    let content_type = query.text("content_type")?.map(|text| type_filter(&text)).transpose()?;
    let parent = query.text("parent_id")?.map(|text| ItemRef::of(&text).known(actor)).transpose()?;
    let (modified_after, modified_before) =
        (query.moment("modified_after")?, query.moment("modified_before")?);
    Ok(ListCommand {
        filter: FileFilter { name_contains, sha256, content_type, parent, modified_after, modified_before },
        sort: query.word("sort", SORTS)?.unwrap_or_default(),
        order: query.word("order", ORDERS)?.unwrap_or(SortOrder::Descending),
        limit,
        cursor,
    })
}

fn type_filter(text: &str) -> Result<TypeFilter, Problem> {
    // A family is read as a type of that family, so that both are held to the same characters.
    let probe = text.strip_suffix("/*").map(|family| format!("{family}/x"));
    match probe {
        Some(probe) => probe
            .parse::<fm_domain::files::MediaType>()
            .map(|known| TypeFilter::Family(known.family().to_owned()))
            .map_err(|error| bad("content_type", error)),
        None => text.parse().map(TypeFilter::Exactly).map_err(|error| bad("content_type", error)),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use fm_domain::clock::Timestamp;
    use fm_domain::ids::{NodeId, SessionId, UserId};
    use fm_domain::testing::CountingIds;

    use super::*;

    fn read(query: &str) -> Result<ListCommand, Problem> {
        let (user, session) = (UserId::new(CountingIds::nth(1)), SessionId::new(CountingIds::nth(2)));
        command(&Query::new(query), &Actor::in_session(user, session))
    }

    #[test]
    fn without_parameters_the_newest_fifty_are_asked_for() {
        let command = read("").unwrap();
        assert_eq!(
            (command.limit, command.sort, command.order),
            (50, FileSort::CreatedAt, SortOrder::Descending)
        );
        assert_eq!((command.filter, command.cursor), (FileFilter::default(), None));
    }

    #[test]
    fn empty_values_are_as_if_absent() {
        let command = read("limit=&cursor=&sort=&order=&q=&sha256=&content_type=").unwrap();
        assert_eq!(format!("{command:?}"), format!("{:?}", read("").unwrap()));
    }

    #[test]
    fn every_parameter_is_read() {
        let command =
            read("limit=200&sort=name&order=asc&q=Stra%C3%9Fe&content_type=Image/*&cursor=c&other=1")
                .unwrap();
        assert_eq!((command.limit, command.sort, command.order), (200, FileSort::Name, SortOrder::Ascending));
        assert_eq!(command.filter.name_contains.unwrap(), FileName::fold("STRASSE"));
        assert_eq!(command.filter.content_type, Some(TypeFilter::Family("image".to_owned())));
        assert_eq!(command.cursor.unwrap(), "c");
    }

    #[test]
    fn files_of_a_folder_and_of_a_time_can_be_asked_for() {
        let query = "parent_id=root&modified_after=1970-01-01T00:00:07Z&modified_before=1970-01-01T00:00:09Z";
        let filter = read(query).unwrap().filter;
        assert_eq!(filter.parent, Some(NodeId::new(CountingIds::nth(1))));
        assert_eq!(filter.modified_after, Some(Timestamp::from_unix_seconds(7)));
        assert_eq!(filter.modified_before, Some(Timestamp::from_unix_seconds(9)));
        assert_eq!(read("parent_id=x").unwrap_err().code(), Code::NotFound);
        assert_eq!(read("modified_after=7").unwrap_err().code(), Code::MalformedRequest);
    }

    #[test]
    fn bad_values_are_refused() {
        for query in [
            "limit=0",
            "limit=201",
            "limit=x",
            "sort=id",
            "order=up",
            "sha256=12",
            "content_type=x",
            "content_type=*/*",
            "q=%FF",
        ] {
            assert_eq!(read(query).unwrap_err().code(), Code::MalformedRequest, "{query}");
        }
    }
}
