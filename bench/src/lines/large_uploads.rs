//! Uploads of 50 MB, hashed on the way: to disk beside nginx and fsync, and to S3 beside one bare PUT that hashes.

use fm_testkit::Outcome;
use fm_testkit::random::bytes;

use super::Bench;
use crate::bare_s3::BareClient;
use crate::cpu::{Counted, Processes};
use crate::machine::let_disk_rest;
use crate::measure::{Contestant, Measured, in_turns};
use crate::product::Product;
use crate::report::{Bound, Row};
use crate::uploads::{Clients, LARGE, into_nginx, into_product};

const TO_DISK: Clients = Clients { at_once: 4, each: 4 };
/// One client, and four at once.
const TO_S3: [Clients; 2] = [Clients { at_once: 1, each: 4 }, Clients { at_once: 4, each: 2 }];

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let body = bytes(LARGE);
    let mut rows = vec![to_disk(bench, &body)?];
    rows.extend(to_s3(bench, &body)?);
    Ok(rows)
}

fn to_disk(bench: &Bench<'_>, body: &[u8]) -> Outcome<Row> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let nginx = tools.nginx(home.path())?;
    let product = Product::start(tools, home.path(), &[])?;
    let mut ours = || into_product(&product, body, TO_DISK);
    let mut floor = || into_nginx(&nginx, body, TO_DISK);
    let (processes, servers) = (product.processes(&[]), Processes::new(&[Counted::Tree(nginx.id())], &[]));
    let [ours, floor] = in_turns(
        bench.repetitions,
        [Contestant::new(&processes, &mut ours), Contestant::new(&servers, &mut floor)],
    )?;
    Ok(row("SQLite and disk", ours, "nginx PUT, then fsync", floor, Bound::AtLeast(0.6), TO_DISK))
}

fn to_s3(bench: &Bench<'_>, body: &[u8]) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let s3 = tools.s3(home.path())?;
    let mut settings = s3.access.variables();
    settings.extend(Product::on_postgres(&tools.database("product")?.url));
    let product = Product::start(tools, home.path(), &settings)?;
    let processes = product.processes(&[tools.postgres()?, Counted::Tree(s3.id())]);
    let bare = BareClient::of(&s3)?;
    let mut rows = Vec::new();
    for clients in TO_S3 {
        let mut ours = || {
            let reached = into_product(&product, body, clients)?;
            let_disk_rest()?;
            Ok(reached)
        };
        let mut floor = || {
            let reached = bare.puts(body, clients)?;
            let_disk_rest()?;
            Ok(reached)
        };
        let [ours, floor] = in_turns(
            bench.repetitions,
            [Contestant::new(&processes, &mut ours), Contestant::new(&bare.processes(), &mut floor)],
        )?;
        let floor_name = "a client that hashes and sends each to the same S3 server in one PUT";
        rows.push(row("PostgreSQL and S3", ours, floor_name, floor, Bound::AtLeast(0.8), clients));
    }
    Ok(rows)
}

fn row(
    stores: &str,
    ours: Measured,
    floor_name: &str,
    floor: Measured,
    bound: Bound,
    clients: Clients,
) -> Row {
    Row {
        what: format!("uploads of 50 MB on {stores}, {} at once", clients.at_once),
        ours,
        floor_name: floor_name.to_owned(),
        floor,
        unit: "MB/s",
        bound,
        client: format!("blocking sockets of the benchmark, connections: {}", clients.at_once),
    }
}
