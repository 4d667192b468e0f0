//! `GET /v1/folders/{id}/children`

use actix_web::HttpRequest;
use fm_api_types::ItemList;
use fm_application::tree::{self, ListChildrenCommand};
use fm_domain::files::SortOrder;
use fm_domain::ids::NodeId;
use fm_domain::tree::{ChildFilter, ChildSort, ItemKind};
use sha2::{Digest as _, Sha256};

use crate::auth::Authenticated;
use crate::input::{ItemRef, Query, none_match};
use crate::output::{item_list_answer, not_modified_weakly};
use crate::problem::{Answer, Code, Problem};
use crate::routes::include::Include;
use crate::state::State;

pub(super) const PROBLEMS: &[Code] = &[Code::MalformedRequest, Code::NotFound, Code::RateLimited];

const SORTS: &[(&str, ChildSort)] = &[
    ("name", ChildSort::Name),
    ("modified_at", ChildSort::ModifiedAt),
    ("created_at", ChildSort::CreatedAt),
    ("size", ChildSort::Size),
    ("type", ChildSort::Type),
];
const ORDERS: &[(&str, SortOrder)] = &[("asc", SortOrder::Ascending), ("desc", SortOrder::Descending)];
const KINDS: &[(&str, ItemKind)] = &[("folder", ItemKind::Folder), ("file", ItemKind::File)];

/// List a folder's entries
///
/// The entries of a folder, page by page, folders first. Pages are stable while entries come and go. The weak entity tag changes with
/// each change of the drive and when URLs of the page do: until then the page is answered with 304.
#[utoipa::path(
    get,
    path = "/v1/folders/{id}/children",
    operation_id = "list_folder_entries",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("id" = String, Path, description = "The folder: an id, or `root`.", example = "root"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Entries on a page; 50 unless given."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the page before, with the same other parameters."),
        ("sort" = Option<String>, Query, description = "`name` (unless given; by code point of its lower case), `modified_at`, `created_at`, `size` or `type`."),
        ("order" = Option<String>, Query, description = "`asc` (unless given) or `desc`."),
        ("kind" = Option<String>, Query, description = "`folder` or `file`: those alone."),
        ("mixed" = Option<String>, Query, description = "`1`: folders are sorted among files."),
        ("include" = Option<String>, Query, description = "`path`, `ancestors`, or both with a comma between them. Left out where the path has more than 16 KiB."),
        ("If-None-Match" = Option<String>, Header, description = "The entity tag that the client has."),
    ),
    responses(
        (status = 200, description = "A page.", body = ItemList, headers(("ETag" = String, description = "A weak entity tag."))),
        (status = 304, description = "What the client has is current, and its URLs work."),
    ),
)]
pub(crate) async fn list_children(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    id: ItemRef,
) -> Answer {
    let query = Query::new(request.query_string());
    let include = Include::of(&query)?;
    let folder = id.known(&actor)?;
    let command = command(folder, &query)?;
    let list = state.use_cases.tree.list_children.run(&actor, command).await?;
    let tag = tag(&list, request.query_string());
    if none_match(request.headers(), &tag) {
        return Ok(not_modified_weakly(&tag));
    }
    let about = include.about_entries(&state, &actor, folder, &list.items).await?;
    item_list_answer(&list, &about, &tag, &state.settings)
}

fn command(folder: NodeId, query: &Query<'_>) -> Result<ListChildrenCommand, Problem> {
    let (limit, cursor) = query.page()?;
    Ok(ListChildrenCommand {
        folder,
        filter: ChildFilter { kind: query.word("kind", KINDS)? },
        sort: query.word("sort", SORTS)?.unwrap_or_default(),
        order: query.word("order", ORDERS)?.unwrap_or(SortOrder::Ascending),
        mixed: query.flag("mixed")?,
        limit,
        cursor,
    })
}

/// The tag of a page: the number of the drive's last change, the query, and the tags of the items, which change with their URLs.
fn tag(list: &tree::ItemList, query: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(query);
    for item in &list.items {
        hash.update("\n");
        hash.update(item.etag());
    }
    let hash = hash.finalize();
    let short = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("s{}-{short:x}", list.seq.number())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use fm_application::files::FileView;
    use fm_application::tree::{FolderView, ItemView};
    use fm_domain::blobs::SignedUrl;
    use fm_domain::clock::Timestamp;
    use fm_domain::ids::DriveId;
    use fm_domain::testing::{CountingIds, a_file, a_user};
    use fm_domain::tree::{Folder, Seq};

    use super::*;

    fn read(query: &str) -> Result<ListChildrenCommand, Problem> {
        command(NodeId::new(CountingIds::nth(1)), &Query::new(query))
    }

    #[test]
    fn without_parameters_the_first_fifty_by_name_are_asked_for_folders_first() {
        let command = read("limit=&sort=&order=&kind=&mixed=&cursor=").unwrap();
        assert_eq!((command.limit, command.sort, command.order), (50, ChildSort::Name, SortOrder::Ascending));
        assert_eq!((command.filter.kind, command.mixed, command.cursor), (None, false, None));
    }

    #[test]
    fn every_parameter_is_read() {
        let command = read("limit=7&sort=type&order=desc&kind=file&mixed=1&cursor=c").unwrap();
        assert_eq!((command.limit, command.sort, command.order), (7, ChildSort::Type, SortOrder::Descending));
        assert_eq!((command.filter.kind, command.mixed), (Some(ItemKind::File), true));
        assert_eq!(command.cursor.as_deref(), Some("c"));
    }

    #[test]
    fn bad_values_are_refused() {
        for query in ["limit=0", "limit=201", "sort=id", "order=up", "kind=link", "mixed=2", "cursor=%FF"] {
            assert_eq!(read(query).unwrap_err().code(), Code::MalformedRequest, "{query}");
        }
    }

    #[test]
    fn the_tag_changes_with_the_drive_the_query_and_the_urls() {
        let file = |valid_from| {
            ItemView::File(FileView {
                file: a_file(),
                download: SignedUrl::new("https://files.test/"),
                valid_from: Timestamp::from_unix_seconds(valid_from),
                expires_at: Timestamp::from_unix_seconds(9_000),
                thumbnail: None,
            })
        };
        let root = Folder::root(DriveId::of_user(a_user().id), Timestamp::from_unix_seconds(0));
        let page = |seq, valid_from| {
            let items = vec![ItemView::Folder(FolderView { folder: root.clone() }), file(valid_from)];
            tree::ItemList { items, next_cursor: None, seq: Seq::new(seq) }
        };
        let first = tag(&page(7, 0), "limit=2");
        assert_eq!(first, tag(&page(7, 0), "limit=2"));
        assert!(first.starts_with("s7-"), "{first}");
        for other in [tag(&page(8, 0), "limit=2"), tag(&page(7, 1), "limit=2"), tag(&page(7, 0), "limit=3")] {
            assert_ne!(first, other);
        }
    }
}
