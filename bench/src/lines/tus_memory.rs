//! What twenty resumable uploads of 200 MB at once add to the process, on both stores.

use fm_testkit::Outcome;
use fm_testkit::random::bytes;

use super::Bench;
use super::memory::{MOST, added_by};
use crate::measure::Series;
use crate::report::{Bound, Row};
use crate::tus::{Endpoint, SIZE};
use crate::uploads::Clients;

const CLIENTS: Clients = Clients { at_once: 20, each: 1 };

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let body = bytes(SIZE);
    [false, true]
        .into_iter()
        .map(|on_s3| {
            let added = (0..bench.repetitions)
                .map(|_| added_by(bench, on_s3, |product| Endpoint::of(product).reaches(&body, CLIENTS)))
                .collect::<Outcome<Vec<f64>>>()?;
            Ok(Row {
                what: format!(
                    "memory added by {} resumable uploads of 200 MB at once, {}",
                    CLIENTS.at_once,
                    if on_s3 { "PostgreSQL and S3" } else { "SQLite and disk" }
                ),
                ours: Series::new(added).into(),
                floor_name: "what is allowed".to_owned(),
                floor: Series::new(vec![MOST; bench.repetitions]).into(),
                unit: "MB",
                bound: Bound::AtMost(1.0),
                client: format!("blocking sockets of the benchmark, {} connections", CLIENTS.at_once),
            })
        })
        .collect()
}
