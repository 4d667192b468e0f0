//! What is stored and can't be read is told with its column.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use diesel::connection::SimpleConnection;
use fm_domain::access::{Access, Right};
use fm_domain::database::Database;
use fm_domain::error::PortError;

use crate::fill::{upload, user};
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
