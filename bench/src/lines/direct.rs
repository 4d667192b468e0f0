//! Direct uploads of 200 MB on PostgreSQL and S3: how many of their bytes pass through the process that serves, how many
//! the job reads that hashes them, in a process of its own, and what it holds of them.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Bench;
use super::memory::{Memory, megabytes};
use crate::Outcome;
use crate::http::{Connection, Request, Response, path_of, send};
use crate::measure::Series;
use crate::postgres::Database;
use crate::process::Server;
use crate::product::Product;
use crate::relay::Relay;
use crate::report::{Bound, Row};
use crate::s3::S3;
use crate::uploads::bytes;

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
        ours: Series::new(costs.iter().map(ours).collect()),
        floor_name: floor_name.to_owned(),
        floor: Series::new(vec![floor; costs.len()]),
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
    let s3 = S3::start(tools, home.path())?;
    let (served, by_job) = (Relay::to(s3.address)?, Relay::to(s3.address)?);
    let database = Database::create(tools, "product")?.url;
    let settings = |relay: &Relay| {
        let mut settings = s3.settings_by_way_of(relay.address);
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
    let mut caller = Caller { product: &product, connection: Connection::open(clients.address)? };
    let file = caller.upload(s3.address, body)?;
    let through = moved(&clients) + moved(&served) - before;
    caller.wait_for_hash(&file)?;
    Ok(Cost {
        served: megabytes(through),
        read: megabytes(by_job.back() - read_before),
        added_to_server: in_server.added()?,
        added_to_worker: in_worker.added()?,
    })
}

fn worker(bench: &Bench<'_>, home: &Path, settings: &[(&'static str, String)]) -> Outcome<Server> {
    let mut command = Command::new(&bench.tools.product);
    command
        .arg("worker")
        .env_clear()
        .current_dir(home)
        .env("DATA_DIR", home.join("product/data"))
        .env("JWT_SECRET", "a secret of the benchmark, of no importance")
        .envs(settings.iter().map(|(name, value)| (*name, value)));
    Server::start(&mut command, &home.join("worker.log"))
}

/// Somebody who uploads directly.
struct Caller<'a> {
    product: &'a Product,
    connection: Connection,
}

impl Caller<'_> {
    /// Asks for the parts, sends them to the store, and says so; the file's path.
    fn upload(&mut self, store: std::net::SocketAddr, body: &[u8]) -> Outcome<String> {
        let wanted = json!({"name": "direct.bin", "size": body.len()});
        let upload = self.send("POST", "/v1/direct-uploads", &wanted)?.json(201)?;
        let mut to_store = Connection::open(store)?;
        let mut parts = Vec::new();
        for part in upload["parts"].as_array().ok_or("no parts")? {
            parts.push(send_part(&mut to_store, part, body)?);
        }
        let path = format!("/v1/direct-uploads/{}/complete", upload["id"].as_str().ok_or("no id")?);
        let file = self.send("POST", &path, &json!({"parts": parts}))?.json(201)?;
        Ok(format!("/v1/files/{}", file["id"].as_str().ok_or("no file id")?))
    }

    /// Asks again and again, on connections that are not counted.
    fn wait_for_hash(&self, path: &str) -> Outcome<()> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_mins(1) {
            let headers = [self.product.user.bearer()];
            let question = Request { method: "GET", path, headers: &headers, body: b"" };
            if send(self.product.address, &question)?.json(200)?["sha256"].is_string() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err("the job has not hashed the file within a minute".into())
    }

    fn send(&mut self, method: &str, path: &str, body: &Value) -> Outcome<Response> {
        let headers = [self.product.user.bearer(), ("Content-Type", "application/json")];
        let body = body.to_string();
        self.connection.send(&Request { method, path, headers: &headers, body: body.as_bytes() })
    }
}

/// Sends a part as it was signed; its number and tag.
fn send_part(store: &mut Connection, part: &Value, body: &[u8]) -> Outcome<Value> {
    let number = |name: &str| part[name].as_u64().and_then(|number| usize::try_from(number).ok());
    let (offset, size) = (number("offset").ok_or("no offset")?, number("size").ok_or("no size")?);
    let headers: Vec<(&str, &str)> = part["headers"]
        .as_object()
        .into_iter()
        .flatten()
        // The client says these two anyway.
        .filter(|(name, _)| {
            !name.eq_ignore_ascii_case("content-length") && !name.eq_ignore_ascii_case("host")
        })
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect();
    let answer = store.send(&Request {
        method: part["method"].as_str().ok_or("no method")?,
        path: path_of(part["url"].as_str().ok_or("no URL")?),
        headers: &headers,
        body: body.get(offset..offset + size).ok_or("a part beyond the end")?,
    })?;
    answer.expect(200)?;
    Ok(json!({"number": part["number"], "etag": answer.header("etag")?}))
}
