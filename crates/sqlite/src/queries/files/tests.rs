#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use diesel::connection::SimpleConnection as _;
use diesel::debug_query;
use fm_domain::access::Right;
use fm_domain::files::Sha256;
use fm_domain::ids::UserId;
use tempfile::TempDir;

use super::*;
use crate::{SqliteDatabase, migrate};

const OWNER: u128 = 7;

fn access() -> Access {
    Access::on_behalf_of(UserId::new(Uuid::from_u128(OWNER)), Right::Read)
}

/// A database in which a user has 4,500 files: 4,400 texts, and 100 images, of which none has `needle` in its name.
fn filled() -> (TempDir, SqliteDatabase, SqliteConnection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("files.db");
    migrate(&path).unwrap();
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let owner = Uuid::from_u128(OWNER).simple();
    let fill = format!(
        "INSERT INTO users (id, email, email_key, role, password_hash, created_at) \
         VALUES (x'{owner}', 'a', 'a', 'user', 'hash', 0); \
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4500) \
         INSERT INTO nodes (id, drive, parent, kind, name, name_sort, name_search, content_type, family, size, sha256, blob, \
                            thumbnail, content_at, modified_at, revision, created_at, updated_at) \
         SELECT randomblob(16), x'{owner}', x'{owner}', 'file', n, n, n, CASE n % 45 WHEN 0 THEN 'image/png' ELSE 'text/plain' END, \
                CASE n % 45 WHEN 0 THEN 'image' ELSE 'text' END, n, zeroblob(32), randomblob(16), 'none', 0, 0, 1, n, 0 FROM n"
    );
    connection.batch_execute(&fill).unwrap();
    let database = SqliteDatabase::open(&path).unwrap();
    (folder, database, connection)
}

fn of_type(text: &str) -> FileFilter {
    FileFilter { content_type: Some(TypeFilter::Exactly(text.parse().unwrap())), ..FileFilter::default() }
}

fn page(sort: FileSort) -> FilePage {
    FilePage { sort, order: SortOrder::Ascending, after: None, limit: 50 }
}

/// The plan of what one walk asks.
fn plan(connection: &mut SqliteConnection, filter: &FileFilter, page: &FilePage, walk: Walk) -> String {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    let end = page.after.clone();
    let query = matching(&access(), filter, page, walk, end).unwrap().select(NodeRow::as_select());
    let text = debug_query::<Sqlite, _>(&query).to_string();
    let statement = text.split(" -- binds:").next().unwrap();
    let steps: Vec<Step> =
        diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(connection).unwrap();
    steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_list_is_walked_along_the_index_that_was_chosen_for_it() {
    let (_folder, _database, mut connection) = filled();
    let key = |sort| match sort {
        FileSort::Name => PageKey::Name("7".to_owned(), FileId::new(Uuid::nil())),
        _ => PageKey::Size(size("size", 7).unwrap(), FileId::new(Uuid::nil())),
    };
    let by_hash = FileFilter { sha256: Some(Sha256::new([0; 32])), ..of_type("image/png") };
    let family =
        FileFilter { content_type: Some(TypeFilter::Family("image".to_owned())), ..FileFilter::default() };
    for (sort, order_index) in [(FileSort::Name, "nodes_by_name"), (FileSort::Size, "nodes_by_size")] {
        for (filter, filter_index) in [
            (of_type("image/png"), "nodes_by_content_type"),
            (family.clone(), "nodes_by_family"),
            (by_hash.clone(), "nodes_by_sha256"),
        ] {
            for order in [SortOrder::Ascending, SortOrder::Descending] {
                for after in [None, Some(key(sort))] {
                    let page = FilePage { order, after, ..page(sort) };
                    let along_filter = plan(&mut connection, &filter, &page, Walk::Filter);
                    assert!(along_filter.contains(&format!("INDEX {filter_index} (")), "{along_filter}");
                    let along_order = plan(&mut connection, &filter, &page, Walk::Order);
                    assert!(along_order.contains(&format!("INDEX {order_index} (")), "{along_order}");
                    assert!(!along_order.contains("TEMP B-TREE"), "{along_order}");
                }
            }
        }
    }
}

#[test]
fn a_turn_looks_at_no_more_files_than_its_share_whatever_the_filter() {
    let (_folder, _database, mut connection) = filled();
    let needle = |filter: FileFilter| FileFilter { name_contains: Some("needle".to_owned()), ..filter };
    let mixed = FileFilter { sha256: Some(Sha256::new([0; 32])), ..of_type("image/png") };
    for (filter, sort, walk, has_end) in [
        // A type that most files have, in an order that no index of it has.
        (of_type("text/plain"), FileSort::Name, Walk::Order, true),
        (needle(of_type("text/plain")), FileSort::Size, Walk::Order, true),
        // A hundred of them are read and sorted.
        (of_type("image/png"), FileSort::Name, Walk::Filter, false),
        (needle(of_type("image/png")), FileSort::Size, Walk::Filter, false),
        // The index has the order: nothing else is looked at.
        (of_type("text/plain"), FileSort::CreatedAt, Walk::Filter, false),
        (needle(of_type("text/plain")), FileSort::CreatedAt, Walk::Filter, true),
        // Many files have the hash, few of them the type.
        (mixed.clone(), FileSort::CreatedAt, Walk::Filter, true),
        (mixed, FileSort::Name, Walk::Order, true),
        (FileFilter::default(), FileSort::Name, Walk::Order, false),
        (needle(FileFilter::default()), FileSort::Name, Walk::Order, true),
    ] {
        let page = page(sort);
        let turn = turn(&mut connection, &access(), &filter, &page, None).unwrap();
        assert_eq!((turn.walk, turn.end.is_some()), (walk, has_end), "{filter:?} {sort:?}");
        if let Some(end) = turn.end {
            let share = FilePage { limit: 10_000, ..page };
            let looked = looked_at(&access(), &filter, &share, walk).unwrap();
            let looked = looked.filter(After::up_to(end, share.order)).select(nodes::id);
            assert_eq!(looked.load::<Id>(&mut connection).unwrap().len(), 2_000, "{filter:?} {sort:?}");
        }
    }
}

#[tokio::test]
async fn a_list_that_takes_too_long_is_given_up_between_its_turns() {
    let (_folder, database, _connection) = filled();
    let filter = FileFilter { name_contains: Some("needle".to_owned()), ..FileFilter::default() };
    let reads = database.reads();
    let page = page(FileSort::Name);
    let whole = reads.list_in_turns(&access(), &filter, &page, LONGEST_LIST).await.unwrap();
    assert_eq!(whole, []);
    let late = reads.list_in_turns(&access(), &filter, &page, Duration::ZERO).await;
    assert!(matches!(late, Err(PortError::Unavailable(_))), "{late:?}");
    // One that is done in its first turn is done.
    let short = reads.list_in_turns(&access(), &of_type("image/png"), &page, Duration::ZERO).await.unwrap();
    assert_eq!(short.len(), 50);
}
