//! `GET /v1/auth/me` with its session check, beside reading one row by its primary key.

use fm_testkit::Outcome;

use super::Bench;
use crate::load;
use crate::measure::in_turns;
use crate::product::Product;
use crate::report::{Bound, Row};

const CONNECTIONS: usize = 16;

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let floor_database = tools.database("floor")?;
    floor_database.fill_for_pgbench()?;
    let database = tools.database("product")?;
    let product = Product::start(tools, home.path(), &Product::on_postgres(&database.url))?;
    let (url, headers) = (product.url("/v1/auth/me"), [product.user.authorization()]);
    let mut ours =
        || Ok(load::same(tools, bench.pressure(CONNECTIONS), "GET", &url, None, &headers)?.requests);
    let mut floor = || floor_database.pgbench(&["-S"], CONNECTIONS, bench.seconds);
    let [ours, floor] = in_turns(bench.repetitions, [&mut ours, &mut floor])?;
    Ok(vec![Row {
        what: "`GET /v1/auth/me` on PostgreSQL".to_owned(),
        ours,
        floor_name: "`pgbench -M simple -S`".to_owned(),
        floor,
        unit: "/s",
        bound: Bound::AtLeast(0.35),
        client: format!("wrk and pgbench, {CONNECTIONS} connections"),
    }])
}
