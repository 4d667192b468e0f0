//! How jobs are claimed: users have their turns.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use fm_domain::clock::Timestamp;
use fm_domain::error::{PortError, PortResult};

use super::jobs::living;
use crate::error::store_error;
use crate::rows::{Id, JobRow};
use crate::schema::jobs;
use crate::sql::fixed;
use crate::turns::Turns;

/// The due job of the user with the fewest running jobs, of the users whose jobs are due first and of 256 more: along the
/// indexes from owner to owner, from each to the first of their jobs. The walk over the owners begins behind the given one,
/// goes round, and answers where it ended. Numbers stand for values that are used more than once.
const FAIREST: &str = "WITH RECURSIVE owners (owner, start, place) AS (\
        SELECT owner, owner, 1 FROM (SELECT coalesce(\
            (SELECT min(owner) FROM jobs WHERE dead = 0 AND owner > ?3), \
            (SELECT min(owner) FROM jobs WHERE dead = 0 AND owner IS NOT NULL)\
        ) AS owner) WHERE owner IS NOT NULL \
        UNION ALL \
        SELECT coalesce(\
            (SELECT min(jobs.owner) FROM jobs WHERE dead = 0 AND jobs.owner > owners.owner), \
            (SELECT min(jobs.owner) FROM jobs WHERE dead = 0 AND jobs.owner IS NOT NULL)\
        ), start, place + 1 FROM owners WHERE place < 256 AND (place = 1 OR owner <> start)\
    ), early (owner) AS (\
        SELECT owner FROM jobs WHERE dead = 0 AND run_at <= ?1 AND (lease_until IS NULL OR lease_until <= ?1) \
            AND kind IN (SELECT value FROM json_each(?2)) \
        ORDER BY priority DESC, run_at, id LIMIT 64\
    ), candidates (owner) AS (\
        SELECT owner FROM owners UNION SELECT owner FROM early WHERE owner IS NOT NULL\
    ), heads (head, running) AS (\
        SELECT (SELECT id FROM jobs WHERE dead = 0 AND jobs.owner = candidates.owner AND run_at <= ?1 \
                    AND (lease_until IS NULL OR lease_until <= ?1) AND kind IN (SELECT value FROM json_each(?2)) \
                ORDER BY priority DESC, run_at, id LIMIT 1), \
            (SELECT count(*) FROM jobs WHERE jobs.owner = candidates.owner AND lease_until > ?1) \
        FROM candidates\
    ) SELECT id, (SELECT owner FROM owners ORDER BY place DESC LIMIT 1) AS last_owner \
    FROM heads JOIN jobs ON id = head ORDER BY priority DESC, running, run_at, id LIMIT 1";

#[derive(QueryableByName)]
struct Fairest {
    #[diesel(sql_type = Binary)]
    id: Id,
    #[diesel(sql_type = Nullable<Binary>)]
    last_owner: Option<Id>,
}

/// The jobs to claim next, some of those that can be: the first ones without an owner, or one of a user's.
pub(super) fn next(
    connection: &mut SqliteConnection,
    kinds: &[String],
    now: Timestamp,
    limit: usize,
    turns: &Turns,
) -> PortResult<Vec<JobRow>> {
    let mut due: Vec<JobRow> = jobs::table
        .filter(living())
        .filter(jobs::kind.eq_any(kinds))
        .filter(jobs::run_at.le(now.unix_micros()))
        .filter(jobs::lease_until.is_null().or(jobs::lease_until.le(now.unix_micros()).assume_not_null()))
        .order((jobs::priority.desc(), jobs::run_at, jobs::id))
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(JobRow::as_select())
        .load(connection)
        .map_err(store_error)?;
    match due.iter().position(|row| row.owner.is_some()) {
        None => Ok(due),
        Some(0) => fairest(connection, kinds, now, turns),
        Some(unowned) => {
            due.truncate(unowned);
            Ok(due)
        }
    }
}

fn fairest(
    connection: &mut SqliteConnection,
    kinds: &[String],
    now: Timestamp,
    turns: &Turns,
) -> PortResult<Vec<JobRow>> {
    let kinds = serde_json::to_string(kinds).map_err(|error| PortError::Unexpected(Box::new(error)))?;
    let fairest = fixed(
        diesel::sql_query(FAIREST)
            .bind::<BigInt, _>(now.unix_micros())
            .bind::<Text, _>(kinds)
            .bind::<Binary, _>(turns.last()),
    );
    let fairest: Vec<Fairest> = fairest.load(connection).map_err(store_error)?;
    if let Some(last) = fairest.first().and_then(|row| row.last_owner) {
        turns.go_on_after(last);
    }
    let ids: Vec<Id> = fairest.into_iter().map(|row| row.id).collect();
    let row = jobs::table.filter(jobs::id.eq_any(ids)).select(JobRow::as_select());
    row.load(connection).map_err(store_error)
}
