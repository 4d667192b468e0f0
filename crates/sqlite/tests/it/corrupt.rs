//! What is stored and can't be read is told with its column.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use diesel::connection::SimpleConnection;
use fm_domain::access::{Access, Right};
use fm_domain::database::Database;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{BlobId, DriveId};
use fm_domain::previews::PreviewSize;
use fm_domain::tree::{Delta, Folder};
use uuid::Uuid;

use crate::fill::{file, folder, root, upload, user};
use crate::fixture::Fixture;

#[tokio::test]
async fn an_unreadable_column_of_an_upload_is_named() {
    let fixture = Fixture::new();
    let someone = user();
    let mut unit = fixture.database.begin().await.unwrap();
    unit.users().insert(&someone).await.unwrap();
    let upload = upload(someone.id);
    unit.uploads().insert(&upload).await.unwrap();
    unit.commit().await.unwrap();

    for (column, value, whole) in [
        ("name", "''", "'a'"),
        ("claimed_type", "'nonsense'", "NULL"),
        ("idempotency_key", "'a b'", "NULL"),
        ("transport", "'post'", "'resumable'"),
        ("status", "'lost'", "'open'"),
        ("hash_state", "x'00'", "x''"),
    ] {
        let mut connection = fixture.connect();
        // What the schema refuses has been let in by other hands.
        connection.batch_execute("PRAGMA ignore_check_constraints = ON").unwrap();
        connection.batch_execute(&format!("UPDATE uploads SET {column} = {value}")).unwrap();
        let found = fixture
            .database
            .read()
            .await
            .unwrap()
            .uploads()
            .find(&Access::on_behalf_of(someone.id, Right::Read), upload.id)
            .await;
        let Err(PortError::Corrupt { what, .. }) = found else { panic!("{column}: {found:?}") };
        assert_eq!(what, format!("uploads.{column}"));
        connection.batch_execute(&format!("UPDATE uploads SET {column} = {whole}")).unwrap();
    }
}

#[tokio::test]
async fn an_unreadable_column_of_an_item_is_named() {
    let fixture = Fixture::new();
    let someone = user();
    let thing = file(someone.id, "thing.txt");
    let mut unit = fixture.database.begin().await.unwrap();
    unit.users().insert(&someone).await.unwrap();
    unit.drives().enter(DriveId::of_user(someone.id), &Delta::default(), None).await.unwrap();
    unit.nodes().insert(&thing.clone().into()).await.unwrap();
    unit.commit().await.unwrap();

    let id = thing.id.uuid().simple();
    for (column, value, whole, named) in [
        ("kind", "'link'", "'file'", "kind"),
        ("size", "NULL", "1", "kind"),
        ("blob", "NULL", "zeroblob(16)", "kind"),
        ("thumbnail", "'odd'", "'none'", "thumbnail"),
        ("thumbnail", "'ready'", "'none'", "thumbnail"),
        ("version", "-1", "1", "version"),
        ("revision", "-1", "1", "revision"),
    ] {
        let mut connection = fixture.connect();
        connection.batch_execute("PRAGMA ignore_check_constraints = ON").unwrap();
        let set = |to: &str| format!("UPDATE nodes SET {column} = {to} WHERE id = x'{id}'");
        connection.batch_execute(&set(value)).unwrap();
        let access = Access::on_behalf_of(someone.id, Right::Read);
        let found = fixture.database.read().await.unwrap().tree().item(&access, thing.id.into()).await;
        let Err(PortError::Corrupt { what, .. }) = found else { panic!("{column}: {found:?}") };
        assert_eq!(what, format!("nodes.{named}"), "{column} = {value}");
        connection.batch_execute(&set(whole)).unwrap();
    }
}

#[tokio::test]
async fn an_unreadable_placeholder_is_named() {
    let fixture = Fixture::new();
    let someone = user();
    let thing = file(someone.id, "thing.png");
    let mut unit = fixture.database.begin().await.unwrap();
    unit.users().insert(&someone).await.unwrap();
    unit.drives().enter(DriveId::of_user(someone.id), &Delta::default(), None).await.unwrap();
    unit.nodes().insert(&thing.clone().into()).await.unwrap();
    unit.commit().await.unwrap();

    let (id, access) = (thing.id.uuid().simple(), Access::on_behalf_of(someone.id, Right::Read));
    for (value, is_hash) in [("x''", false), ("zeroblob(29)", false), ("zeroblob(28)", true), ("NULL", true)]
    {
        let set = format!(
            "UPDATE nodes SET thumbnail = 'ready', thumbnail_blob = zeroblob(16), thumbnail_width = 1, \
             thumbnail_height = 1, thumbnail_placeholder = {value} WHERE id = x'{id}'"
        );
        fixture.connect().batch_execute(&set).unwrap();
        match fixture.database.read().await.unwrap().tree().item(&access, thing.id.into()).await {
            Err(PortError::Corrupt { what, .. }) => {
                assert_eq!((what, is_hash), ("nodes.thumbnail_placeholder", false), "{value}");
            }
            found => assert!(is_hash && matches!(found, Ok(Some(_))), "{value}: {found:?}"),
        }
    }
}

#[tokio::test]
async fn an_unreadable_column_of_a_preview_is_named() {
    let fixture = Fixture::new();
    let original = BlobId::new(Uuid::now_v7());
    let id = original.uuid().simple();
    let add = format!("INSERT INTO previews VALUES (x'{id}', 'small', zeroblob(16), 'png', 1, 1)");
    fixture.connect().batch_execute(&add).unwrap();
    for (column, value, whole) in [
        ("format", "'tiff'", "'png'"),
        ("format", "NULL", "'png'"),
        ("width", "-1", "1"),
        ("height", "-1", "1"),
    ] {
        let mut connection = fixture.connect();
        connection.batch_execute("PRAGMA ignore_check_constraints = ON").unwrap();
        connection.batch_execute(&format!("UPDATE previews SET {column} = {value}")).unwrap();
        let mut reads = fixture.database.read().await.unwrap();
        let found = reads.previews().find(original, PreviewSize::Small).await;
        let Err(PortError::Corrupt { what, .. }) = found else { panic!("{column}: {found:?}") };
        assert_eq!(what, format!("previews.{column}"));
        connection.batch_execute(&format!("UPDATE previews SET {column} = {whole}")).unwrap();
    }
}

/// Two folders, of which each is in the other.
async fn nested_in_itself(fixture: &Fixture) -> (Access, Folder) {
    let someone = user();
    let outer = folder(someone.id, root(someone.id), "outer");
    let inner = folder(someone.id, outer.id, "inner");
    let access = Access::on_behalf_of(someone.id, Right::Read);
    let mut unit = fixture.database.begin().await.unwrap();
    unit.users().insert(&someone).await.unwrap();
    unit.drives().enter(access.drive(), &Delta::new_folders(2), None).await.unwrap();
    unit.nodes().insert_many(&[outer.clone().into(), inner.clone().into()]).await.unwrap();
    unit.commit().await.unwrap();
    let (outer, into) = (outer.id.uuid().simple(), inner.id.uuid().simple());
    let close = format!("UPDATE nodes SET parent = x'{into}' WHERE id = x'{outer}'");
    fixture.connect().batch_execute(&close).unwrap();
    (access, inner)
}

fn assert_is_cycle<T: std::fmt::Debug>(what: &str, answer: &PortResult<T>) {
    assert!(matches!(answer, Err(PortError::Corrupt { what: "nodes.parent", .. })), "{what}: {answer:?}");
}

#[tokio::test]
async fn folders_that_are_nested_in_themselves_end_no_walk_in_silence() {
    let fixture = Fixture::new();
    let (access, inner) = nested_in_itself(&fixture).await;
    let mut reads = fixture.database.read().await.unwrap();
    assert_is_cycle("ancestors", &reads.tree().ancestors(&access, &[inner.id]).await);
    assert_is_cycle("usage", &reads.tree().usage(&access, inner.id).await);
    let mut unit = fixture.database.begin().await.unwrap();
    assert_is_cycle("lineage", &unit.nodes().lineage(inner.id).await);
    drop(unit);
    let mut unit = fixture.database.begin().await.unwrap();
    assert_is_cycle("height", &unit.nodes().height(inner.id).await);
}
