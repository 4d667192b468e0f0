//! Uploads of 50 MB to disk, hashed on the way, beside nginx and fsync.

use fm_testkit::Outcome;
use fm_testkit::random::bytes;

use super::Bench;
use crate::cpu::{Counted, Processes};
use crate::measure::{Contestant, in_turns};
use crate::product::Product;
use crate::report::{Bound, Row};
use crate::uploads::{Clients, LARGE, into_nginx, into_product};

const CLIENTS: Clients = Clients { at_once: 4, each: 4 };

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let nginx = tools.nginx(home.path())?;
    let product = Product::start(tools, home.path(), &[])?;
    let body = bytes(LARGE);
    let mut ours = || into_product(&product, &body, CLIENTS);
    let mut floor = || into_nginx(&nginx, &body, CLIENTS);
    let (processes, servers) = (product.processes(&[]), Processes::new(&[Counted::Tree(nginx.id())], &[]));
    let [ours, floor] = in_turns(
        bench.repetitions,
        [Contestant::new(&processes, &mut ours), Contestant::new(&servers, &mut floor)],
    )?;
    Ok(vec![Row {
        what: "uploads of 50 MB on SQLite and disk".to_owned(),
        ours,
        floor_name: "nginx PUT, then fsync".to_owned(),
        floor,
        unit: "MB/s",
        bound: Bound::AtLeast(0.6),
        client: format!("blocking sockets of the benchmark, {} connections", CLIENTS.at_once),
    }])
}
