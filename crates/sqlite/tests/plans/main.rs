//! Every statement finds its rows by an index, and lists come in order without sorting.
//!
//! A program of its own: diesel has one instrumentation for a process, so the statements of other tests would be looked at too.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]
#![expect(clippy::disallowed_methods, reason = "a test is its own source of ids and tasks")]

mod audit;
#[expect(dead_code, reason = "the other test program uses the rest of it")]
#[path = "../it/fill.rs"]
mod fill;
#[path = "../it/fixture.rs"]
mod fixture;
mod previews;
mod tree;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use diesel::prelude::*;
use diesel::sql_types::Text;
use fm_domain::access::{Access, Right};
use fm_domain::accounts::{Charge, User};
use fm_domain::blobs::{BlobIntent, BlobKey, PartTag, StoredBlob, WrittenPart};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::files::{FileFilter, FilePage, FileSort, PageKey, Revision, Sha256, SortOrder, TypeFilter};
use fm_domain::idempotency::{FinishedUpload, KeyClaim};
use fm_domain::ids::{BlobId, DriveId, FileId, SessionId, UserId};
use fm_domain::jobs::{JobState, NewJob};
use fm_domain::sessions::{Generation, RefreshState, Session, SessionStore};
use fm_domain::tree::Delta;
use fm_sqlite::{SqliteDatabase, SqliteSessionStore};
use uuid::Uuid;

use crate::fill::{KIND, NOW, file, job, upload, user};
use crate::fixture::Fixture;

/// Statements that the adapter ran since the plans began to be watched.
static RAN: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[expect(clippy::unnecessary_wraps, reason = "diesel asks for a function of this type")]
fn watch() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let statement = text.split(" -- binds:").next().unwrap_or(&text).to_owned();
            RAN.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
        }
    }))
}

const TABLES: [&str; 12] = [
    "users",
    "sessions",
    "blobs",
    "nodes",
    "file_versions",
    "previews",
    "operations",
    "idempotency_keys",
    "uploads",
    "upload_parts",
    "jobs",
    "audit_entries",
];

/// The steps of the plan of every statement on our tables that ran.
fn plans(fixture: &Fixture) -> BTreeMap<String, Vec<String>> {
    let mut connection = fixture.connect();
    let mut plans = BTreeMap::new();
    let ours = |text: &String| {
        ["SELECT", "UPDATE", "DELETE", "INSERT", "REPLACE"].iter().any(|verb| text.starts_with(verb))
            && TABLES
                .iter()
                .any(|table| text.contains(&format!("`{table}`")) || text.contains(&format!("FROM {table} ")))
    };
    for statement in ran().into_iter().filter(ours) {
        let steps = steps(&mut connection, &statement);
        plans.insert(statement, steps);
    }
    plans
}

const ORDERS: [SortOrder; 2] = [SortOrder::Ascending, SortOrder::Descending];
const SORTS: [FileSort; 3] = [FileSort::CreatedAt, FileSort::Name, FileSort::Size];

fn filters() -> [FileFilter; 5] {
    let image = TypeFilter::Exactly("image/png".parse().unwrap());
    [
        FileFilter::default(),
        FileFilter { name_contains: Some("a".to_owned()), ..FileFilter::default() },
        FileFilter { sha256: Some(Sha256::new([1; 32])), ..FileFilter::default() },
        FileFilter { content_type: Some(image), ..FileFilter::default() },
        FileFilter { content_type: Some(TypeFilter::Family("image".to_owned())), ..FileFilter::default() },
    ]
}

#[tokio::test]
async fn every_statement_uses_an_index() {
    set_default_instrumentation(watch).unwrap();
    let fixture = Fixture::new();
    let database = &fixture.database;
    let someone = user();
    users_and_files(database, &someone).await;
    tree::tree(database).await;
    previews::previews(database).await;
    blobs_and_keys(database, &someone).await;
    uploads(database, &someone).await;
    jobs(database).await;
    audit::statements(database, &someone).await;
    sessions(&SqliteSessionStore::new(database.clone()), &someone).await;

    let plans = plans(&fixture);
    assert!(plans.len() > 80, "only {} statements were seen", plans.len());
    for (statement, steps) in &plans {
        for step in steps {
            let scans = step.starts_with("SCAN")
                && !step.contains("USING")
                && !step.contains("CONSTANT ROW")
                && !step.starts_with("SCAN json_each")
                && !step.starts_with("SCAN (subquery")
                && !["SCAN up", audit::WALK_OF_THE_TRAIL].contains(&step.as_str());
            assert!(!scans, "{statement}\nreads a whole table: {step}");
            // A filter of its own index may leave few files to sort by name or size.
            let few = statement.contains("`content_type` =")
                || statement.contains("`family` =")
                || statement.contains("`sha256` =");
            let sorted = few && !statement.contains("ORDER BY `nodes`.`created_at`");
            let sorted = sorted || tree::is_sorted(statement);
            assert!(sorted || !step.contains("TEMP B-TREE"), "{statement}\nsorts: {step}");
        }
    }
    lists_seek_to_their_page(&plans);
    turns_step_from_user_to_user(&fixture);
    uploads_are_found_by_their_indexes(&plans);
    contents_go_along_their_indexes(&plans);
    tree::trees_go_along_their_indexes(&plans);
    previews::previews_go_along_their_indexes(&plans);
    tree::walks_go_along_their_indexes(&fixture);
    audit::the_trail_is_walked_from_the_place_of_a_page(&plans);
}

/// The statements that ran.
fn ran() -> Vec<String> {
    RAN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// However many jobs a user has.
fn turns_step_from_user_to_user(fixture: &Fixture) {
    let turns = ran().into_iter().find(|statement| statement.starts_with("WITH RECURSIVE owners")).unwrap();
    let steps = steps(&mut fixture.connect(), &turns);
    for index in ["jobs_by_owner (owner>?)", "jobs_by_owner (owner=?)", "jobs_running (owner=?)"] {
        assert!(steps.iter().any(|step| step.ends_with(index)), "{index}: {steps:?}");
    }
    assert!(!steps.iter().any(|step| step.starts_with("SCAN jobs") && !step.contains("USING")), "{steps:?}");
}

/// The steps of the plan of a statement.
fn steps(connection: &mut SqliteConnection, statement: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    let steps: Vec<Step> =
        diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(connection).unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}

/// Both the owner and the place in the list are found by one seek in the index of the order.
fn lists_seek_to_their_page(plans: &BTreeMap<String, Vec<String>>) {
    let mut seen = 0;
    for (order, index) in
        [("created_at", "nodes_by_created_at"), ("name_sort", "nodes_by_name"), ("size", "nodes_by_size")]
    {
        for (direction, sign) in [("ASC", ">"), ("DESC", "<")] {
            let plan = plans.iter().find(|(statement, _)| {
                let plain = ["instr", "OFFSET", "`sha256` =", "`content_type` =", "`family` =", "`parent` ="];
                statement.contains(&format!("ORDER BY `nodes`.`{order}` {direction}"))
                    && statement.contains("id) ")
                    && !plain.iter().any(|filter| statement.contains(filter))
            });
            let (_, steps) = plan.unwrap();
            let expected = format!("SEARCH nodes USING INDEX {index} (drive=? AND ({order},id){sign}(?,?))");
            // Once a page: whether the owner is marked as removed.
            let marked = ["SCALAR SUBQUERY 1", "SEARCH users USING PRIMARY KEY (id=?)"];
            assert_eq!(steps, &[expected.as_str(), marked[0], marked[1]]);
            seen += 1;
        }
    }
    assert_eq!(seen, 6);
    for (column, index) in [
        ("content_type", "nodes_by_content_type"),
        ("family", "nodes_by_family"),
        ("sha256", "nodes_by_sha256"),
    ] {
        let filtered = plans.iter().filter(|(statement, _)| {
            statement.contains(&format!("`{column}` ="))
                && statement.contains("ORDER BY `nodes`.`created_at`")
        });
        for (statement, steps) in filtered {
            let mut of_files = steps.iter().filter(|step| step.contains(" nodes "));
            assert!(of_files.all(|step| step.contains(index)), "{statement}: {steps:?}");
        }
    }
}

/// What a removed user had: each batch is a walk along an index that holds nothing of what went before.
fn contents_go_along_their_indexes(plans: &BTreeMap<String, Vec<String>>) {
    for (statement, index) in [
        ("UPDATE blobs SET state", "blobs_kept_by_owner (owner=?)"),
        ("DELETE FROM upload_parts", "uploads_by_key (owner=?)"),
        ("DELETE FROM upload_parts", "upload_parts USING PRIMARY KEY (upload=?)"),
        ("DELETE FROM uploads WHERE id IN (SELECT id FROM uploads WHERE owner", "uploads_by_key (owner=?)"),
        ("DELETE FROM file_versions WHERE (file, number)", "nodes_by_drive (drive=?)"),
        ("DELETE FROM file_versions WHERE (file, number)", "file_versions USING PRIMARY KEY (file=?)"),
        ("DELETE FROM nodes WHERE id IN (SELECT id", "nodes_by_drive (drive=?)"),
        (
            "DELETE FROM idempotency_keys WHERE (user_id, key) IN (SELECT user_id, key FROM idempotency_keys WHERE user_id",
            "PRIMARY KEY (user_id=?)",
        ),
    ] {
        let plan = plans.iter().find(|(text, _)| text.starts_with(statement));
        let (_, steps) = plan.unwrap();
        assert!(steps.iter().any(|step| step.ends_with(index)), "{statement}: {steps:?}");
    }
}

async fn users_and_files(database: &SqliteDatabase, someone: &User) {
    let thing = file(someone.id, "thing.txt");
    let mut unit = database.begin().await.unwrap();
    unit.users().insert(someone).await.unwrap();
    unit.users().find_for_update(someone.id).await.unwrap();
    unit.users().set_name(someone.id, None).await.unwrap();
    unit.users().set_password(someone.id, &someone.password_hash, &someone.password_hash).await.unwrap();
    unit.users().reserve(someone.id, ByteSize::ZERO, None).await.unwrap();
    unit.users().charge(someone.id, &Charge::default(), None).await.unwrap();
    unit.drives().enter(DriveId::of_user(someone.id), &Delta::default(), None).await.unwrap();
    unit.nodes().insert(&thing.clone().into()).await.unwrap();
    unit.files().update(&thing, Revision::FIRST).await.unwrap();
    unit.files().set_thumbnail(thing.id, thing.blob, &thing.thumbnail).await.unwrap();
    unit.files().set_sha256(thing.id, thing.blob, Sha256::new([0; 32]), None).await.unwrap();
    unit.files().remove(&Access::on_behalf_of(someone.id, Right::Read), thing.id).await.unwrap();
    unit.nodes().insert(&thing.clone().into()).await.unwrap();
    unit.commit().await.unwrap();

    let mut reads = database.read().await.unwrap();
    reads.users().find(someone.id).await.unwrap();
    reads.users().find_by_email(&someone.email).await.unwrap();
    reads.files().find(&Access::on_behalf_of(someone.id, Right::Read), thing.id).await.unwrap();
    reads.users().tally(Some(someone.id), 10).await.unwrap();
    reads.files().walk(Some(thing.id), 10).await.unwrap();
    reads.blobs().find(&[thing.blob]).await.unwrap();
    reads.blobs().count_sweepable(NOW, 10).await.unwrap();
    for (sort, order, filter) in
        SORTS.iter().flat_map(|s| ORDERS.iter().flat_map(move |o| filters().map(move |f| (*s, *o, f))))
    {
        for after in [None, Some(PageKey::of(&thing, sort))] {
            reads
                .files()
                .list(
                    &Access::on_behalf_of(someone.id, Right::Read),
                    &filter,
                    &FilePage { sort, order, after, limit: 50 },
                )
                .await
                .unwrap();
        }
    }
    let mut unit = database.begin().await.unwrap();
    unit.users().mark_removed(someone.id, NOW).await.unwrap();
    assert_eq!(unit.users().remove_contents(someone.id, NOW, 10).await.unwrap(), 1);
    unit.users().remove(someone.id).await.unwrap();
    unit.rollback().await.unwrap();
}

async fn blobs_and_keys(database: &SqliteDatabase, someone: &User) {
    let thing = file(someone.id, "thing.txt");
    let intent = BlobIntent {
        key: BlobKey::file(thing.blob),
        owner: someone.id,
        reserved: ByteSize::ZERO,
        recorded_at: NOW,
        expires_at: NOW,
    };
    let claim = KeyClaim {
        user: someone.id,
        key: "key".parse().unwrap(),
        attempt: BlobId::new(Uuid::now_v7()),
        lease_until: NOW.plus(Duration::from_secs(1)),
    };
    let upload = FinishedUpload { file: thing.id, name: thing.name.clone(), sha256: Sha256::new([0; 32]) };
    let mut unit = database.begin().await.unwrap();
    let blobs = unit.blobs();
    blobs.record_intent(&intent).await.unwrap();
    blobs.renew(thing.blob, NOW).await.unwrap();
    blobs.mark_stored(thing.blob, &StoredBlob { size: ByteSize::ZERO }).await.unwrap();
    blobs.cancel_intent(thing.blob, NOW).await.unwrap();
    blobs.mark_deleted(thing.blob, NOW).await.unwrap();
    blobs.cancel_expired(NOW, 10).await.unwrap();
    blobs.due(NOW, 10).await.unwrap();
    blobs.find_tombstones(&[intent.key]).await.unwrap();
    blobs.postpone(thing.blob, NOW).await.unwrap();
    blobs.remove(thing.blob).await.unwrap();
    let keys = unit.keys();
    keys.claim(&claim, NOW).await.unwrap();
    keys.renew(claim.attempt, NOW).await.unwrap();
    keys.finish(claim.attempt, &upload, NOW).await.unwrap();
    keys.free(claim.attempt).await.unwrap();
    keys.free_file(thing.id).await.unwrap();
    keys.purge_expired(NOW, 10).await.unwrap();
    unit.commit().await.unwrap();
}

async fn uploads(database: &SqliteDatabase, someone: &User) {
    let upload = upload(someone.id);
    let part = WrittenPart { number: 1, size: ByteSize::ZERO, tag: PartTag::new("tag".to_owned()) };
    let mut unit = database.begin().await.unwrap();
    let uploads = unit.uploads();
    uploads.insert(&upload).await.unwrap();
    uploads.find_for_update(&Access::on_behalf_of(someone.id, Right::Read), upload.id).await.unwrap();
    uploads
        .find_by_key(&Access::on_behalf_of(someone.id, Right::Read), &"key".parse().unwrap())
        .await
        .unwrap();
    uploads.count_open(someone.id).await.unwrap();
    uploads.update(&upload, upload.epoch).await.unwrap();
    uploads.add_part(upload.id, &part).await.unwrap();
    uploads.parts(upload.id).await.unwrap();
    uploads.expired(NOW, 10).await.unwrap();
    uploads.purge_ended(NOW, 10).await.unwrap();
    uploads.remove_of_file(FileId::new(Uuid::now_v7())).await.unwrap();
    uploads.remove(upload.id).await.unwrap();
    unit.commit().await.unwrap();
    database
        .read()
        .await
        .unwrap()
        .uploads()
        .find(&Access::on_behalf_of(someone.id, Right::Read), upload.id)
        .await
        .unwrap();
}

/// Which index each sweep and search of uploads walks along.
fn uploads_are_found_by_their_indexes(plans: &BTreeMap<String, Vec<String>>) {
    for (statement, index) in [
        ("`idempotency_key` =", "uploads_by_key (owner=? AND idempotency_key=?)"),
        ("`uploads`.`file` =", "uploads_by_file (file=?)"),
        ("ORDER BY `uploads`.`expires_at`", "uploads_open (expires_at<?)"),
        ("status <> 'open'", "uploads_ended (expires_at<?)"),
        ("COUNT(*)", "uploads_open_by_owner (owner=?)"),
    ] {
        let plan = plans.iter().find(|(text, _)| text.contains("uploads") && text.contains(statement));
        let (_, steps) = plan.unwrap();
        assert!(steps.iter().any(|step| step.ends_with(index)), "{statement}: {steps:?}");
    }
}

async fn jobs(database: &SqliteDatabase) {
    let errand = NewJob { unique: Some("name".to_owned()), ..job() };
    let mut unit = database.begin().await.unwrap();
    let jobs = unit.jobs();
    jobs.enqueue(&errand).await.unwrap();
    assert_eq!(jobs.claim(&[KIND], NOW, NOW, 10).await.unwrap().len(), 1);
    jobs.renew(errand.id, 1, NOW).await.unwrap();
    jobs.fail(errand.id, 1, Some(NOW), "reason").await.unwrap();
    jobs.claim(&[KIND], NOW, NOW, 10).await.unwrap();
    assert!(jobs.put_back(errand.id, 2, NOW, "reason").await.unwrap());
    jobs.claim(&[KIND], NOW, NOW, 10).await.unwrap();
    jobs.fail(errand.id, 2, None, "reason").await.unwrap();
    jobs.complete(errand.id, 2).await.unwrap();
    jobs.next_due(&[KIND]).await.unwrap();
    jobs.enqueue(&NewJob { owner: Some(UserId::new(Uuid::now_v7())), ..job() }).await.unwrap();
    jobs.claim(&[KIND], NOW, NOW.plus(Duration::from_secs(1)), 1).await.unwrap();
    jobs.count_living().await.unwrap();
    jobs.take_dead(errand.id).await.unwrap();
    unit.commit().await.unwrap();
    let mut reads = database.read().await.unwrap();
    reads.jobs().list(Some(JobState::Dead), Some(errand.id), 10).await.unwrap();
    assert!(!reads.jobs().has_living("name").await.unwrap());
}

async fn sessions(sessions: &SqliteSessionStore, someone: &User) {
    let session = Session {
        id: SessionId::new(Uuid::now_v7()),
        user: someone.id,
        created_at: NOW,
        last_seen_at: NOW,
        ip: None,
        user_agent: None,
        refresh: RefreshState::first([0; 16], NOW),
    };
    sessions.create(&session).await.unwrap();
    sessions.find(session.id, NOW).await.unwrap();
    sessions.touch(session.id, NOW, None).await.unwrap();
    sessions.rotate(session.id, Generation::FIRST, &session.refresh.rotated(NOW, NOW)).await.unwrap();
    sessions.list(someone.id, NOW).await.unwrap();
    sessions.revoke(someone.id, session.id).await.unwrap();
    sessions.revoke_all(someone.id, None, NOW).await.unwrap();
    sessions.revoke_all(someone.id, Some(session.id), NOW).await.unwrap();
    sessions.purge_expired(NOW, 10).await.unwrap();
}
