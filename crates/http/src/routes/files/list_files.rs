//! `GET /v1/files`

use actix_web::HttpRequest;
use fm_api_types::FileList;
use fm_application::files::ListCommand;
use fm_domain::files::{FileFilter, FileName, FileSort, Sha256, SortOrder, TypeFilter};

use crate::auth::Authenticated;
use crate::input::{Query, bad};
use crate::output::file_list_answer;
use crate::problem::{Answer, Code, Problem};
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::RateLimited];

const SORTS: &[(&str, FileSort)] =
    &[("created_at", FileSort::CreatedAt), ("name", FileSort::Name), ("size", FileSort::Size)];
const ORDERS: &[(&str, SortOrder)] = &[("asc", SortOrder::Ascending), ("desc", SortOrder::Descending)];

/// List files
///
/// The caller's files, page by page. Newest first. Pages are stable while files come and go, and each is as fast as
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
    ),
    responses((status = 200, description = "A page.", body = FileList)),
)]
pub(crate) async fn list_files(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
) -> Answer {
    let command = command(&Query::new(request.query_string()))?;
    let list = state.use_cases.files.list.run(&actor, command).await?;
    file_list_answer(&list)
}

fn command(query: &Query<'_>) -> Result<ListCommand, Problem> {
    let limit = query.value::<u32>("limit")?.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(bad("limit", "must be 1 to 200"));
    }
    let sha256 = match query.text("sha256")? {
        Some(text) => {
            Some(Sha256::parse(&text).ok_or_else(|| bad("sha256", "must be 64 hexadecimal digits"))?)
        }
        None => None,
    };
    let name_contains = query.text("q")?.map(|text| FileName::fold(&text));
    let content_type = query.text("content_type")?.map(|text| type_filter(&text)).transpose()?;
    Ok(ListCommand {
        filter: FileFilter { name_contains, sha256, content_type },
        sort: query.word("sort", SORTS)?.unwrap_or_default(),
        order: query.word("order", ORDERS)?.unwrap_or(SortOrder::Descending),
        limit,
        cursor: query.text("cursor")?.map(std::borrow::Cow::into_owned),
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

    use super::*;

    fn read(query: &str) -> Result<ListCommand, Problem> {
        command(&Query::new(query))
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
