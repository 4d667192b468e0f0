//! Drives inside a unit of work. The row of a user is that of their personal drive.

use async_trait::async_trait;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Uuid as SqlUuid};
use diesel::{Expression, QueryResult};
use diesel_async::RunQueryDsl;
use fm_domain::accounts::StorageUse;
use fm_domain::blobs::StoredBlob;
use fm_domain::body::ByteSize;
use fm_domain::error::{PortError, PortResult};
use fm_domain::ids::{BlobId, DriveId};
use fm_domain::tree::{Delta, DriveRepo, EnterDrive, Entered, Seq};
use uuid::Uuid;

use crate::blobs::stored_update;
use crate::schema::users;
use crate::sql::{of_any_row, statement, typed};
use crate::unit_of_work::{PgUnitOfWork, Target};
use crate::value::{bigint, count, size};

/// The counters after a delta, unless it grows and would pass the drive's own quota, or the given one. What is left beside the growth is -1
/// at least, so that it can't overflow.
macro_rules! move_counters {
    ($condition:literal) => {
        concat!(
            "UPDATE users SET seq = seq + ?, \
                reserved_bytes = greatest(reserved_bytes - ?, 0), \
                used_bytes = greatest(used_bytes + ?, 0), \
                trash_bytes = greatest(trash_bytes + ?, 0), \
                version_bytes = greatest(version_bytes + ?, 0), \
                file_count = greatest(file_count + ?, 0), \
                node_count = greatest(node_count + ?, 0) \
            WHERE id = ? AND removed_at IS NULL AND \
                (? OR used_bytes <= greatest(coalesce(quota_bytes, ?) - ?, -1) - greatest(reserved_bytes - ?, 0))",
            $condition,
            " RETURNING seq, node_count, used_bytes, trash_bytes, version_bytes, reserved_bytes, file_count"
        )
    };
}

const MOVE: &str = move_counters!("");

/// The same behind the query `stored`, if that has a row.
const MOVE_IF_STORED: &str = move_counters!(" AND EXISTS (SELECT FROM stored)");

type MovedTypes = (BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt);
type MovedRow = (i64, i64, i64, i64, i64, i64, i64);

fn moved(
    text: &'static str,
    drive: DriveId,
    delta: &Delta,
    quota: Option<ByteSize>,
    enters: bool,
) -> impl Query<SqlType = MovedTypes> + QueryFragment<Pg> + QueryId + Send + Sync + use<> {
    let unreserve = bigint(delta.unreserve.bytes());
    let values = (
        typed::<BigInt, _>(i64::from(enters)),
        typed::<BigInt, _>(unreserve),
        typed::<BigInt, _>(delta.used),
        typed::<BigInt, _>(delta.trash),
        typed::<BigInt, _>(delta.versions),
        typed::<BigInt, _>(delta.files),
        typed::<BigInt, _>(delta.nodes),
        typed::<SqlUuid, _>(drive.uuid()),
        typed::<Bool, _>(!delta.grows()),
        typed::<BigInt, _>(quota.map_or(i64::MAX, |quota| bigint(quota.bytes()))),
        typed::<BigInt, _>(delta.used.max(0)),
        typed::<BigInt, _>(unreserve),
    );
    statement::<MovedTypes, _>(text, values)
}

fn entered((seq, nodes, used, trash, versions, reserved, files): MovedRow) -> PortResult<Entered> {
    Ok(Entered {
        seq: Seq::new(count("users.seq", seq)?),
        nodes: count("users.node_count", nodes)?,
        storage: StorageUse {
            used: size("users.used_bytes", used)?,
            trash: size("users.trash_bytes", trash)?,
            versions: size("users.version_bytes", versions)?,
            reserved: size("users.reserved_bytes", reserved)?,
            file_count: count("users.file_count", files)?,
        },
    })
}

#[async_trait]
impl DriveRepo for PgUnitOfWork {
    async fn enter(
        &mut self,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<Entered, EnterDrive> {
        self.check_outside(drive)?;
        let update = self.together_last(moved(MOVE, drive, delta, quota, true)).await?;
        let row: Option<MovedRow> =
            self.run(async |connection| update.get_result(connection).await.optional()).await?;
        let Some(row) = row else { return Err(self.not_moved(drive).await?) };
        let entered = self.understood(entered(row))?;
        self.entered.push((drive, entered.seq));
        Ok(entered)
    }

    async fn charge(
        &mut self,
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<(), EnterDrive> {
        self.seq_inside(drive)?;
        if !delta.grows() {
            // Nothing refuses it: the unit has the row, and the drive is there.
            return Ok(self.defer_change(Target::Drives, moved(MOVE, drive, delta, quota, false)).await?);
        }
        let update = self.together_on(Target::Drives, moved(MOVE, drive, delta, quota, false)).await?;
        let row: Option<MovedRow> =
            self.run(async |connection| update.get_result(connection).await.optional()).await?;
        if row.is_some() { Ok(()) } else { Err(self.not_moved(drive).await?) }
    }
}

impl PgUnitOfWork {
    /// Marks a blob as stored and enters a drive by one statement; `None` where the blob is no intent.
    pub(crate) async fn enter_storing(
        &mut self,
        (blob, stored): (BlobId, &StoredBlob),
        drive: DriveId,
        delta: &Delta,
        quota: Option<ByteSize>,
    ) -> Result<Option<Entered>, EnterDrive> {
        self.check_outside(drive)?;
        let enter = moved(MOVE_IF_STORED, drive, delta, quota, true);
        let both = EnterStoring { stored: stored_update(blob, *stored), enter };
        let both = self.together_last_with_queries(&[Target::Blobs, Target::Drives], both).await?;
        let row: StoringRow = self.run(|connection| both.get_result(connection)).await?;
        let (is_stored, row) = moved_if_stored(row);
        if !is_stored {
            return Ok(None);
        }
        let Some(row) = row else { return Err(self.not_moved(drive).await?) };
        let entered = self.understood(entered(row))?;
        self.entered.push((drive, entered.seq));
        Ok(Some(entered))
    }

    /// Why the counters of a drive did not change.
    async fn not_moved(&mut self, drive: DriveId) -> PortResult<EnterDrive> {
        let row = users::table.find(drive.uuid()).filter(users::removed_at.is_null());
        let row = row.select((users::trash_bytes, users::version_bytes));
        let found: Option<(i64, i64)> =
            self.run(async |connection| row.get_result(connection).await.optional()).await?;
        let Some((trash, versions)) = found else { return Ok(EnterDrive::NoDrive) };
        self.understood(quota_exceeded(trash, versions))
    }

    /// The number of the unit's change of a drive, if it has entered it.
    fn seq_of(&self, drive: DriveId) -> Option<Seq> {
        self.entered.iter().find(|(of, _)| *of == drive).map(|(_, seq)| *seq)
    }

    fn check_outside(&mut self, drive: DriveId) -> PortResult<()> {
        let outside = match self.seq_of(drive) {
            None => Ok(()),
            Some(_) => Err(PortError::Unexpected("a drive that was entered twice".into())),
        };
        self.understood(outside)
    }

    /// The number of the unit's change of a drive, which it has to have entered.
    pub(crate) fn seq_inside(&mut self, drive: DriveId) -> PortResult<Seq> {
        let seq = self.seq_of(drive);
        self.understood(seq.ok_or_else(|| PortError::Unexpected(OUTSIDE.into())))
    }

    /// The drives that the unit has entered: one at least.
    pub(crate) fn drives_inside(&mut self) -> PortResult<Stamp> {
        let stamp = self.stamp();
        let is_inside = !stamp.drives.is_empty();
        self.understood(is_inside.then_some(stamp).ok_or_else(|| PortError::Unexpected(OUTSIDE.into())))
    }

    /// What rows that the unit writes are stamped with.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp {
            drives: self.entered.iter().map(|(drive, _)| drive.uuid()).collect(),
            seqs: self.entered.iter().map(|(_, seq)| bigint(seq.number())).collect(),
        }
    }
}

const OUTSIDE: &str = "a change in a drive that was not entered";

fn quota_exceeded(trash: i64, versions: i64) -> PortResult<EnterDrive> {
    let (trash, versions) = (size("users.trash_bytes", trash)?, size("users.version_bytes", versions)?);
    Ok(EnterDrive::QuotaExceeded { trash, versions })
}

/// An intent that is marked as stored, and the counters of a drive that are moved if it was one. The blob's row is locked first, since the drive's
/// waits for the answer about it. It begins with its queries.
struct EnterStoring<S, Q> {
    stored: S,
    enter: Q,
}

type StoringTypes = (
    Bool,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
);
type StoringRow =
    (bool, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>);

/// Whether the blob was an intent, and the counters that were moved.
fn moved_if_stored(row: StoringRow) -> (bool, Option<MovedRow>) {
    let (is_stored, seq, nodes, used, trash, versions, reserved, files) = row;
    let (Some(seq), Some(nodes), Some(used), Some(trash)) = (seq, nodes, used, trash) else {
        return (is_stored, None);
    };
    let (Some(versions), Some(reserved), Some(files)) = (versions, reserved, files) else {
        return (is_stored, None);
    };
    (is_stored, Some((seq, nodes, used, trash, versions, reserved, files)))
}

impl<S: QueryFragment<Pg>, Q: QueryFragment<Pg>> QueryFragment<Pg> for EnterStoring<S, Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("stored AS (");
        self.stored.walk_ast(out.reborrow())?;
        out.push_sql(" RETURNING true), entered AS (");
        self.enter.walk_ast(out.reborrow())?;
        out.push_sql(
            ") SELECT EXISTS (SELECT FROM stored), entered.* FROM (VALUES (1)) AS one LEFT JOIN entered ON true",
        );
        Ok(())
    }
}

/// It is cached by its text.
impl<S, Q> QueryId for EnterStoring<S, Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S, Q> Query for EnterStoring<S, Q> {
    type SqlType = StoringTypes;
}

/// The `changed_seq` of a row that the unit writes: the number of its change of the row's drive, or what it was where the unit has not entered
/// that.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    pub(crate) drives: Vec<Uuid>,
    pub(crate) seqs: Vec<i64>,
}

impl QueryFragment<Pg> for Stamp {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("coalesce((");
        out.push_bind_param::<Array<BigInt>, Vec<i64>>(&self.seqs)?;
        out.push_sql(")[array_position(");
        out.push_bind_param::<Array<SqlUuid>, Vec<Uuid>>(&self.drives)?;
        out.push_sql(", nodes.drive_id)], nodes.changed_seq)");
        Ok(())
    }
}

impl Expression for Stamp {
    type SqlType = BigInt;
}

of_any_row!(Stamp);
