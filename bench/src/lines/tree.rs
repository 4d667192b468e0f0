//! Folders on PostgreSQL: pages of large ones, moves, copies and the trash.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use fm_testkit::Outcome;
use fm_testkit::http::{Connection, Request, Response};
use fm_testkit::postgres::Database;
use serde_json::{Value, json};

use super::Bench;
use crate::cpu::Processes;
use crate::load;
use crate::measure::{Contestant, Measured, Sample, Series, in_turns};
use crate::product::{Product, User};
use crate::report::{Bound, Row};

const CONNECTIONS: usize = 16;

/// How often a folder is moved in a turn.
const MOVES: u32 = 200;

/// How many files a folder has that is copied, or put into the trash: as many as one unit of work takes.
const FILES: usize = 1_000;

/// How long a copy may take, in milliseconds.
const COPY: f64 = 1_000.0;

/// How long it may take to put a folder into the trash, in milliseconds.
const TRASH: f64 = 50.0;

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let s3 = tools.s3(home.path())?;
    let database = tools.database("product")?;
    let mut settings = s3.access.variables();
    settings.extend(Product::on_postgres(&database.url));
    let product = Product::start(tools, home.path(), &settings)?;
    let processes = product.processes(&[tools.postgres()?]);
    let mut rows = pages(bench, &product, &database, &processes)?;
    rows.extend(moves(bench, &product, &database, &processes)?);
    rows.extend(subtrees(bench, &product, &processes)?);
    Ok(rows)
}

/// Pages of a folder of a million entries beside those of one of a thousand.
fn pages(
    bench: &Bench<'_>,
    product: &Product,
    database: &Database,
    processes: &Processes,
) -> Outcome<Vec<Row>> {
    let seed = bench.tools.script("seed_files.sql");
    let (few, most) = (product.another_user("few")?, product.another_user("most")?);
    for (user, count) in [(&few, "1000"), (&most, "1000000")] {
        // The root folder of a user has their id.
        database.run_file(&seed, &[("owner", &user.id), ("folder", &user.id), ("count", count)])?;
    }
    let url = product.url("/v1/folders/root/children?limit=50");
    let page = |user: &User| {
        let (pressure, headers) = (bench.pressure(CONNECTIONS), [user.authorization()]);
        Ok(load::same(bench.tools, pressure, "GET", &url, None, &headers)?.requests_a_second())
    };
    let [among_most, among_few] = in_turns(
        bench.repetitions,
        [Contestant::new(processes, &mut || page(&most)), Contestant::new(processes, &mut || page(&few))],
    )?;
    Ok(vec![Row {
        what: "50 entries of a folder of 1,000,000, on PostgreSQL".to_owned(),
        ours: among_most,
        floor_name: "of a folder of 1,000".to_owned(),
        floor: among_few,
        unit: "/s",
        // At most 1.3 times as long.
        bound: Bound::AtLeast(0.77),
        client: format!("wrk, {CONNECTIONS} connections"),
    }])
}

/// Moves of a folder with a hundred thousand entries beside those of an empty one.
fn moves(
    bench: &Bench<'_>,
    product: &Product,
    database: &Database,
    processes: &Processes,
) -> Outcome<Vec<Row>> {
    let user = product.another_user("mover")?;
    let client = Client::of(product, &user);
    let places = [client.folder("one", "root")?, client.folder("other", "root")?];
    let (full, empty) = (client.folder("full", "root")?, client.folder("empty", "root")?);
    let seed = bench.tools.script("seed_files.sql");
    database.run_file(&seed, &[("owner", &user.id), ("folder", &full), ("count", "100000")])?;
    let moved = |folder: &str| {
        let mut connection = Connection::open(client.address)?;
        let begun = Instant::now();
        for number in 0..MOVES {
            let place = &places[usize::from(number % 2 == 1)];
            let path = format!("/v1/folders/{folder}");
            client.send(&mut connection, "PATCH", &path, &json!({"parent_id": place}))?.expect(200)?;
        }
        Ok(each(begun.elapsed(), MOVES))
    };
    let [of_full, of_empty] = in_turns(
        bench.repetitions,
        [Contestant::new(processes, &mut || moved(&full)), Contestant::new(processes, &mut || moved(&empty))],
    )?;
    Ok(vec![Row {
        what: "move of a folder with 100,000 entries, on PostgreSQL".to_owned(),
        ours: of_full,
        floor_name: "of an empty folder".to_owned(),
        floor: of_empty,
        unit: "ms",
        bound: Bound::AtMost(1.1),
        client: "one connection".to_owned(),
    }])
}

/// Copies of a folder with a thousand files, and what it takes to put it into the trash.
fn subtrees(bench: &Bench<'_>, product: &Product, processes: &Processes) -> Outcome<Vec<Row>> {
    let user = product.another_user("copier")?;
    let client = Client::of(product, &user);
    let folder = client.folder("folder", "root")?;
    let mut connection = Connection::open(client.address)?;
    for number in 0..FILES {
        let path = format!("/v1/files?name={number}.txt&parent_id={folder}");
        let headers = user.upload_headers();
        let upload = Request { method: "POST", path: &path, headers: &headers, body: b"small" };
        connection.send(&upload)?.expect(201)?;
    }
    let mut copy = || {
        let mut connection = Connection::open(client.address)?;
        let begun = Instant::now();
        let path = format!("/v1/items/{folder}/copy");
        client.send(&mut connection, "POST", &path, &json!({"parent_id": "root"}))?.expect(201)?;
        Ok(each(begun.elapsed(), 1))
    };
    let mut trash = || {
        let mut connection = Connection::open(client.address)?;
        let path = format!("/v1/items/{folder}/copy");
        let copy = client.send(&mut connection, "POST", &path, &json!({"parent_id": "root"}))?.json(201)?;
        let path = format!("/v1/items/{}/trash", id_of(&copy)?);
        let begun = Instant::now();
        client.send(&mut connection, "POST", &path, &Value::Null)?.expect(200)?;
        Ok(each(begun.elapsed(), 1))
    };
    let [copied] = in_turns(bench.repetitions, [Contestant::new(processes, &mut copy)])?;
    let [trashed] = in_turns(bench.repetitions, [Contestant::new(processes, &mut trash)])?;
    let limit = |milliseconds| Measured::from(Series::new(vec![milliseconds; bench.repetitions]));
    let row = |what: &str, ours, floor_name: &str, floor| Row {
        what: format!("{what}, on PostgreSQL"),
        ours,
        floor_name: floor_name.to_owned(),
        floor,
        unit: "ms",
        bound: Bound::AtMost(1.0),
        client: "one connection".to_owned(),
    };
    Ok(vec![
        row("copy of a folder with 1,000 files", copied, "a second", limit(COPY)),
        row("a folder with 1,000 files put into the trash", trashed, "50 ms", limit(TRASH)),
    ])
}

/// Milliseconds for each of so many.
fn each(time: Duration, count: u32) -> Sample {
    Sample { figure: time.as_secs_f64() * 1e3 / f64::from(count), operations: f64::from(count) }
}

/// A user who sends JSON.
struct Client<'a> {
    address: SocketAddr,
    user: &'a User,
}

impl<'a> Client<'a> {
    const fn of(product: &Product, user: &'a User) -> Self {
        Self { address: product.address, user }
    }

    fn send(&self, connection: &mut Connection, method: &str, path: &str, body: &Value) -> Outcome<Response> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [self.user.bearer(), ("Content-Type", "application/json")];
        let headers = if body.is_empty() { &headers[..1] } else { &headers };
        connection.send(&Request { method, path, headers, body: body.as_bytes() })
    }

    /// Makes a folder; its id.
    fn folder(&self, name: &str, parent: &str) -> Outcome<String> {
        let mut connection = Connection::open(self.address)?;
        let body = json!({"name": name, "parent_id": parent});
        let made = self.send(&mut connection, "POST", "/v1/folders", &body)?.json(201)?;
        id_of(&made)
    }
}

fn id_of(item: &Value) -> Outcome<String> {
    Ok(item["id"].as_str().ok_or("an item has an id")?.to_owned())
}
