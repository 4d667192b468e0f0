//! Uploads of 4 KiB by one user and by sixteen, on PostgreSQL and S3, beside one PUT and two commits, one after the other.

use std::fs;
use std::path::{Path, PathBuf};

use fm_testkit::Outcome;
use fm_testkit::random::bytes;

use super::Bench;
use crate::cpu::{Counted, Processes};
use crate::load;
use crate::measure::{Contestant, Measured, Sample, in_turns};
use crate::presign::write_put_paths;
use crate::product::{Product, User, upload_path};
use crate::report::{Bound, Row};
use crate::tools::Tools;

/// The size of a file.
pub(super) const SIZE: usize = 4096;
/// How many users there are, each with a connection.
pub(super) const MANY: usize = 16;

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
    let senders = Senders::start(bench, &product, home.path())?;

    let paths = home.path().join("paths");
    write_put_paths(&s3, 20_000, &paths)?;
    let commits = tools.script("two_commits.sql");
    let commits = commits.to_string_lossy();
    let store = format!("http://{}/", s3.address);
    let puts = |connections| {
        let pressure = bench.pressure(connections);
        Ok(load::paths(tools, pressure, &store, &senders.body, &paths)?.requests_a_second())
    };
    let commits =
        |connections| Ok(floor_database.pgbench(&["-f", &commits], connections, bench.seconds)?.into());

    let (postgres, s3) = (tools.postgres()?, Counted::Tree(s3.id()));
    let processes = product.processes(&[postgres, s3]);
    let (store, database) = (Processes::new(&[], &[s3]), Processes::new(&[], &[postgres]));
    let [by_one, puts_by_one, commits_by_one] = in_turns(
        bench.repetitions,
        [
            Contestant::new(&processes, &mut || senders.one(1)),
            Contestant::new(&store, &mut || puts(1)),
            Contestant::new(&database, &mut || commits(1)),
        ],
    )?;
    let [by_one_at_once, by_many, by_many_of_own_names, puts_by_many, commits_by_many] = in_turns(
        bench.repetitions,
        [
            Contestant::new(&processes, &mut || senders.one(MANY)),
            Contestant::new(&processes, &mut || senders.many(Names::Same)),
            Contestant::new(&processes, &mut || senders.many(Names::Own)),
            Contestant::new(&store, &mut || puts(MANY)),
            Contestant::new(&database, &mut || commits(MANY)),
        ],
    )?;
    let by_many_floor = [&puts_by_many, &commits_by_many];
    let mut rows = vec![
        row("one user", by_one, [&puts_by_one, &commits_by_one], Bound::AtLeast(0.8), 1),
        row("16 users", by_many, by_many_floor, Bound::AtLeast(0.8), MANY),
        row(
            "16 users, each with a name of its own",
            by_many_of_own_names,
            by_many_floor,
            Bound::AtLeast(0.8),
            MANY,
        ),
        // The commits of one user wait for each other: those of the floor do not.
        row("one user on 16 connections", by_one_at_once, by_many_floor, Bound::AtLeast(0.5), MANY),
    ];
    if let Some(older) = tools.of_before() {
        rows.extend(beside_before(bench, &senders, &older, &settings, home.path())?);
    }
    Ok(rows)
}

/// The same beside an older program, on a database of its own and the same store.
fn beside_before(
    bench: &Bench<'_>,
    senders: &Senders<'_>,
    older: &Tools,
    settings: &[(&'static str, String)],
    home: &Path,
) -> Outcome<Vec<Row>> {
    let database = older.database("before")?;
    let settings = [settings, &Product::on_postgres(&database.url)].concat();
    let home = home.join("before");
    fs::create_dir_all(&home)?;
    let product = Product::start(older, &home, &settings)?;
    let before = Senders::start(bench, &product, &home)?;
    let [ours, theirs] = [senders, &before].map(|senders| senders.product.processes(&[]));
    let [by_one, by_one_before, by_many, by_many_before, by_own, by_own_before] = in_turns(
        bench.repetitions,
        [
            Contestant::new(&ours, &mut || senders.one(1)),
            Contestant::new(&theirs, &mut || before.one(1)),
            Contestant::new(&ours, &mut || senders.many(Names::Same)),
            Contestant::new(&theirs, &mut || before.many(Names::Same)),
            Contestant::new(&ours, &mut || senders.many(Names::Own)),
            Contestant::new(&theirs, &mut || before.many(Names::Own)),
        ],
    )?;
    let row = |users: &str, ours, floor, least, connections| Row {
        what: format!("uploads of 4 KiB on PostgreSQL and S3 by {users}"),
        ours,
        floor_name: "the older program".to_owned(),
        floor,
        unit: "/s",
        bound: Bound::AtLeast(least),
        client: format!("wrk, connections: {connections}"),
    };
    Ok(vec![
        row("one user", by_one, by_one_before, 0.9, 1),
        row("16 users", by_many, by_many_before, 0.95, MANY),
        row("16 users, each with a name of its own", by_own, by_own_before, 0.95, MANY),
    ])
}

fn row(
    users: &str,
    ours: Measured,
    [puts, commits]: [&Measured; 2],
    bound: Bound,
    connections: usize,
) -> Row {
    Row {
        what: format!("uploads of 4 KiB on PostgreSQL and S3 by {users}"),
        ours,
        floor_name: format!(
            "a PUT to the same S3 server ({:.0} /s), then two commits in pgbench ({:.0} /s)",
            puts.figures.median(),
            commits.figures.median()
        ),
        floor: puts.then(commits),
        unit: "/s",
        bound,
        client: format!("wrk and pgbench, connections: {connections}"),
    }
}

/// What the files are called.
#[derive(Clone, Copy)]
pub(super) enum Names {
    /// All the same: from the second on, each gets a number.
    Same,
    /// Each is the first of its name.
    Own,
}

/// Sixteen users of the product and one more, and what they send.
pub(super) struct Senders<'a> {
    bench: &'a Bench<'a>,
    product: &'a Product,
    users: Vec<User>,
    /// The file with what is sent.
    pub(super) body: PathBuf,
}

impl<'a> Senders<'a> {
    pub(super) fn start(bench: &'a Bench<'a>, product: &'a Product, home: &Path) -> Outcome<Self> {
        let users = (0..MANY).map(|number| product.another_user(&format!("user-{number}")));
        let users = users.collect::<Outcome<Vec<User>>>()?;
        let body = home.join("body");
        fs::write(&body, bytes(SIZE))?;
        Ok(Self { bench, product, users, body })
    }

    fn url(&self, names: Names) -> String {
        let name = match names {
            Names::Same => "small.bin",
            Names::Own => "small-NUMBER.bin",
        };
        self.product.url(&upload_path(name))
    }

    /// One user on so many connections.
    pub(super) fn one(&self, connections: usize) -> Outcome<Sample> {
        let (tools, pressure) = (self.bench.tools, self.bench.pressure(connections));
        let headers = headers(&[&self.product.user]);
        let url = self.url(Names::Same);
        let reached = load::same(tools, pressure, "POST", &url, Some(&self.body), &headers)?;
        Ok(reached.requests_a_second())
    }

    /// All sixteen, on as many connections.
    pub(super) fn many(&self, names: Names) -> Outcome<Sample> {
        let (tools, pressure) = (self.bench.tools, self.bench.pressure(MANY));
        let headers = headers(&self.users.iter().collect::<Vec<_>>());
        Ok(load::users(tools, pressure, &self.url(names), &self.body, &headers)?.requests_a_second())
    }
}

fn headers(users: &[&User]) -> Vec<String> {
    let content_type = "Content-Type: application/octet-stream".to_owned();
    users.iter().map(|user| user.authorization()).chain([content_type]).collect()
}
