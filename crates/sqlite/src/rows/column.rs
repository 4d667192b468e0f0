//! Columns of fixed length, and numbers.

use diesel::backend::Backend;
use diesel::deserialize::FromSqlRow;
use diesel::deserialize::{self, FromSql};
use diesel::expression::AsExpression;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Binary;
use diesel::sqlite::Sqlite;
use fm_domain::body::ByteSize;
use fm_domain::error::{Cause, PortResult};
use fm_domain::files::Placeholder;
use uuid::Uuid;

use crate::error::corrupt;

/// Exactly `N` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub(crate) struct Bytes<const N: usize>(pub(crate) [u8; N]);

/// The 16 bytes of a UUID: half of what its text takes, and they sort alike.
pub(crate) type Id = Bytes<16>;

impl Id {
    pub(crate) const fn of(uuid: Uuid) -> Self {
        Self(*uuid.as_bytes())
    }

    pub(crate) const fn uuid(self) -> Uuid {
        Uuid::from_bytes(self.0)
    }
}

impl<const N: usize> ToSql<Binary, Sqlite> for Bytes<N> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_slice());
        Ok(IsNull::No)
    }
}

impl<const N: usize> FromSql<Binary, Sqlite> for Bytes<N> {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(value.read_blob().try_into()?))
    }
}

/// Many ids as one value of a statement, which takes them apart by `SELECT unhex(value) FROM json_each(?)`: its text is the same for any
/// number of them.
pub(crate) fn id_list(ids: impl IntoIterator<Item = Id>) -> String {
    let mut list = String::from("[");
    for id in ids {
        list.push_str(if list.len() > 1 { ",\"" } else { "\"" });
        list.push_str(id.uuid().simple().encode_lower(&mut Uuid::encode_buffer()));
        list.push('"');
    }
    list.push(']');
    list
}

/// A size as it is stored. Above 8 EiB it is cut, where no counter of ours ever gets.
pub(crate) fn stored_size(size: ByteSize) -> i64 {
    stored_number(size.bytes())
}

/// A count as it is stored.
pub(crate) fn stored_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A stored size.
pub(crate) fn size(what: &'static str, stored: i64) -> PortResult<ByteSize> {
    number(what, stored).map(ByteSize::new)
}

/// A stored number of whatever type the domain has for it.
pub(crate) fn number<T: TryFrom<i64, Error: Into<Cause>>>(what: &'static str, stored: i64) -> PortResult<T> {
    T::try_from(stored).map_err(corrupt(what))
}

/// What stands in for a picture, of a stored hash.
pub(crate) fn placeholder(hash: Option<&[u8]>) -> PortResult<Option<Placeholder>> {
    let wrong = || corrupt("nodes.thumbnail_placeholder")("has no bytes, or too many");
    hash.map(|hash| Placeholder::new(hash).ok_or_else(wrong)).transpose()
}
