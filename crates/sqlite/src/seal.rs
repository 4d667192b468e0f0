//! The seal, which the writer looks at before each unit of work.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use fm_domain::archive::Sealed;
use fm_domain::error::{PortError, PortResult};

use crate::error::store_error;

/// The number in the header of the file that says that it is sealed (`PRAGMA user_version`, which nothing else uses).
const SEALED: i32 = 1;

#[derive(QueryableByName)]
struct Header {
    #[diesel(sql_type = Integer)]
    user_version: i32,
}

/// Refuses a transaction on a database that is sealed: within it no other process puts the seal on.
pub(crate) fn refuse_sealed(connection: &mut SqliteConnection) -> PortResult<()> {
    let header = diesel::sql_query("PRAGMA user_version").get_result::<Header>(connection);
    if header.map_err(store_error)?.user_version == SEALED {
        return Err(PortError::Unavailable(Box::new(Sealed)));
    }
    Ok(())
}

/// Puts the seal on or off.
pub(crate) fn set(connection: &mut SqliteConnection, is_sealed: bool) -> PortResult<()> {
    let number = if is_sealed { SEALED } else { 0 };
    connection.batch_execute(&format!("PRAGMA user_version = {number}")).map_err(store_error)
}
