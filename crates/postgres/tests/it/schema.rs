//! The tables: their conventions, and that migrations go down and up again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::archive::{Archive as _, BlobTally};
use fm_domain::clock::Timestamp;
use fm_postgres::{PgDatabase, PgLimits};

use crate::common::Fixture;

/// Everything that makes up the structure, one thing a line.
const STRUCTURE: &str = "
    SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' '
           || coalesce(column_default, '') || ' ' || coalesce(generation_expression, '') || ' '
           || coalesce(collation_name, '')
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'options ' || relname || ' ' || reloptions::text
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL
    UNION ALL
    SELECT 'other ' || relkind::text || ' ' || relname
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('r', 'i')
    ORDER BY 1";

async fn none(fixture: &Fixture, sql: &str) {
    assert_eq!(fixture.ask(sql).await, Vec::<String>::new(), "{sql}");
}

#[tokio::test]
async fn migrations_go_down_and_up_again_without_loss_of_structure() {
    let fixture = Fixture::bare(PgLimits::default()).await;
    let migrations = fixture.migrations();
    let names = migrations.pending().await.unwrap();
    assert_eq!(names.len(), 39);
    assert_eq!(migrations.up().await.unwrap(), names);
    let before = fixture.ask(STRUCTURE).await;
    assert!(before.len() > 100, "{before:#?}");
    assert_eq!(migrations.up().await.unwrap(), Vec::<String>::new(), "there is nothing left to run");

    let mut backwards = names.clone();
    backwards.reverse();
    for name in &backwards {
        assert_eq!(migrations.down(1).await.unwrap(), [name.as_str()]);
        let state = migrations.status().await.unwrap();
        assert!(state.iter().any(|state| state.name == *name && !state.applied), "{state:?}");
    }
    assert_eq!(migrations.applied().await.unwrap(), Vec::<String>::new());
    none(
        &fixture,
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_%'",
    )
    .await;

    migrations.up().await.unwrap();
    assert_eq!(fixture.ask(STRUCTURE).await, before);
    assert_eq!(migrations.down(usize::MAX).await.unwrap(), backwards, "all at once");
}

#[tokio::test]
async fn a_migration_that_is_taken_back_leaves_the_structure_that_it_found() {
    let fixture = Fixture::bare(PgLimits::default()).await;
    let migrations = fixture.migrations();
    let client = fixture.client().await;
    let mut structures = vec![fixture.ask(STRUCTURE).await];
    for name in migrations.pending().await.unwrap() {
        let script = format!("{}/../../migrations/postgres/{name}/up.sql", env!("CARGO_MANIFEST_DIR"));
        client.batch_execute(&std::fs::read_to_string(script).unwrap()).await.unwrap();
        structures.push(fixture.ask(STRUCTURE).await);
    }

    let fixture = Fixture::bare(PgLimits::default()).await;
    let ours = |lines: Vec<String>| -> Vec<String> {
        lines.into_iter().filter(|line| !line.contains("__diesel_schema_migrations")).collect()
    };
    fixture.migrations().up().await.unwrap();
    while let Some(structure) = structures.pop() {
        assert_eq!(
            ours(fixture.ask(STRUCTURE).await),
            ours(structure),
            "after {} migrations",
            structures.len()
        );
        fixture.migrations().down(1).await.unwrap();
    }
}

#[tokio::test]
async fn nodes_that_start_together_migrate_once() {
    let fixture = Fixture::bare(PgLimits::default()).await;
    let (one, other) = (fixture.migrations(), fixture.migrations());
    let (one, other) = tokio::join!(one.up(), other.up());
    assert_eq!(one.unwrap().len() + other.unwrap().len(), 39);
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |database: &str| {
        let folder = format!("{}/../../migrations/{database}", env!("CARGO_MANIFEST_DIR"));
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    };
    assert_eq!(names("postgres"), names("sqlite"));
}

#[tokio::test]
async fn the_tables_keep_to_their_conventions() {
    let fixture = Fixture::fresh().await;
    let columns =
        "FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'";
    for (broken, rule) in [
        (
            "column_name LIKE '%\\_at' AND data_type NOT IN ('timestamp with time zone', 'ARRAY')",
            "moments are timestamptz",
        ),
        (
            "column_name LIKE '%\\_until' AND data_type <> 'timestamp with time zone'",
            "moments are timestamptz",
        ),
        ("(column_name = 'id' OR column_name LIKE '%\\_id') AND data_type <> 'uuid'", "ids are uuid"),
        ("column_name LIKE '%\\_bytes' AND data_type <> 'bigint'", "sizes are bigint"),
        ("data_type IN ('character varying', 'character', 'timestamp without time zone')", "no such types"),
    ] {
        let found =
            fixture.ask(&format!("SELECT table_name || '.' || column_name {columns} AND {broken}")).await;
        assert_eq!(found, Vec::<String>::new(), "{rule}");
    }
    none(
        &fixture,
        "SELECT conname::text FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
         WHERE connamespace = 'public'::regnamespace AND relname NOT LIKE '\\_\\_%'
           AND conname NOT LIKE relname || '\\_%'",
    )
    .await;
    none(
        &fixture,
        "SELECT conname::text FROM pg_constraint AS f WHERE contype = 'f' AND NOT EXISTS (
             SELECT FROM pg_index WHERE indrelid = f.conrelid AND indkey[0] = f.conkey[1])",
    )
    .await;
    none(
        &fixture,
        "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
           AND relname NOT LIKE '\\_\\_%'
           AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = pg_class.oid AND contype = 'p')",
    )
    .await;
    none(
        &fixture,
        "SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND conrelid = 'sessions'::regclass",
    )
    .await;
}

#[tokio::test]
async fn no_counter_can_go_below_zero_and_what_belongs_together_stays_so() {
    let fixture = Fixture::fresh().await;
    let client = fixture.client().await;
    client
        .batch_execute(
            "INSERT INTO users (id, email, email_key, role, password_hash, created_at)
             VALUES (gen_random_uuid(), 'a@b.example', 'a@b.example', 'user', 'hash', now());
             INSERT INTO uploads (id, owner_id, transport, blob_id, name, metadata, length_bytes, offset_bytes,
                 reserved_bytes, epoch, is_locked, hash_state, head, status, created_at, expires_at)
             SELECT gen_random_uuid(), id, 'direct', gen_random_uuid(), 'a', '', 5, 5, 5, 0, false, '', '', 'open',
                    now(), now() FROM users;
             INSERT INTO upload_parts SELECT id, 1, 5, 'tag' FROM uploads;
             INSERT INTO blobs (id, bucket, owner_id, state, reserved_bytes, announced_at, expires_at)
             SELECT gen_random_uuid(), 'files', id, 'announced', 0, now(), now() FROM users;
             INSERT INTO nodes (id, drive_id, parent_id, name, name_sort, name_search, content_type, size_bytes, blob_id,
                                thumbnail_state, revision, created_at, updated_at)
             SELECT gen_random_uuid(), owner_id, owner_id, 'a', 'a', 'a', 'text/plain', 1, id, 'none', 1, now(), now()
             FROM blobs;
             INSERT INTO previews (original_id, size_name) SELECT id, 'small' FROM blobs;
             INSERT INTO jobs (id, kind, payload, priority, run_at, due_at)
             VALUES (gen_random_uuid(), 'sweep_blobs', '{}', 0, now(), now());
             INSERT INTO idempotency_keys (user_id, key, attempt_id, held_until)
             SELECT id, 'key', gen_random_uuid(), now() FROM users",
        )
        .await
        .unwrap();
    for refused in [
        "UPDATE users SET used_bytes = -1",
        "UPDATE users SET reserved_bytes = -1",
        "UPDATE users SET file_count = -1",
        "UPDATE uploads SET offset_bytes = 6",
        "UPDATE uploads SET status = 'complete'",
        "UPDATE uploads SET file_id = gen_random_uuid()",
        "UPDATE upload_parts SET number = 0",
        "UPDATE upload_parts SET number = 4294967296",
        "UPDATE upload_parts SET size_bytes = -1",
        "UPDATE blobs SET state = 'settled'",
        "UPDATE blobs SET state = 'doomed'",
        "UPDATE blobs SET due_at = now()",
        "UPDATE users SET trash_bytes = -1",
        "UPDATE users SET node_count = -1",
        "UPDATE nodes SET thumbnail_state = 'ready'",
        "UPDATE nodes SET thumbnail_width = 1",
        "UPDATE nodes SET kind = 'folder' WHERE blob_id IS NOT NULL",
        "UPDATE previews SET blob_id = gen_random_uuid()",
        "UPDATE previews SET format = 'png', width = 1, height = 1",
        "UPDATE nodes SET parent_id = NULL",
        "UPDATE nodes SET trash_id = id WHERE parent_id IS NOT NULL",
        "UPDATE jobs SET lease_until = due_at + interval '1 second'",
        "UPDATE jobs SET state = 'dead', lease_until = due_at",
        "UPDATE idempotency_keys SET file_id = gen_random_uuid()",
    ] {
        let error = client.batch_execute(refused).await.unwrap_err();
        assert_eq!(error.code(), Some(&tokio_postgres::error::SqlState::CHECK_VIOLATION), "{refused}");
    }
}

#[tokio::test]
async fn entries_of_the_audit_trail_can_be_added_and_removed_but_not_changed() {
    let fixture = Fixture::fresh().await;
    let client = fixture.client().await;
    let entry = "INSERT INTO audit_entries (happened_at, id, action) VALUES (now(), gen_random_uuid(), 'file.removed')";
    client.batch_execute(entry).await.unwrap();
    for change in
        ["action = 'file.renamed'", "actor_id = gen_random_uuid()", "happened_at = now()", "id = id"]
    {
        let refused = client.batch_execute(&format!("UPDATE audit_entries SET {change}")).await.unwrap_err();
        let told = refused.as_db_error().unwrap().message();
        assert!(told.contains("never changed"), "{change}: {told}");
    }
    client.batch_execute("DELETE FROM audit_entries").await.unwrap();
}

#[tokio::test]
async fn an_account_that_is_half_removed_goes_with_its_mark() {
    let fixture = Fixture::fresh().await;
    fixture
        .client()
        .await
        .batch_execute(
            "INSERT INTO users (id, email, email_key, role, password_hash, created_at, removed_at)
             VALUES (gen_random_uuid(), 'a', 'a', 'user', '', now(), now()),
                    (gen_random_uuid(), 'b', 'b', 'user', '', now(), NULL);
             INSERT INTO blobs
             SELECT gen_random_uuid(), 'files', id, 'announced', 0, NULL, false, now(), now(), NULL, NULL FROM users;
             INSERT INTO files (id, owner_id, name, name_sort, name_search, content_type, size_bytes, blob_id,
                                thumbnail_state, revision, created_at, updated_at)
             SELECT gen_random_uuid(), owner_id, 'a', 'a', 'a', 'text/plain', 1, id, 'none', 1, now(), now() FROM blobs;",
        )
        .await
        .unwrap();
    while fixture.migrations().down(1).await.unwrap() != ["20261129000070_removed_accounts"] {}
    assert_eq!(fixture.ask("SELECT email FROM users").await, ["b"]);
    assert_eq!(fixture.ask("SELECT name FROM files").await, ["a"]);
    let due = "SELECT (due_at IS NOT NULL)::text FROM blobs ORDER BY due_at NULLS LAST";
    assert_eq!(fixture.ask(due).await, ["true", "false"]);
}

#[tokio::test]
async fn jobs_that_make_previews_go_with_their_table() {
    let fixture = Fixture::fresh().await;
    let jobs = "INSERT INTO jobs (id, kind, payload, priority, run_at, due_at)
                SELECT gen_random_uuid(), kind, '{}', 0, now(), now()
                FROM unnest(ARRAY['make_preview', 'sweep_blobs']) AS kinds (kind)";
    fixture.client().await.batch_execute(jobs).await.unwrap();
    while fixture.migrations().down(1).await.unwrap() != ["20261130000201_previews"] {}
    assert_eq!(fixture.ask("SELECT kind FROM jobs").await, ["sweep_blobs"]);
}

/// As the release before writes files.
const ADD_FILE: &str = "
    INSERT INTO files (id, owner_id, name, name_sort, name_search, content_type, size_bytes, sha256, blob_id, thumbnail_state,
                       thumbnail_blob_id, thumbnail_width, thumbnail_height, thumbnail_failures, revision, created_at,
                       updated_at, charset)
    SELECT gen_random_uuid(), id, 'A.tXt', 'a.txt', 'a.txt', 'text/plain', 1, NULL, gen_random_uuid(), 'none', NULL, NULL,
           NULL, 0, 1, now(), now(), NULL FROM users";

#[tokio::test]
async fn nodes_of_the_release_before_go_on_with_files() {
    let fixture = Fixture::fresh().await;
    let client = fixture.client().await;
    let user = "INSERT INTO users (id, email, email_key, role, password_hash, created_at)
                VALUES (gen_random_uuid(), 'a', 'a', 'user', '', now())";
    client.batch_execute(user).await.unwrap();
    for _ in 0..3 {
        client.batch_execute(ADD_FILE).await.unwrap();
    }
    let names =
        "SELECT concat_ws(' ', name, name_search, family) FROM files ORDER BY name_search COLLATE \"C\"";
    let added = ["A (2).tXt a (2).txt text", "A (3).tXt a (3).txt text", "A.tXt a.txt text"];
    assert_eq!(fixture.ask(names).await, added);
    none(&fixture, "SELECT name FROM nodes WHERE kind = 'file' AND parent_id <> drive_id").await;
    let first = "(SELECT id FROM files WHERE name = 'A.tXt' FOR UPDATE)";
    client
        .batch_execute(&format!(
            "UPDATE files SET name = 'b', name_sort = 'b', name_search = 'b' WHERE id = {first}"
        ))
        .await
        .unwrap();
    // What is in the trash is gone for them.
    let trash =
        "UPDATE nodes SET trash_id = id, parent_id = NULL, trashed_at = now() WHERE name = 'A (3).tXt'";
    client.batch_execute(trash).await.unwrap();
    assert_eq!(fixture.ask("SELECT name FROM files ORDER BY name").await, ["A (2).tXt", "b"]);
    let remove = "DELETE FROM files WHERE ctid = ANY (ARRAY(SELECT ctid FROM files ORDER BY created_at, id LIMIT 5 FOR UPDATE))";
    client.batch_execute(remove).await.unwrap();
    assert_eq!(fixture.ask("SELECT name FROM nodes WHERE name <> ''").await, ["A (3).tXt"]);
}

/// A stored blob of each bucket that is named.
fn stored_blobs(buckets: &str, references: u32) -> String {
    format!(
        "INSERT INTO blobs (id, bucket, owner_id, state, reserved_bytes, size_bytes, was_settled, announced_at, expires_at, ref_count)
         SELECT gen_random_uuid(), bucket, gen_random_uuid(), 'settled', 0, 1, true, now(), now(), {references}
         FROM unnest(ARRAY[{buckets}]) AS bucket"
    )
}

/// As the release before deletes the bytes of files.
const OLD_DELETION: &str = "UPDATE blobs SET state = 'doomed', doomed_at = now(), due_at = now()
                            WHERE bucket = 'files' AND state <> 'doomed'";

#[tokio::test]
async fn nodes_of_the_release_before_delete_no_blob_that_others_refer_to() {
    let fixture = Fixture::fresh().await;
    let client = fixture.client().await;
    client.batch_execute(&stored_blobs("'files'", 2)).await.unwrap();
    let state = "SELECT concat_ws(' ', state, ref_count, due_at IS NULL) FROM blobs";
    for left in ["settled 1 t", "doomed 1 f"] {
        client.batch_execute(OLD_DELETION).await.unwrap();
        assert_eq!(fixture.ask(state).await, [left]);
    }
}

/// A picture with a preview, and with one that could not be made.
async fn add_previews(fixture: &Fixture) {
    let client = fixture.client().await;
    client.batch_execute(&stored_blobs("'files', 'thumbnails'", 1)).await.unwrap();
    client
        .batch_execute(
            "INSERT INTO previews (original_id, size_name, blob_id, format, width, height)
             SELECT original.id, 'small', blobs.id, 'png', 1, 1 FROM blobs, blobs AS original
             WHERE blobs.bucket = 'thumbnails' AND original.bucket = 'files';
             INSERT INTO previews (original_id, size_name) SELECT original_id, 'medium' FROM previews",
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn the_bytes_of_previews_go_when_their_migration_is_taken_back() {
    let fixture = Fixture::fresh().await;
    add_previews(&fixture).await;
    while fixture.migrations().down(1).await.unwrap() != ["20261130000201_previews"] {}
    assert_eq!(fixture.ask("SELECT bucket FROM blobs WHERE due_at <= now()").await, ["thumbnails"]);
}

#[tokio::test]
async fn what_nodes_of_the_release_before_leave_of_previews_is_told_and_repaired() {
    let fixture = Fixture::fresh().await;
    add_previews(&fixture).await;
    fixture.client().await.batch_execute(OLD_DELETION).await.unwrap();
    let archive = PgDatabase::new(fixture.pool.clone());
    let wrong = archive.snapshot().await.unwrap().wrong_references(None, 10).await.unwrap();
    assert!(matches!(wrong[..], [BlobTally { recorded: 1, counted: 0, .. }]), "{wrong:?}");

    let mut unit = archive.begin_rows().await.unwrap();
    let at = Timestamp::from_unix_seconds(1_790_000_000);
    assert_eq!(unit.rows().recount_references(at).await.unwrap(), 1);
    unit.commit().await.unwrap();
    none(&fixture, "SELECT size_name FROM previews").await;
    none(&fixture, "SELECT bucket FROM blobs WHERE due_at IS NULL").await;
}

/// Two users with files of some names, before there were folders.
const MANY_FILES: &str = "
    INSERT INTO users (id, email, email_key, role, password_hash, created_at)
    SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, n, n, 'user', '', now() FROM generate_series(1, 2) AS n;
    INSERT INTO files (id, owner_id, name, name_sort, name_search, content_type, size_bytes, blob_id, thumbnail_state,
                       revision, created_at, updated_at)
    SELECT gen_random_uuid(), users.id, names.name, lower(names.name), lower(names.name), 'text/plain', 1,
           gen_random_uuid(), 'none', 1, timestamptz '2026-01-01' + place * interval '1 minute', now()
    FROM users, unnest(ARRAY['A.tar.gz', 'a.TAR.gz', 'a (3).tar.gz', 'a.tar.gz', '.env', '.ENV', 'x', 'X', repeat('y', 254),
                             repeat('Y', 254)]) WITH ORDINALITY AS names (name, place)
    WHERE users.email = '1' OR place < 3;";

#[tokio::test]
async fn files_of_one_name_are_numbered_and_none_is_lost() {
    let fixture = Fixture::fresh().await;
    while fixture.migrations().down(1).await.unwrap() != ["20261130000191_nodes"] {}
    fixture.client().await.batch_execute(MANY_FILES).await.unwrap();
    fixture.migrations().up().await.unwrap();
    let names = |user| {
        format!(
            "SELECT node.name FROM nodes AS node JOIN nodes AS folder ON folder.id = node.parent_id
             WHERE node.drive_id = '00000000-0000-0000-0000-00000000000{user}' AND folder.name = ''
               AND length(node.name) < 30 ORDER BY node.created_at"
        )
    };
    let first =
        ["A.tar.gz", "a (2).TAR.gz", "a (3).tar.gz", "a (4).tar.gz", ".env", ".ENV (2)", "x", "X (2)"];
    assert_eq!(fixture.ask(&names(1)).await, first);
    assert_eq!(fixture.ask(&names(2)).await, ["A.tar.gz", "a (2).TAR.gz"]);
    let apart = "SELECT (folder.name = node.id::text)::text || ' ' || left(node.name, 1)
                 FROM nodes AS node JOIN nodes AS folder ON folder.id = node.parent_id WHERE folder.name <> ''";
    assert_eq!(fixture.ask(apart).await, ["true Y"], "a number would make it too long");
    // A root, eight and two long ones, and a folder for one of those; a root and two.
    assert_eq!(fixture.ask("SELECT node_count::text FROM users ORDER BY id").await, ["12", "3"]);

    while fixture.migrations().down(1).await.unwrap() != ["20261130000191_nodes"] {}
    assert_eq!(
        fixture.ask("SELECT count(*)::text FROM files").await,
        ["12"],
        "no file is lost on the way back"
    );
}
