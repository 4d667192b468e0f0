//! Domain values as PostgreSQL keeps them.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::data_types::PgTimestamp;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Timestamptz;
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortError;
use fm_domain::files::Sha256;

use crate::error::corrupt;

/// 2000-01-01T00:00:00Z, where PostgreSQL counts from, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

/// The earliest moment that PostgreSQL knows, counted its way.
const EARLIEST: i64 = -211_813_488_000_000_000;

/// A moment on its way to or from the database: eight bytes either way, without a calendar in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Timestamptz)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl ToSql<Timestamptz, Pg> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let moment = PgTimestamp(self.0.unix_micros().saturating_sub(EPOCH).max(EARLIEST));
        ToSql::<Timestamptz, Pg>::to_sql(&moment, &mut out.reborrow())
    }
}

impl FromSql<Timestamptz, Pg> for Moment {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let PgTimestamp(micros) = FromSql::<Timestamptz, Pg>::from_sql(bytes)?;
        Ok(Self(Timestamp::from_unix_micros(micros.saturating_add(EPOCH))))
    }
}

/// A count or a size as a `bigint`; one that has no room there is as good as the largest that has.
pub(crate) fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The same for an `integer`.
pub(crate) fn integer(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A count out of a column that is never negative.
pub(crate) fn count(what: &'static str, number: i64) -> Result<u64, PortError> {
    u64::try_from(number).map_err(corrupt(what))
}

/// A size out of a column that is never negative.
pub(crate) fn size(what: &'static str, bytes: i64) -> Result<ByteSize, PortError> {
    count(what, bytes).map(ByteSize::new)
}

/// A hash out of its column.
pub(crate) fn sha256(what: &'static str, bytes: &[u8]) -> Result<Sha256, PortError> {
    bytes.try_into().map(Sha256::new).map_err(corrupt(what))
}

/// Text that PostgreSQL takes: it knows no NUL.
pub(crate) fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
