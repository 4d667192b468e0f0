//! `GET /v1/auth/me` with its session check, beside reading one row by its primary key; what the session check costs, and
//! what rate limits cost, and what logs and metrics do.

use fm_testkit::Outcome;
use tempfile::TempDir;

use super::Bench;
use crate::cpu::{Counted, Processes};
use crate::load;
use crate::measure::{Contestant, Measured, Sample, in_turns, joined};
use crate::product::Product;
use crate::report::{Bound, Row};

const CONNECTIONS: usize = 16;

/// A limit that no benchmark reaches.
const GENEROUS: &str = "1000000000000/1";

/// A program with these settings, on a database and a folder of its own.
struct Candidate {
    product: Product,
    processes: Processes,
    _home: TempDir,
}

impl Candidate {
    fn start(
        bench: &Bench<'_>,
        postgres: Counted,
        name: &str,
        settings: &[(&'static str, &str)],
    ) -> Outcome<Self> {
        let (tools, home) = (bench.tools, bench.tools.folder()?);
        let mut all = Product::on_postgres(&tools.database(name)?.url);
        all.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let product = Product::start(tools, home.path(), &all)?;
        Ok(Self { processes: product.processes(&[postgres]), product, _home: home })
    }

    fn requests(&self, bench: &Bench<'_>) -> Outcome<Sample> {
        let (url, headers) = (self.product.url("/v1/auth/me"), [self.product.user.authorization()]);
        let pressure = bench.pressure(CONNECTIONS);
        Ok(load::same(bench.tools, pressure, "GET", &url, None, &headers)?.requests_a_second())
    }
}

/// How often a pair is started anew: two processes of one program differ by a few hundredths for as long as they live.
const STARTS: usize = 4;

/// Two settings that differ by little, in turns of a second: what the machine does meanwhile changes more than the settings do.
fn side_by_side(
    bench: &Bench<'_>,
    postgres: Counted,
    name: &str,
    one: &[(&'static str, &str)],
    other: &[(&'static str, &str)],
) -> Outcome<[Measured; 2]> {
    let short = Bench { seconds: 1, ..*bench };
    let start = |number: usize| {
        let one = Candidate::start(bench, postgres, &format!("{name}_one_{number}"), one)?;
        let other = Candidate::start(bench, postgres, &format!("{name}_other_{number}"), other)?;
        in_turns(
            bench.repetitions,
            [
                Contestant::new(&one.processes, &mut || one.requests(&short)),
                Contestant::new(&other.processes, &mut || other.requests(&short)),
            ],
        )
    };
    let starts = (0..STARTS).map(start).collect::<Outcome<Vec<_>>>()?;
    joined(starts).ok_or_else(|| "nothing was started".into())
}

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let floor_database = bench.tools.database("floor")?;
    floor_database.fill_for_pgbench()?;
    let postgres = bench.tools.postgres()?;
    let checked = Candidate::start(bench, postgres, "checked", &[])?;
    let in_memory = Candidate::start(bench, postgres, "unchecked", &[("SESSION_STORE", "memory")])?;
    let database = Processes::new(&[], &[postgres]);
    let [ours, floor, unchecked] = in_turns(
        bench.repetitions,
        [
            Contestant::new(&checked.processes, &mut || checked.requests(bench)),
            Contestant::new(&database, &mut || {
                Ok(floor_database.pgbench(&["-S"], CONNECTIONS, bench.seconds)?.into())
            }),
            Contestant::new(&in_memory.processes, &mut || in_memory.requests(bench)),
        ],
    )?;
    drop((checked, in_memory));
    let limits = [("RATE_LIMITS", "1"), ("RATE_LIMIT_USER_REQUESTS", GENEROUS)];
    let [limited, unlimited] = side_by_side(bench, postgres, "limits", &limits, &[])?;
    let [observed, silent] =
        side_by_side(bench, postgres, "watched", &[("METRICS_ADDR", "127.0.0.1:0")], &[("RUST_LOG", "off")])?;
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
        row(
            "the same with rate limits, in memory",
            limited,
            "without",
            unlimited,
            Bound::AtLeast(0.97),
            "wrk",
        ),
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
