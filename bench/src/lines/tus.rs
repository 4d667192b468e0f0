//! Resumable uploads of 200 MB in pieces of 8 MiB: on disk beside the reference server of tus as it is, which neither hashes nor
//! synchronises what it gets, and beside the same made to do both; on S3 beside a bare client that hashes the same bytes and
//! sends them as parts to the same server.

use fm_testkit::Outcome;
use fm_testkit::random::bytes;

use super::Bench;
use crate::bare_s3::BareClient;
use crate::cpu::Counted;
use crate::machine::let_disk_rest;
use crate::measure::{Contestant, Measured, Sample, in_turns};
use crate::product::Product;
use crate::report::{Bound, Row};
use crate::tus::{Endpoint, SIZE};
use crate::tus_server::TusServer;
use crate::uploads::Clients;

/// One client, and four at once.
const CLIENTS: [Clients; 2] = [Clients { at_once: 1, each: 3 }, Clients { at_once: 4, each: 1 }];

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let body = bytes(SIZE);
    let mut rows = on_disk(bench, &body)?;
    rows.extend(on_s3(bench, &body)?);
    Ok(rows)
}

fn on_disk(bench: &Bench<'_>, body: &[u8]) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let product = Product::start(tools, home.path(), &[])?;
    let plain = TusServer::start(tools, home.path(), "plain")?;
    let durable = TusServer::start(tools, home.path(), "durable")?;
    let mut rows = Vec::new();
    for clients in CLIENTS {
        let reference = |server: &TusServer| {
            let reached = server.endpoint().reaches(body, clients)?;
            server.clear()?;
            let_disk_rest()?;
            Ok(reached)
        };
        let mut ours = || into_product(&product, body, clients);
        let (mut as_it_is, mut alike) = (|| reference(&plain), || reference(&durable));
        let [ours, as_it_is, alike] = in_turns(
            bench.repetitions,
            [
                Contestant::new(&product.processes(&[]), &mut ours),
                Contestant::new(&plain.processes(), &mut as_it_is),
                Contestant::new(&durable.processes(), &mut alike),
            ],
        )?;
        let row = |floor_name, floor, bound| {
            row("SQLite and disk", clients, ours.clone(), floor_name, floor, bound)
        };
        rows.push(row("`@tus/server` with `@tus/file-store`", as_it_is, Bound::AtLeast(1.5)));
        rows.push(row("the same, each piece hashed and synchronised to the disk", alike, Bound::Reported));
    }
    Ok(rows)
}

fn on_s3(bench: &Bench<'_>, body: &[u8]) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let s3 = tools.s3(home.path())?;
    let mut settings = s3.access.variables();
    settings.extend(Product::on_postgres(&tools.database("product")?.url));
    let product = Product::start(tools, home.path(), &settings)?;
    let processes = product.processes(&[tools.postgres()?, Counted::Tree(s3.id())]);
    let bare = BareClient::of(&s3)?;
    let mut rows = Vec::new();
    for clients in CLIENTS {
        let mut ours = || into_product(&product, body, clients);
        let mut floor = || {
            let reached = bare.uploads_of_parts(body, clients)?;
            let_disk_rest()?;
            Ok(reached)
        };
        let [ours, floor] = in_turns(
            bench.repetitions,
            [Contestant::new(&processes, &mut ours), Contestant::new(&bare.processes(), &mut floor)],
        )?;
        let floor_name = "a client that hashes and sends the same as parts of 8 MiB to the same S3 server";
        rows.push(row("PostgreSQL and S3", clients, ours, floor_name, floor, Bound::AtLeast(0.7)));
    }
    Ok(rows)
}

fn into_product(product: &Product, body: &[u8], clients: Clients) -> Outcome<Sample> {
    let endpoint = Endpoint::of(product);
    let reached = endpoint.reaches(body, clients)?;
    endpoint.clear()?;
    let_disk_rest()?;
    Ok(reached)
}

fn row(
    stores: &str,
    clients: Clients,
    ours: Measured,
    floor_name: &str,
    floor: Measured,
    bound: Bound,
) -> Row {
    Row {
        what: format!("resumable uploads of 200 MB, {} at once, {stores}", clients.at_once),
        ours,
        floor_name: floor_name.to_owned(),
        floor,
        unit: "MB/s",
        bound,
        client: format!("blocking sockets of the benchmark, connections: {}", clients.at_once),
    }
}
