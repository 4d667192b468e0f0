//! How PostgreSQL goes about our statements, on tables that are large enough to matter.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "no test program needs all of the fixture")]
#[path = "../tests/it/common/mod.rs"]
pub(crate) mod common;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use fm_domain::access::{Access, Right};
use fm_domain::audit::{AuditAction, AuditFilter, AuditKey, AuditPage};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::{FileFilter, FilePage, FileSort, PageKey, Sha256, SortOrder, TypeFilter};
use fm_domain::ids::{AuditEntryId, FileId, UserId};
use uuid::Uuid;

use self::common::Fixture;
use crate::audit;
use crate::contents;
use crate::list::list_files;
use crate::sql::{statement, typed};
use crate::uploads::{COUNT_OPEN, EXPIRED, PURGE_ENDED, latest, made_by, parts_of};
use crate::value::Moment;

/// Asks for the plan of a statement instead of its rows.
pub(crate) struct Explain<Q>(pub(crate) Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Explain<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("EXPLAIN ");
        self.0.walk_ast(out)
    }
}

impl<Q> QueryId for Explain<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for Explain<Q> {
    type SqlType = Text;
}

pub(crate) const OWNER: Uuid = Uuid::from_u128(1);

/// Two users among many; the first has 6,000 files of many types, names and sizes, and as many sit in every other table.
const FILL: &str = "
    INSERT INTO users (id, email, email_key, role, password_hash, created_at)
    SELECT id::uuid, id, id, 'user', 'hash', now()
    FROM unnest(ARRAY['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002']) AS id;
    INSERT INTO users (id, email, email_key, role, password_hash, created_at)
    SELECT gen_random_uuid(), 'other-' || n, 'other-' || n, 'user', 'hash', now() FROM generate_series(1, 3000) AS n;
    INSERT INTO nodes (id, drive_id, parent_id, name, name_sort, name_search, content_type, size_bytes, sha256, blob_id,
                       thumbnail_state, revision, created_at, updated_at)
    SELECT gen_random_uuid(), drive, drive, name, name, name,
           (ARRAY['image/png', 'image/jpeg', 'text/plain', 'application/pdf'])[1 + n % 4], n * 7919 % 100003,
           sha256(name::bytea), gen_random_uuid(), 'none', 1, timestamptz '2026-01-01' + n * interval '1 minute', now()
    FROM generate_series(1, 9000) AS n, LATERAL (SELECT md5(n::text) || '.png') AS names (name),
         LATERAL (SELECT ('00000000-0000-0000-0000-00000000000' || 1 + (n % 10) / 7)::uuid) AS drives (drive);
    INSERT INTO blobs (id, bucket, owner_id, state, reserved_bytes, announced_at, expires_at, doomed_at, due_at)
    SELECT gen_random_uuid(), 'files', gen_random_uuid(), CASE n % 2 WHEN 0 THEN 'announced' ELSE 'doomed' END, 0,
           moment, moment, CASE n % 2 WHEN 1 THEN moment END, CASE n % 2 WHEN 1 THEN moment END
    FROM generate_series(1, 6000) AS n, LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 minute') AS m (moment);
    INSERT INTO jobs (id, kind, payload, priority, run_at, due_at, owner_id)
    SELECT gen_random_uuid(), 'sweep_blobs', '{}', n % 3 * 10, moment, moment,
           CASE n % 2 WHEN 0 THEN ('00000000-0000-0000-0000-00000000000' || n % 8)::uuid END
    FROM generate_series(1, 6000) AS n, LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 minute') AS m (moment);
    INSERT INTO uploads (id, owner_id, transport, blob_id, name, metadata, idempotency_key, offset_bytes, reserved_bytes,
                         epoch, is_locked, hash_state, head, status, file_id, created_at, expires_at)
    SELECT gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'direct', gen_random_uuid(), 'name', '',
           'key-' || n / 10, 0, 0, 0, false, '', '', (ARRAY['open', 'complete', 'expired'])[1 + n % 3],
           CASE n % 3 WHEN 1 THEN gen_random_uuid() END, moment, moment
    FROM generate_series(1, 6000) AS n, LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 minute') AS m (moment);
    INSERT INTO upload_parts SELECT id, n, 5, 'tag' FROM uploads, generate_series(1, 4) AS n;
    INSERT INTO audit_entries (happened_at, id, action, account_id)
    SELECT timestamptz '2026-01-01' + n * interval '5 seconds', gen_random_uuid(), 'file.uploaded',
           ('00000000-0000-0000-0000-' || lpad((1 + n % 200)::text, 12, '0'))::uuid
    FROM generate_series(1, 60000) AS n;
    ANALYZE;";

pub(crate) async fn filled() -> Fixture {
    let fixture = Fixture::fresh().await;
    fixture.client().await.batch_execute(FILL).await.unwrap();
    fixture
}

/// To what the owner of the many files has.
const ACCESS: Access = Access::on_behalf_of(UserId::new(OWNER), Right::Read);

pub(crate) async fn plan<Q>(fixture: &Fixture, query: Q) -> String
where
    Q: QueryFragment<Pg> + Send + 'static,
{
    let lines: Vec<String> =
        fixture.pool.lease().await.unwrap().run(|connection| Explain(query).load(connection)).await.unwrap();
    lines.join("\n")
}

fn middle(sort: FileSort) -> PageKey {
    let id = FileId::new(Uuid::from_u128(u128::MAX / 2));
    match sort {
        FileSort::CreatedAt => PageKey::CreatedAt(Timestamp::from_unix_seconds(1_767_400_000), id),
        FileSort::Name => PageKey::Name("8".to_owned(), id),
        FileSort::Size => PageKey::Size(ByteSize::new(50_000), id),
    }
}

fn filter(content_type: Option<TypeFilter>) -> &'static FileFilter {
    Box::leak(Box::new(FileFilter { content_type, ..FileFilter::default() }))
}

#[tokio::test]
async fn every_page_of_a_list_is_a_walk_along_its_index() {
    let fixture = filled().await;
    let png = || Some(TypeFilter::Exactly("image/png".parse().unwrap()));
    let images = || Some(TypeFilter::Family("image".to_owned()));
    for (sort, content_type, index) in [
        (FileSort::CreatedAt, None, "nodes_created_at_idx"),
        (FileSort::Name, None, "nodes_name_sort_idx"),
        (FileSort::Size, None, "nodes_size_bytes_idx"),
        (FileSort::CreatedAt, png(), "nodes_content_type_idx"),
        (FileSort::CreatedAt, images(), "nodes_"),
    ] {
        let filter = filter(content_type);
        for order in [SortOrder::Ascending, SortOrder::Descending] {
            for after in [None, Some(middle(sort))] {
                let page = FilePage { sort, order, after: after.clone(), limit: 51 };
                let plan = plan(&fixture, list_files(&ACCESS, filter, &page).unwrap()).await;
                let wanted = plan.contains(&format!("using {index}")) && !plan.contains("Sort");
                assert!(wanted, "{sort:?} {order:?} {after:?}\n{plan}");
                assert!(!plan.contains("Seq Scan"), "{plan}");
                // The place is where the walk begins, not what it throws away.
                assert!(after.is_none() || plan.contains("Index Cond: ((drive_id"), "{plan}");
                assert!(after.is_none() || !plan.contains("Filter: (ROW("), "{plan}");
            }
        }
    }
}

#[tokio::test]
async fn a_hash_finds_its_files_by_index() {
    let fixture = filled().await;
    let filter = FileFilter { sha256: Some(Sha256::new([7; 32])), ..FileFilter::default() };
    let page = FilePage { sort: FileSort::CreatedAt, order: SortOrder::Descending, after: None, limit: 51 };
    let filter: &'static FileFilter = Box::leak(Box::new(filter));
    let plan = plan(&fixture, list_files(&ACCESS, filter, &page).unwrap()).await;
    assert!(plan.contains("nodes_sha256_idx"), "{plan}");
}

#[tokio::test]
async fn the_sweep_of_blobs_walks_along_its_index() {
    let fixture = filled().await;
    let now = || typed::<Timestamptz, _>(Moment(Timestamp::from_unix_seconds(1_767_400_000)));
    let mark_deleted =
        statement::<(), _>(crate::blobs::CANCEL_EXPIRED, (now(), typed::<BigInt, _>(5_i64), now(), now()));
    let mark_deleted = plan(&fixture, mark_deleted).await;
    assert!(
        mark_deleted.contains("using blobs_expires_at_idx") && !mark_deleted.contains("Seq Scan"),
        "{mark_deleted}"
    );
}

/// Users with few files each, so that one user's are worth an index.
const MANY_USERS: &str = "
    INSERT INTO users (id, email, email_key, role, password_hash, created_at)
    SELECT gen_random_uuid(), n, n, 'user', 'hash', now() FROM generate_series(1, 1000) AS n;
    INSERT INTO nodes (id, drive_id, parent_id, name, name_sort, name_search, content_type, size_bytes, blob_id,
                       thumbnail_state, revision, created_at, updated_at)
    SELECT gen_random_uuid(), users.id, users.id, names.name, names.name, names.name, 'text/plain', 1, gen_random_uuid(), 'none', 1, now(), now()
    FROM users, generate_series(1, 10) AS n, LATERAL (SELECT 'a' || n) AS names (name);
    ANALYZE;";

#[tokio::test]
async fn checks_of_everything_walk_along_their_indexes() {
    let fixture = filled().await;
    fixture.client().await.batch_execute(MANY_USERS).await.unwrap();
    let now = Timestamp::from_unix_seconds(1_767_400_000);
    let id = Uuid::from_u128(u128::MAX / 2);
    for (asked, indexes) in [
        (plan(&fixture, crate::checks::walk(Some(FileId::new(id)), 500)).await, &["using nodes_pkey"][..]),
        (
            plan(&fixture, crate::checks::tally(Some(UserId::new(id)), 50)).await,
            &["using users_pkey", "nodes_drive_id_idx"],
        ),
        (plan(&fixture, crate::checks::find(vec![id; 5])).await, &["blobs_pkey"]),
        (
            plan(&fixture, crate::checks::count_sweepable(now, 5)).await,
            &["blobs_expires_at_idx", "blobs_due_at_idx"],
        ),
    ] {
        let scans = asked.contains("Seq Scan on nodes") || asked.contains("Seq Scan on blobs");
        assert!(indexes.iter().all(|index| asked.contains(index)) && !scans, "{asked}");
    }
}

#[tokio::test]
async fn uploads_are_found_and_swept_along_their_indexes() {
    let fixture = filled().await;
    let sweep = || {
        let now = typed::<Timestamptz, _>(Moment(Timestamp::from_unix_seconds(1_767_300_000)));
        (now, typed::<BigInt, _>(5_i64))
    };
    let id = Uuid::from_u128(7);
    for (plan, index) in [
        (plan(&fixture, statement::<(), _>(EXPIRED, sweep())).await, "using uploads_open_expires_at_idx"),
        (
            plan(&fixture, statement::<(), _>(PURGE_ENDED, sweep())).await,
            "using uploads_ended_expires_at_idx",
        ),
        (
            plan(&fixture, statement::<(), _>(COUNT_OPEN, (typed::<SqlUuid, _>(OWNER),))).await,
            "uploads_open_owner_id_idx",
        ),
        (plan(&fixture, latest(&ACCESS, "key-7")).await, "using uploads_owner_id_idempotency_key_idx"),
        (plan(&fixture, parts_of(id)).await, "upload_parts_pkey"),
        (plan(&fixture, diesel::delete(made_by(id))).await, "using uploads_file_id_idx"),
    ] {
        let sorts = plan.contains("Sort") && !plan.contains("upload_parts");
        assert!(plan.contains(index) && !sorts && !plan.contains("Seq Scan on"), "{index}\n{plan}");
    }
}

#[tokio::test]
async fn the_trail_is_listed_and_purged_along_its_indexes() {
    let fixture = filled().await;
    let middle = Timestamp::from_unix_seconds(1_767_400_000);
    let after = AuditKey(middle, AuditEntryId::new(Uuid::from_u128(u128::MAX / 2)));
    let of_one = AuditFilter { account: Some(UserId::new(OWNER)), ..AuditFilter::default() };
    let of_one_action = AuditFilter { action: Some(AuditAction::LOGIN_FAILED), ..of_one.clone() };
    for (filter, index) in [
        (&AuditFilter::default(), "audit_entries_pkey"),
        (&of_one, "audit_entries_account_id_happened_at_idx"),
        (&of_one_action, "audit_entries_account_id_action_happened_at_idx"),
    ] {
        for after in [None, Some(after)] {
            let plan = plan(&fixture, audit::list(filter, &AuditPage { after, limit: 51 })).await;
            let walks = plan.contains(&format!("Scan Backward using {index}")) && !plan.contains("Sort");
            assert!(walks, "{after:?}\n{plan}");
            assert!(after.is_none() || plan.contains("Index Cond: "), "{plan}");
        }
    }
    let old = Timestamp::from_unix_seconds(1_767_300_000);
    let values = (typed::<Timestamptz, _>(Moment(old)), typed::<BigInt, _>(5_i64));
    let purge = plan(&fixture, statement::<(), _>(audit::PURGE, values)).await;
    assert!(purge.contains("using audit_entries_pkey") && !purge.contains("Seq Scan on"), "{purge}");
}

/// What the owner of the many files has elsewhere too.
const MANY_ROWS: &str = "
    UPDATE blobs SET owner_id = '00000000-0000-0000-0000-000000000001';
    INSERT INTO idempotency_keys (user_id, key, attempt_id, held_until)
    SELECT '00000000-0000-0000-0000-000000000001', 'key-' || n, gen_random_uuid(), now() FROM generate_series(1, 9000) AS n;
    INSERT INTO file_versions (file_id, number, content_type, size_bytes, blob_id, created_by, created_at, replaced_at, is_pinned)
    SELECT id, n, 'image/png', 5, gen_random_uuid(), drive_id, now(), now(), false
    FROM nodes, generate_series(1, 4) AS n WHERE kind = 'file';
    ANALYZE;";

#[tokio::test]
async fn what_a_removed_user_had_goes_along_its_indexes_and_no_further() {
    let fixture = filled().await;
    fixture.client().await.batch_execute(MANY_ROWS).await.unwrap();
    let (owner, at) = (
        || typed::<SqlUuid, _>(OWNER),
        || typed::<Timestamptz, _>(Moment(Timestamp::from_unix_seconds(1_767_400_000))),
    );
    let limit = || typed::<BigInt, _>(1_000_i64);
    let mut plans = vec![
        (
            plan(&fixture, statement::<(), _>(contents::CANCEL_INTENTS, (at(), at(), owner(), limit())))
                .await,
            "blobs_owner_id_id_idx",
        ),
        (
            plan(&fixture, statement::<(), _>(contents::REMOVE_PARTS, (owner(), limit(), limit(), limit())))
                .await,
            "upload_parts_pkey",
        ),
        (
            plan(
                &fixture,
                statement::<(), _>(contents::REMOVE_VERSIONS, (owner(), limit(), limit(), limit())),
            )
            .await,
            "file_versions_pkey",
        ),
    ];
    for (text, index) in [
        (contents::REMOVE_UPLOADS, "uploads_owner_id_idempotency_key_idx"),
        (contents::REMOVE_NODES, "nodes_drive_id_idx"),
        (contents::REMOVE_KEYS, "idempotency_keys_pkey"),
    ] {
        plans.push((plan(&fixture, statement::<(), _>(text, (owner(), limit()))).await, index));
    }
    for (plan, index) in plans {
        let walks = plan.contains(index) && plan.contains("Tid Scan");
        assert!(walks && !plan.contains("Seq Scan") && !plan.contains("Sort"), "{index}\n{plan}");
    }
}
