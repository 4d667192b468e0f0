//! `GET /v1/auth/me` with its session check, beside reading one row by its primary key; what the session check costs, and
//! what rate limits cost.

use fm_testkit::Outcome;

use super::Bench;
use crate::load;
use crate::measure::in_turns;
use crate::product::Product;
use crate::report::{Bound, Row};

const CONNECTIONS: usize = 16;

/// A limit that no benchmark reaches.
const GENEROUS: &str = "1000000000000/1";

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let floor_database = tools.database("floor")?;
    floor_database.fill_for_pgbench()?;
    let databases = [tools.database("checked")?, tools.database("unchecked")?, tools.database("limited")?];
    let homes = [tools.folder()?, tools.folder()?, tools.folder()?];
    let start = |index: usize, settings: &[(&'static str, &str)]| {
        let mut all = Product::on_postgres(&databases[index].url);
        all.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Product::start(tools, homes[index].path(), &all)
    };
    let checked = start(0, &[])?;
    let unchecked = start(1, &[("SESSION_STORE", "memory")])?;
    let limited = start(2, &[("RATE_LIMITS", "1"), ("RATE_LIMIT_USER_REQUESTS", GENEROUS)])?;
    let requests = |product: &Product| {
        let (url, headers) = (product.url("/v1/auth/me"), [product.user.authorization()]);
        Ok(load::same(tools, bench.pressure(CONNECTIONS), "GET", &url, None, &headers)?.requests)
    };
    let [ours, floor, unchecked, limited] = in_turns(
        bench.repetitions,
        [
            &mut || requests(&checked),
            &mut || floor_database.pgbench(&["-S"], CONNECTIONS, bench.seconds),
            &mut || requests(&unchecked),
            &mut || requests(&limited),
        ],
    )?;
    let row = |what: &str, ours, floor_name: &str, floor, bound, client: &str| Row {
        what: what.to_owned(),
        ours,
        floor_name: floor_name.to_owned(),
        floor,
        unit: "/s",
        bound,
        client: format!("{client}, {CONNECTIONS} connections"),
    };
    let me = "`GET /v1/auth/me` on PostgreSQL";
    Ok(vec![
        row(me, ours.clone(), "`pgbench -M simple -S`", floor, Bound::AtLeast(0.35), "wrk and pgbench"),
        row(me, ours.clone(), "the same, sessions in memory", unchecked, Bound::AtLeast(0.9), "wrk"),
        row("the same with rate limits, in memory", limited, "without", ours, Bound::AtLeast(0.97), "wrk"),
    ])
}
