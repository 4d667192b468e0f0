//! Which number of a name is free in a folder.

use diesel::pg::Pg;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Uuid as SqlUuid};
use fm_domain::error::PortResult;
use fm_domain::files::NumberedKeys;
use fm_domain::ids::NodeId;

use crate::sql::{statement, typed};
use crate::value::{bigint, count, integer};

/// How many of the numbers are taken, and the first place at which one is missing. Keys of as many digits stand in the index in the order
/// of their numbers; what stands between them has another end, or no number.
const FREE_NUMBER: &str = "SELECT count(*), min(place) FILTER (WHERE number <> place) FROM (\
        SELECT middle::bigint - ? AS number, row_number() OVER (ORDER BY name_search) AS place FROM (\
            SELECT name_search, substr(name_search, ?, ?) AS middle FROM nodes \
            WHERE parent_id = ? AND name_search BETWEEN ? AND ? AND substr(name_search, ?) = ?\
        ) AS formed WHERE translate(middle, '0123456789', '') = ''\
    ) AS numbered";

pub(crate) type NumberTypes = (BigInt, Nullable<BigInt>);
pub(crate) type NumberRow = (i64, Option<i64>);

/// Which of these numbers entries of a folder have.
pub(crate) fn taken(
    folder: NodeId,
    keys: &NumberedKeys,
) -> impl Query<SqlType = NumberTypes> + QueryFragment<Pg> + QueryId + Send + use<> {
    let (first, last) = (*keys.numbers().start(), *keys.numbers().end());
    // Characters are counted from 1.
    let start = i32::try_from(keys.before().chars().count()).unwrap_or(i32::MAX).saturating_add(1);
    let digits = integer(keys.digits());
    let values = (
        typed::<BigInt, _>(bigint(first).saturating_sub(1)),
        typed::<Integer, _>(start),
        typed::<Integer, _>(digits),
        typed::<SqlUuid, _>(folder.uuid()),
        typed::<Text, _>(keys.key(first)),
        typed::<Text, _>(keys.key(last)),
        typed::<Integer, _>(start.saturating_add(digits)),
        typed::<Text, _>(keys.after().to_owned()),
    );
    statement::<NumberTypes, _>(FREE_NUMBER, values)
}

/// The smallest number that is free, as a row tells it.
pub(crate) fn free(keys: &NumberedKeys, (taken, gap): NumberRow) -> PortResult<Option<u64>> {
    // Before the first gap each number stands at its own place; without one the number after the last is free.
    let before = match gap {
        Some(place) => count("nodes", place)?.saturating_sub(1),
        None => count("nodes", taken)?,
    };
    let numbers = keys.numbers();
    let free = numbers.start().saturating_add(before);
    Ok(numbers.contains(&free).then_some(free))
}

#[cfg(test)]
mod tests;
