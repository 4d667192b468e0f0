//! Direct uploads of 200 MB on PostgreSQL and S3: how many of their bytes pass through the process that serves, how many
//! the job reads that hashes them, in a process of its own, and what it holds of them.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use fm_testkit::http::{Connection, Request, send};
use fm_testkit::process::{Ending, Process};
use fm_testkit::random::bytes;
use fm_testkit::{Outcome, direct};

use super::Bench;
use super::memory::{Memory, megabytes};
use crate::measure::Series;
use crate::product::{Product, command};
use crate::relay::Relay;
use crate::report::{Bound, Row};

const SIZE: usize = 200_000_000;
/// Megabytes that a direct upload may move through the process that serves, whatever its size: questions, answers, signed
/// URLs, and the first bytes, to see what it is.
const SIGNALS: f64 = 0.5;
/// Megabytes that the process of the job may grow by.
const HELD: f64 = 16.0;
const CLIENT: &str = "blocking sockets of the benchmark, 1 connection";

/// Megabytes that one upload moved or held.
struct Cost {
    served: f64,
    read: f64,
    added_to_server: f64,
    added_to_worker: f64,
}

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let body = bytes(SIZE);
    let costs = (0..bench.repetitions).map(|_| upload(bench, &body)).collect::<Outcome<Vec<Cost>>>()?;
    let row = |what: &str, ours: fn(&Cost) -> f64, floor_name: &str, floor: f64, bound| Row {
        what: format!("a direct upload of 200 MB on PostgreSQL and S3: {what}"),
        ours: Series::new(costs.iter().map(ours).collect()).into(),
        floor_name: floor_name.to_owned(),
        floor: Series::new(vec![floor; costs.len()]).into(),
        unit: "MB",
        bound,
        client: CLIENT.to_owned(),
    };
    let allowed = "what is allowed";
    Ok(vec![
        row(
            "received and sent by the serving process, to the store and to clients",
            |cost| cost.served,
            allowed,
            SIGNALS,
            Bound::AtMost(1.0),
        ),
        row(
            "memory added to the serving process",
            |cost| cost.added_to_server,
            allowed,
            HELD,
            Bound::AtMost(1.0),
        ),
        row("read by the job", |cost| cost.read, "its size", megabytes(SIZE as u64), Bound::AtMost(1.01)),
        row("memory added by the job", |cost| cost.added_to_worker, allowed, HELD, Bound::AtMost(1.0)),
    ])
}

/// One upload, with relays at every socket that could carry its bytes but the store's own.
fn upload(bench: &Bench<'_>, body: &[u8]) -> Outcome<Cost> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let s3 = tools.s3(home.path())?;
    let (served, by_job) = (Relay::to(s3.address)?, Relay::to(s3.address)?);
    let database = tools.database("product")?.url;
    let settings = |relay: &Relay| {
        let mut settings = s3.access.variables_through(relay.address);
        settings.extend(Product::on_postgres(&database));
        settings
    };
    let product = Product::start_as(tools, home.path(), &settings(&served), &["serve", "--no-worker"])?;
    let worker = worker(bench, home.path(), &settings(&by_job))?;
    thread::sleep(Duration::from_secs(2));

    let clients = Relay::to(product.address)?;
    let (in_server, in_worker) = (Memory::of(product.process_id())?, Memory::of(worker.id())?);
    let moved = |relay: &Relay| relay.there() + relay.back();
    let (before, read_before) = (moved(&served), by_job.back());
    let mut connection = Connection::open(clients.address)?;
    let file = direct::upload(&mut connection, product.user.bearer(), s3.address, "direct.bin", body)?;
    let through = moved(&clients) + moved(&served) - before;
    let file = file["id"].as_str().ok_or("the file has no id")?;
    wait_for_hash(&product, &format!("/v1/files/{file}"))?;
    Ok(Cost {
        served: megabytes(through),
        read: megabytes(by_job.back() - read_before),
        added_to_server: in_server.added()?,
        added_to_worker: in_worker.added()?,
    })
}

fn worker(bench: &Bench<'_>, home: &Path, settings: &[(&'static str, String)]) -> Outcome<Process> {
    let mut command = command(bench.tools, &home.join("product"), settings)?;
    Process::start_logging_to(&home.join("worker.log"), command.arg("worker"), Ending::Terminate)
}

/// Asks again and again, on connections that are not counted, until the job has hashed the file.
fn wait_for_hash(product: &Product, path: &str) -> Outcome<()> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_mins(1) {
        let headers = [product.user.bearer()];
        let question = Request { method: "GET", path, headers: &headers, body: b"" };
        if send(product.address, &question)?.json(200)?["sha256"].is_string() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err("the job has not hashed the file within a minute".into())
}
