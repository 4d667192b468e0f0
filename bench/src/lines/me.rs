//! `GET /v1/auth/me` with its session check, beside reading one row by its primary key; what the session check costs, and
//! what rate limits cost, and what logs and metrics do.

use fm_testkit::Outcome;
use tempfile::TempDir;

use super::Bench;
use crate::load;
use crate::measure::in_turns;
use crate::product::Product;
use crate::report::{Bound, Row};

const CONNECTIONS: usize = 16;

/// A limit that no benchmark reaches.
const GENEROUS: &str = "1000000000000/1";

/// A program with these settings, on a database and a folder of its own.
struct Contestant {
    product: Product,
    _home: TempDir,
}

impl Contestant {
    fn start(bench: &Bench<'_>, name: &str, settings: &[(&'static str, &str)]) -> Outcome<Self> {
        let (tools, home) = (bench.tools, bench.tools.folder()?);
        let mut all = Product::on_postgres(&tools.database(name)?.url);
        all.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Ok(Self { product: Product::start(tools, home.path(), &all)?, _home: home })
    }

    fn requests(&self, bench: &Bench<'_>) -> Outcome<f64> {
        let (url, headers) = (self.product.url("/v1/auth/me"), [self.product.user.authorization()]);
        Ok(load::same(bench.tools, bench.pressure(CONNECTIONS), "GET", &url, None, &headers)?.requests)
    }
}

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let floor_database = bench.tools.database("floor")?;
    floor_database.fill_for_pgbench()?;
    let checked = Contestant::start(bench, "checked", &[])?;
    let unchecked = Contestant::start(bench, "unchecked", &[("SESSION_STORE", "memory")])?;
    let limited = [("RATE_LIMITS", "1"), ("RATE_LIMIT_USER_REQUESTS", GENEROUS)];
    let limited = Contestant::start(bench, "limited", &limited)?;
    let observed = Contestant::start(bench, "observed", &[("METRICS_ADDR", "127.0.0.1:0")])?;
    let silent = Contestant::start(bench, "silent", &[("RUST_LOG", "off")])?;
    let [ours, floor, unchecked, limited, observed, silent] = in_turns(
        bench.repetitions,
        [
            &mut || checked.requests(bench),
            &mut || floor_database.pgbench(&["-S"], CONNECTIONS, bench.seconds),
            &mut || unchecked.requests(bench),
            &mut || limited.requests(bench),
            &mut || observed.requests(bench),
            &mut || silent.requests(bench),
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
        row(me, ours.clone(), "`pgbench -M simple -S`", floor, Bound::AtLeast(0.8), "wrk and pgbench"),
        row(me, ours.clone(), "the same, sessions in memory", unchecked, Bound::AtLeast(0.9), "wrk"),
        row("the same with rate limits, in memory", limited, "without", ours, Bound::AtLeast(0.97), "wrk"),
        row(
            "the same with logs, metrics and spans",
            observed,
            "without",
            silent,
            Bound::AtLeast(0.95),
            "wrk",
        ),
    ])
}
