//! Uploads of 4 KiB by one user and by sixteen, on SQLite and disk, beside the reference server of tus and its
//! creation-with-upload: one request too, but without a database, a hash, and a disk that is waited for.

use fm_testkit::Outcome;
use fm_testkit::tus::{CHUNK_TYPE, VERSION};

use super::Bench;
use super::small_uploads::{MANY, Names, SIZE, Senders};
use crate::load;
use crate::machine::let_disk_rest;
use crate::measure::{Contestant, Measured, Sample, in_turns};
use crate::product::Product;
use crate::report::{Bound, Row};
use crate::tus_server::TusServer;

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let product = Product::start(tools, home.path(), &[])?;
    let reference = TusServer::start(tools, home.path(), "plain")?;
    let senders = Senders::start(bench, &product, home.path())?;
    let url = reference.url();
    let headers = [
        format!("{}: {}", VERSION.0, VERSION.1),
        format!("Upload-Length: {SIZE}"),
        format!("Content-Type: {CHUNK_TYPE}"),
    ];
    let rested = |sample: Outcome<Sample>| {
        let_disk_rest()?;
        sample
    };
    let created = |connections| {
        let pressure = bench.pressure(connections);
        let reached = load::same(tools, pressure, "POST", &url, Some(&senders.body), &headers)?;
        reference.clear()?;
        rested(Ok(reached.requests_a_second()))
    };
    let (processes, node) = (product.processes(&[]), reference.processes());
    let [by_one, created_by_one, by_many, created_by_many] = in_turns(
        bench.repetitions,
        [
            Contestant::new(&processes, &mut || rested(senders.one(1))),
            Contestant::new(&node, &mut || created(1)),
            Contestant::new(&processes, &mut || rested(senders.many(Names::Own))),
            Contestant::new(&node, &mut || created(MANY)),
        ],
    )?;
    Ok(vec![row("one user", by_one, created_by_one, 1), row("16 users", by_many, created_by_many, MANY)])
}

fn row(users: &str, ours: Measured, floor: Measured, connections: usize) -> Row {
    Row {
        what: format!("uploads of 4 KiB on SQLite and disk by {users}"),
        ours,
        floor_name: "`@tus/server` with `@tus/file-store`, creation-with-upload".to_owned(),
        floor,
        unit: "/s",
        bound: Bound::AtLeast(1.5),
        client: format!("wrk, connections: {connections}"),
    }
}
