//! Resumable uploads of 200 MB in pieces of 8 MiB, beside the reference server of tus, which neither hashes nor
//! synchronises what it gets.

use std::process::Command;
use std::thread;
use std::time::Duration;

use super::Bench;
use crate::Outcome;
use crate::measure::in_turns;
use crate::postgres::Database;
use crate::process::output;
use crate::product::Product;
use crate::report::{Bound, Row};
use crate::s3::S3;
use crate::tus::{Endpoint, SIZE};
use crate::tus_server::TusServer;
use crate::uploads::{Crowd, bytes};

/// One client, and four at once.
const CROWDS: [Crowd; 2] = [Crowd { at_once: 1, each: 3 }, Crowd { at_once: 4, each: 1 }];

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for on_s3 in [false, true] {
        let tools = bench.tools;
        let home = tools.folder()?;
        let s3 = if on_s3 { Some(S3::start(tools, home.path())?) } else { None };
        let mut settings = Vec::new();
        if let Some(s3) = &s3 {
            settings.extend(s3.settings());
            settings.extend(Product::on_postgres(&Database::create(tools, "product")?.url));
        }
        let product = Product::start(tools, home.path(), &settings)?;
        let reference = TusServer::start(tools, home.path())?;
        for crowd in CROWDS {
            rows.push(row(bench, on_s3, crowd, &product, &reference)?);
        }
    }
    Ok(rows)
}

fn row(
    bench: &Bench<'_>,
    on_s3: bool,
    crowd: Crowd,
    product: &Product,
    reference: &TusServer,
) -> Outcome<Row> {
    let body = bytes(SIZE);
    let (into_product, into_reference) = (Endpoint::of(product), reference.endpoint());
    let mut ours = || {
        let reached = into_product.reaches(&body, crowd)?;
        into_product.clear()?;
        quiet(reached)
    };
    let mut floor = || {
        let reached = into_reference.reaches(&body, crowd)?;
        reference.clear()?;
        quiet(reached)
    };
    let [ours, floor] = in_turns(bench.repetitions, [&mut ours, &mut floor])?;
    Ok(Row {
        what: format!(
            "resumable uploads of 200 MB, {} at once, {}",
            crowd.at_once,
            if on_s3 { "PostgreSQL and S3" } else { "SQLite and disk" }
        ),
        ours,
        floor_name: "`@tus/server` with `@tus/file-store`".to_owned(),
        floor,
        unit: "MB/s",
        bound: if on_s3 { Bound::Reported } else { Bound::AtLeast(1.5) },
        client: format!("blocking sockets of the benchmark, {} connections", crowd.at_once),
    })
}

/// Lets the disk come to rest, so that nobody's turn pays for what another has left: workers remove deleted files at
/// once, and what was not synchronised still has to be written.
fn quiet(reached: f64) -> Outcome<f64> {
    thread::sleep(Duration::from_secs(1));
    output(&mut Command::new("sync"))?;
    Ok(reached)
}
