//! What is stored and can't be read is told with its column.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use fm_domain::access::{Access, Right};
use fm_domain::error::PortError;
use fm_domain::ids::{BlobId, UploadId, UserId};
use fm_domain::previews::PreviewSize;
use uuid::Uuid;

use crate::common::Fixture;

const ADD: &str = "
    INSERT INTO users (id, email, email_key, role, password_hash, created_at)
    VALUES ('00000000-0000-0000-0000-000000000001', 'a@b.example', 'a@b.example', 'user', 'hash', now());
    INSERT INTO uploads (id, owner_id, transport, blob_id, name, metadata, offset_bytes, reserved_bytes, epoch,
                         is_locked, hash_state, head, status, created_at, expires_at)
    SELECT id, id, 'direct', id, 'a', '', 0, 0, 0, false, '', '', 'open', now(), now() FROM users";

#[tokio::test]
async fn an_unreadable_column_of_an_upload_is_named() {
    let fixture = Fixture::fresh().await;
    let client = fixture.client().await;
    client.batch_execute(ADD).await.unwrap();
    let (owner, id) = (UserId::new(Uuid::from_u128(1)), UploadId::new(Uuid::from_u128(1)));
    for (column, value, whole) in [
        ("name", "''", "'a'"),
        ("claimed_type", "'nonsense'", "NULL"),
        ("idempotency_key", "'a b'", "NULL"),
        ("transport", "'post'", "'direct'"),
        ("status", "'lost'", "'open'"),
        ("hash_state", "'x'", "''"),
        ("precondition", "'taken'", "NULL"),
    ] {
        client.batch_execute(&format!("UPDATE uploads SET {column} = {value}")).await.unwrap();
        let found = fixture
            .database()
            .read()
            .await
            .unwrap()
            .uploads()
            .find(&Access::on_behalf_of(owner, Right::Read), id)
            .await;
        let Err(PortError::Corrupt { what, .. }) = found else { panic!("{column}: {found:?}") };
        assert_eq!(what, format!("uploads.{column}"));
        client.batch_execute(&format!("UPDATE uploads SET {column} = {whole}")).await.unwrap();
    }
}

#[tokio::test]
async fn an_unreadable_column_of_a_preview_is_named() {
    let fixture = Fixture::fresh().await;
    let client = fixture.client().await;
    let id = Uuid::from_u128(1);
    let add = format!("INSERT INTO previews VALUES ('{id}', 'small', '{id}', 'png', 1, 1)");
    client.batch_execute(&add).await.unwrap();
    for (column, value, whole) in [("format", "'tiff'", "'png'"), ("width", "-1", "1"), ("height", "-1", "1")]
    {
        client.batch_execute(&format!("UPDATE previews SET {column} = {value}")).await.unwrap();
        let mut reads = fixture.database().read().await.unwrap();
        let found = reads.previews().find(BlobId::new(id), PreviewSize::Small).await;
        let Err(PortError::Corrupt { what, .. }) = found else { panic!("{column}: {found:?}") };
        assert_eq!(what, format!("previews.{column}"));
        client.batch_execute(&format!("UPDATE previews SET {column} = {whole}")).await.unwrap();
    }
}
