//! What admins ask about all users.

use diesel::dsl::{AsSelect, Select};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};
use fm_domain::accounts::{StorageUse, UserCounts, UserFilter};
use fm_domain::error::PortResult;
use fm_domain::ids::UserId;

use crate::rows::UserRow;
use crate::schema::users;
use crate::sql::{statement, typed};
use crate::value::{count as number, size, text};

diesel::define_sql_function! {
    /// Where a part begins in a text, from 1; 0 where it does not occur.
    fn strpos(text: Text, part: Text) -> Integer;
}

type Users = Select<users::table, AsSelect<UserRow, Pg>>;

/// A page of users along the primary key, ready to be sent.
pub(crate) fn list(
    filter: &UserFilter,
    after: Option<UserId>,
    limit: u32,
) -> diesel::helper_types::IntoBoxed<'static, Users, Pg> {
    let mut query = users::table.select(UserRow::as_select()).into_boxed::<Pg>();
    query = query.filter(users::removed_at.is_null());
    if let Some(after) = after {
        query = query.filter(users::id.lt(after.uuid()));
    }
    if let Some(part) = &filter.address_contains {
        query = query.filter(strpos(users::email_key, text(part)).gt(0));
    }
    query.order(users::id.desc()).limit(i64::from(limit))
}

/// The sums stop at the most that a column holds. The last condition is always true: a statement has a value.
const COUNT: &str = "SELECT count(*), \
    count(*) FILTER (WHERE suspended_at IS NOT NULL), \
    count(*) FILTER (WHERE role = 'admin'), \
    least(coalesce(sum(used_bytes), 0), 9223372036854775807)::bigint, \
    least(coalesce(sum(trash_bytes), 0), 9223372036854775807)::bigint, \
    least(coalesce(sum(version_bytes), 0), 9223372036854775807)::bigint, \
    least(coalesce(sum(reserved_bytes), 0), 9223372036854775807)::bigint, \
    least(coalesce(sum(file_count), 0), 9223372036854775807)::bigint \
    FROM users WHERE removed_at IS NULL AND used_bytes >= ?";

pub(crate) type CountTypes = (BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt);
pub(crate) type CountRow = (i64, i64, i64, i64, i64, i64, i64, i64);

/// All users, counted.
pub(crate) fn count() -> impl Query<SqlType = CountTypes> + QueryFragment<Pg> + QueryId + Send + 'static {
    statement::<CountTypes, _>(COUNT, (typed::<BigInt, _>(0_i64),))
}

/// The counts that a row holds.
pub(crate) fn understood(row: CountRow) -> PortResult<UserCounts> {
    let (users, suspended, admins, used, trash, versions, reserved, files) = row;
    Ok(UserCounts {
        users: number("users", users)?,
        suspended: number("users.suspended_at", suspended)?,
        admins: number("users.role", admins)?,
        storage: StorageUse {
            used: size("users.used_bytes", used)?,
            trash: size("users.trash_bytes", trash)?,
            versions: size("users.version_bytes", versions)?,
            reserved: size("users.reserved_bytes", reserved)?,
            file_count: number("users.file_count", files)?,
        },
    })
}
