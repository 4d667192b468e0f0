//! Resumable uploads of 200 MB in pieces of 8 MiB, beside the reference server of tus as it is, which neither hashes nor
//! synchronises what it gets, and beside the same made to do both.

use fm_testkit::Outcome;
use fm_testkit::random::bytes;

use super::Bench;
use crate::cpu::{Counted, Processes};
use crate::machine::let_disk_rest;
use crate::measure::{Contestant, Sample, in_turns};
use crate::product::Product;
use crate::report::{Bound, Row};
use crate::tus::{Endpoint, SIZE};
use crate::tus_server::TusServer;
use crate::uploads::Clients;

/// One client, and four at once.
const CLIENTS: [Clients; 2] = [Clients { at_once: 1, each: 3 }, Clients { at_once: 4, each: 1 }];

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for on_s3 in [false, true] {
        let tools = bench.tools;
        let home = tools.folder()?;
        let s3 = if on_s3 { Some(tools.s3(home.path())?) } else { None };
        let mut settings = Vec::new();
        if let Some(s3) = &s3 {
            settings.extend(s3.access.variables());
            settings.extend(Product::on_postgres(&tools.database("product")?.url));
        }
        let product = Product::start(tools, home.path(), &settings)?;
        let plain = TusServer::start(tools, home.path(), "plain")?;
        let durable = TusServer::start(tools, home.path(), "durable")?;
        let services = match &s3 {
            Some(s3) => vec![tools.postgres()?, Counted::Tree(s3.id())],
            None => Vec::new(),
        };
        let processes = product.processes(&services);
        for clients in CLIENTS {
            rows.extend(pair(bench, on_s3, clients, (&product, &processes), [&plain, &durable])?);
        }
    }
    Ok(rows)
}

fn pair(
    bench: &Bench<'_>,
    on_s3: bool,
    clients: Clients,
    (product, processes): (&Product, &Processes),
    [plain, durable]: [&TusServer; 2],
) -> Outcome<[Row; 2]> {
    let body = bytes(SIZE);
    let into_product = Endpoint::of(product);
    let mut ours = || {
        let reached = into_product.reaches(&body, clients)?;
        into_product.clear()?;
        quiet(reached)
    };
    let reference = |server: &TusServer| {
        let reached = server.endpoint().reaches(&body, clients)?;
        server.clear()?;
        quiet(reached)
    };
    let (mut as_it_is, mut alike) = (|| reference(plain), || reference(durable));
    let [ours, as_it_is, alike] = in_turns(
        bench.repetitions,
        [
            Contestant::new(processes, &mut ours),
            Contestant::new(&plain.processes(), &mut as_it_is),
            Contestant::new(&durable.processes(), &mut alike),
        ],
    )?;
    let row = |floor_name: &str, floor, bound| Row {
        what: format!(
            "resumable uploads of 200 MB, {} at once, {}",
            clients.at_once,
            if on_s3 { "PostgreSQL and S3" } else { "SQLite and disk" }
        ),
        ours: ours.clone(),
        floor_name: floor_name.to_owned(),
        floor,
        unit: "MB/s",
        bound,
        client: format!("blocking sockets of the benchmark, connections: {}", clients.at_once),
    };
    let bound = if on_s3 { Bound::Reported } else { Bound::AtLeast(1.5) };
    Ok([
        row("`@tus/server` with `@tus/file-store`", as_it_is, bound),
        row("the same, each piece hashed and synchronised to the disk", alike, Bound::Reported),
    ])
}

fn quiet(reached: Sample) -> Outcome<Sample> {
    let_disk_rest()?;
    Ok(reached)
}
