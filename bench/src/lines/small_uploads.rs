//! Uploads of 4 KiB on PostgreSQL and S3, beside one PUT and two commits, one after the other.

use std::fs;

use fm_testkit::Outcome;
use fm_testkit::random::bytes;

use super::Bench;
use crate::cpu::{Counted, Processes};
use crate::load;
use crate::measure::{Contestant, in_turns};
use crate::presign::write_put_paths;
use crate::product::{Product, upload_path};
use crate::report::{Bound, Row};

const CONNECTIONS: usize = 16;

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let s3 = tools.s3(home.path())?;
    let floor_database = tools.database("floor")?;
    floor_database.run_file(&tools.script("two_commits_schema.sql"), &[])?;
    let database = tools.database("product")?;
    let mut settings = s3.access.variables();
    settings.extend(Product::on_postgres(&database.url));
    let product = Product::start(tools, home.path(), &settings)?;

    let (body, paths) = (home.path().join("body"), home.path().join("paths"));
    fs::write(&body, bytes(4096))?;
    write_put_paths(&s3, 20_000, &paths)?;
    let commits = tools.script("two_commits.sql");
    let commits = commits.to_string_lossy();
    let (url, store) = (product.url(&upload_path("small.bin")), format!("http://{}/", s3.address));
    let headers = [product.user.authorization(), "Content-Type: application/octet-stream".to_owned()];
    let pressure = bench.pressure(CONNECTIONS);

    let mut ours =
        || Ok(load::same(tools, pressure, "POST", &url, Some(&body), &headers)?.requests_a_second());
    let mut puts = || Ok(load::paths(tools, pressure, &store, &body, &paths)?.requests_a_second());
    let mut commits = || Ok(floor_database.pgbench(&["-f", &commits], CONNECTIONS, bench.seconds)?.into());
    let (postgres, s3) = (tools.postgres()?, Counted::Tree(s3.id()));
    let processes = product.processes(&[postgres, s3]);
    let (store, database) = (Processes::new(&[], &[s3]), Processes::new(&[], &[postgres]));
    let [ours, puts, commits] = in_turns(
        bench.repetitions,
        [
            Contestant::new(&processes, &mut ours),
            Contestant::new(&store, &mut puts),
            Contestant::new(&database, &mut commits),
        ],
    )?;
    Ok(vec![Row {
        what: "uploads of 4 KiB on PostgreSQL and S3".to_owned(),
        ours,
        floor_name: format!(
            "a PUT to the same S3 server ({:.0} /s), then two commits in pgbench ({:.0} /s)",
            puts.figures.median(),
            commits.figures.median()
        ),
        floor: puts.then(&commits),
        unit: "/s",
        bound: Bound::AtLeast(0.5),
        client: format!("wrk and pgbench, {CONNECTIONS} connections"),
    }])
}
