//! The counters of users and of their drives, which are one row.

use diesel::prelude::*;
use fm_domain::accounts::StorageUse;
use fm_domain::body::ByteSize;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::UserId;
use fm_domain::tree::Seq;

use crate::access::living_user;
use crate::error::store_error;
use crate::rows::{CounterRow, StorageRow, number, size, stored_number};
use crate::schema::users;
use crate::sql::fixed;
use crate::unit_of_work::SqliteUnitOfWork;

/// What the row of a user counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counters {
    pub(super) storage: StorageUse,
    /// Items of both kinds, the root and the trash counted.
    pub(super) nodes: u64,
    /// The number of the drive's last change.
    pub(super) seq: Seq,
    /// The user's own quota.
    pub(super) quota: Option<ByteSize>,
}

impl Counters {
    /// Whether used and reserved bytes are within the user's own quota, or within `default` where they have none.
    pub(super) fn fit(&self, default: Option<ByteSize>) -> bool {
        let StorageUse { used, reserved, .. } = self.storage;
        self.quota.or(default).is_none_or(|quota| plus(used, reserved) <= quota)
    }
}

impl TryFrom<CounterRow> for Counters {
    type Error = PortError;

    fn try_from(row: CounterRow) -> PortResult<Self> {
        Ok(Self {
            storage: StorageUse::try_from(row.storage)?,
            nodes: number("users.node_count", row.node_count)?,
            seq: Seq::new(number("users.seq", row.seq)?),
            quota: row.quota_bytes.map(|bytes| size("users.quota_bytes", bytes)).transpose()?,
        })
    }
}

impl SqliteUnitOfWork {
    /// Replaces the counters of a user by what `decide` makes of them, and answers it; `missing` where there is no such user.
    pub(super) async fn move_counters<R: From<PortError> + Send + 'static>(
        &mut self,
        id: UserId,
        missing: R,
        decide: impl FnOnce(Counters) -> Result<Counters, R> + Send + 'static,
    ) -> Result<Counters, R> {
        // A refusal is an answer to the writer; an error would poison the unit.
        let moved: PortResult<Result<Counters, R>> = self
            .run(move |connection| {
                let found = living_user(id)
                    .select(CounterRow::as_select())
                    .first::<CounterRow>(connection)
                    .optional();
                let Some(row) = found.map_err(store_error)? else { return Ok(Err(missing)) };
                let counters = match decide(Counters::try_from(row)?) {
                    Ok(counters) => counters,
                    Err(refused) => return Ok(Err(refused)),
                };
                fixed(diesel::update(living_user(id)).set((
                    StorageRow::from(counters.storage),
                    users::node_count.eq(stored_number(counters.nodes)),
                    users::seq.eq(stored_number(counters.seq.number())),
                )))
                .execute(connection)
                .map_err(store_error)?;
                Ok(Ok(counters))
            })
            .await;
        moved?
    }
}

pub(super) fn plus(size: ByteSize, more: ByteSize) -> ByteSize {
    ByteSize::new(size.bytes().saturating_add(more.bytes()))
}

pub(super) fn minus(size: ByteSize, less: ByteSize) -> ByteSize {
    ByteSize::new(size.bytes().saturating_sub(less.bytes()))
}
