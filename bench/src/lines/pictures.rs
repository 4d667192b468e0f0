//! Photographs of 2.5 MB, from their upload until their thumbnail is read, on both stores, beside a bare program that does the
//! same without accounts and records.

use std::fs;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use fm_testkit::Outcome;
use fm_testkit::http::{Connection, Request, path_of, send};
use fm_testkit::process::output;

use super::Bench;
use crate::bare_pictures::{BarePictures, expect_png};
use crate::cpu::Counted;
use crate::machine::let_disk_rest;
use crate::measure::{Contestant, Sample, in_turns};
use crate::product::{Product, upload_path};
use crate::report::{Bound, Row};
use crate::uploads::{Clients, at_once};

/// What libvips draws: 12 megapixels.
const PICTURE: &str = "12-megapixel.jpg";

/// One client, and four at once.
const CLIENTS: [Clients; 2] = [Clients { at_once: 1, each: 20 }, Clients { at_once: 4, each: 10 }];

/// How long a client waits before it asks for the thumbnail again.
const PAUSE: Duration = Duration::from_millis(5);
/// How long it asks.
const TIME_LIMIT: Duration = Duration::from_mins(1);

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    output(tools.tool(&tools.vips).command().arg("make").arg(home.path()))?;
    let picture = fs::read(home.path().join(PICTURE))?;
    let mut rows = Vec::new();
    for on_s3 in [false, true] {
        rows.extend(on_store(bench, on_s3, &picture)?);
    }
    Ok(rows)
}

fn on_store(bench: &Bench<'_>, on_s3: bool, picture: &[u8]) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let s3 = if on_s3 { Some(tools.s3(home.path())?) } else { None };
    let (mut settings, mut services, mut store) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(s3) = &s3 {
        settings.extend(s3.access.variables());
        settings.extend(Product::on_postgres(&tools.database("product")?.url));
        store.push(Counted::Tree(s3.id()));
        services.extend([tools.postgres()?, Counted::Tree(s3.id())]);
    }
    let product = Product::start(tools, home.path(), &settings)?;
    let bare = BarePictures::start(tools, home.path(), s3.as_ref())?;
    let thumbnails = s3.as_ref().map(|s3| s3.address);
    let mut rows = Vec::new();
    for clients in CLIENTS {
        let mut ours = || {
            pictures_a_second(product.address, clients, |connection, thread, number| {
                through_product(&product, thumbnails, connection, &format!("{thread}-{number}.jpg"), picture)
            })
        };
        let mut floor = || {
            pictures_a_second(bare.address, clients, |connection, _thread, _number| {
                BarePictures::send(connection, picture)
            })
        };
        let [ours, floor] = in_turns(
            bench.repetitions,
            [
                Contestant::new(&product.processes(&services), &mut ours),
                Contestant::new(&bare.processes(&store), &mut floor),
            ],
        )?;
        rows.push(Row {
            what: format!(
                "photographs of {:.1} MB until their thumbnail is read, {} at once, {}",
                megabytes(picture),
                clients.at_once,
                if on_s3 { "PostgreSQL and S3" } else { "SQLite and disk" }
            ),
            ours,
            floor_name: "a bare program that stores, renders with the same code, and stores the thumbnail"
                .to_owned(),
            floor,
            unit: "/s",
            bound: Bound::AtLeast(0.7),
            client: format!("blocking sockets of the benchmark, connections: {}", clients.at_once),
        });
    }
    Ok(rows)
}

#[expect(clippy::cast_precision_loss, reason = "a picture needs no 52 bits")]
fn megabytes(picture: &[u8]) -> f64 {
    picture.len() as f64 / 1e6
}

/// The rate at which this sends pictures and reads their thumbnails.
fn pictures_a_second(
    address: SocketAddr,
    clients: Clients,
    picture: impl Fn(&mut Connection, usize, usize) -> Outcome<()> + Sync,
) -> Outcome<Sample> {
    let time = at_once(address, clients, picture)?;
    let_disk_rest()?;
    let operations = clients.operations();
    Ok(Sample { figure: operations / time.as_secs_f64(), operations })
}

/// Uploads a picture, asks until it has a thumbnail, and reads that: from the store where clients reach it, else from the
/// program.
fn through_product(
    product: &Product,
    store: Option<SocketAddr>,
    connection: &mut Connection,
    name: &str,
    picture: &[u8],
) -> Outcome<()> {
    let headers = [product.user.bearer(), ("Content-Type", "image/jpeg")];
    let path = upload_path(name);
    let post = Request { method: "POST", path: &path, headers: &headers, body: picture };
    let file = connection.send(&post)?.json(201)?;
    let path = format!("/v1/files/{}/thumbnail", file["id"].as_str().ok_or("the file has no id")?);
    let url = thumbnail_url(connection, product.user.bearer(), &path)?;
    let get = Request { method: "GET", path: path_of(&url), headers: &[], body: b"" };
    let thumbnail = match store {
        Some(store) => send(store, &get)?,
        None => connection.send(&get)?,
    };
    thumbnail.expect(200)?;
    expect_png(&thumbnail.body)
}

fn thumbnail_url(connection: &mut Connection, bearer: (&str, &str), path: &str) -> Outcome<String> {
    let get = Request { method: "GET", path, headers: &[bearer], body: b"" };
    let begun = Instant::now();
    loop {
        let answer = connection.send(&get)?;
        if answer.status == 302 {
            return Ok(answer.header("location")?.to_owned());
        }
        let is_pending = answer.json(404)?["code"] == "thumbnail_not_ready";
        if !is_pending || begun.elapsed() > TIME_LIMIT {
            return Err(format!("there is no thumbnail: {}", String::from_utf8_lossy(&answer.body)).into());
        }
        thread::sleep(PAUSE);
    }
}
