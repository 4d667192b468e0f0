//! The seal, which the writer looks at before each unit of work.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use fm_domain::archive::{SealOutcome, Sealed};
use fm_domain::error::{PortError, PortResult};

use crate::error::store_error;
use crate::sql::fixed;

/// The number in the header of the file that says that it is sealed (`PRAGMA user_version`, which nothing else uses).
const SEALED: i32 = 1;

#[derive(QueryableByName)]
struct Header {
    #[diesel(sql_type = Integer)]
    user_version: i32,
}

/// Refuses a transaction on a database that is sealed: within it no other process puts the seal on.
pub(crate) fn refuse_sealed(connection: &mut SqliteConnection) -> PortResult<()> {
    if is_on(connection)? { Err(PortError::Unavailable(Box::new(Sealed))) } else { Ok(()) }
}

/// Puts the seal on, within a transaction.
pub(crate) fn put_on(connection: &mut SqliteConnection) -> PortResult<SealOutcome> {
    if is_on(connection)? {
        return Ok(SealOutcome::WasOn);
    }
    write(connection, SEALED)?;
    Ok(SealOutcome::PutOn)
}

/// Takes the seal off.
pub(crate) fn take_off(connection: &mut SqliteConnection) -> PortResult<()> {
    write(connection, 0)
}

fn is_on(connection: &mut SqliteConnection) -> PortResult<bool> {
    let header = fixed(diesel::sql_query("PRAGMA user_version")).get_result::<Header>(connection);
    Ok(header.map_err(store_error)?.user_version == SEALED)
}

fn write(connection: &mut SqliteConnection, number: i32) -> PortResult<()> {
    connection.batch_execute(&format!("PRAGMA user_version = {number}")).map_err(store_error)
}
