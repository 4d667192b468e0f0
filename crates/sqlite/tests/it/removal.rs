//! What goes when the version before comes back: accounts that are half removed, and jobs that it does not know.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use fm_domain::blobs::{BlobIntent, BlobKey, StoredBlob};
use fm_domain::body::ByteSize;
use fm_domain::database::Database;
use fm_domain::files::File;
use fm_domain::ids::{DriveId, UserId};
use fm_domain::tree::Delta;
use fm_sqlite::{SqliteDatabase, revert_last_migration};

use crate::fill::{NOW, file, user};
use crate::fixture::Fixture;

const MIGRATION: &str = "20261129000070_removed_accounts";
const PREVIEWS: &str = "20261130000201_previews";

/// A user with a file whose bytes are there.
async fn filled(database: &SqliteDatabase) -> (UserId, File) {
    let someone = user();
    let thing = file(someone.id, "thing.txt");
    let mut unit = database.begin().await.unwrap();
    unit.users().insert(&someone).await.unwrap();
    unit.drives().enter(DriveId::of_user(someone.id), &Delta::default(), None).await.unwrap();
    unit.nodes().insert(&thing.clone().into()).await.unwrap();
    let intent = BlobIntent {
        key: BlobKey::file(thing.blob),
        owner: someone.id,
        reserved: ByteSize::ZERO,
        recorded_at: NOW,
        expires_at: NOW,
    };
    unit.blobs().record_intent(&intent).await.unwrap();
    unit.blobs().mark_stored(thing.blob, &StoredBlob { size: ByteSize::new(1) }).await.unwrap();
    unit.commit().await.unwrap();
    (someone.id, thing)
}

#[tokio::test]
async fn an_account_that_is_half_removed_goes_with_its_mark() {
    let fixture = Fixture::new();
    let (gone, _) = filled(&fixture.database).await;
    filled(&fixture.database).await;
    let mut unit = fixture.database.begin().await.unwrap();
    assert!(unit.users().mark_removed(gone, NOW).await.unwrap());
    unit.commit().await.unwrap();
    fixture.database.close().await;

    while revert_last_migration(&fixture.path()).unwrap().as_deref() != Some(MIGRATION) {}
    let count = |rows| count(&fixture, rows);
    assert_eq!((count("main.users"), count("main.files")), (1, 1));
    assert_eq!(count("main.blobs WHERE due_at > 0"), 1, "the bytes are due for deletion");
    assert_eq!(count("main.blobs WHERE due_at IS NULL"), 1, "others stay");
}

#[tokio::test]
async fn jobs_that_make_previews_go_with_their_table() {
    let fixture = Fixture::new();
    let jobs = "INSERT INTO jobs (id, kind, payload, priority, first_run_at, run_at) VALUES \
        (randomblob(16), 'make_preview', '{}', 0, 0, 0), (randomblob(16), 'sweep_blobs', '{}', 0, 0, 0)";
    fixture.connect().batch_execute(jobs).unwrap();
    fixture.database.close().await;
    while revert_last_migration(&fixture.path()).unwrap().as_deref() != Some(PREVIEWS) {}
    assert_eq!(count(&fixture, "main.jobs WHERE kind = 'sweep_blobs'"), 1);
    assert_eq!(count(&fixture, "main.jobs"), 1);
}

/// By their full names: the test of plans looks at the statements of the adapter alone.
fn count(fixture: &Fixture, rows: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let counted = diesel::sql_query(format!("SELECT count(*) AS count FROM {rows}"));
    counted.get_result::<Count>(&mut fixture.connect()).unwrap().count
}
