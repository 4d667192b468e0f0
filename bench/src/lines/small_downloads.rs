//! Downloads of 4 KiB from disk through a signed URL: whether an answer's body waits for the ACK of its head, which takes
//! 40 ms, and how far nginx is.

use std::fs;

use fm_testkit::Outcome;
use fm_testkit::random::bytes;

use super::Bench;
use crate::cpu::{Counted, Processes};
use crate::load;
use crate::measure::{Contestant, Series, in_turns};
use crate::product::Product;
use crate::report::{Bound, Row};

const CONNECTIONS: usize = 24;

/// What as many connections reach when each answer stalls for 40 ms: 24 / 0.040 s.
const STALLING: f64 = 600.0;

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let nginx = tools.nginx(home.path())?;
    let product = Product::start(tools, home.path(), &[])?;
    let body = bytes(4096);
    fs::write(nginx.folder.join("small.bin"), &body)?;
    let file = product.upload("small.bin", &body)?;
    let ours_url = file["download"]["url"].as_str().ok_or("the file has no URL")?;
    let floor_url = format!("http://{}/small.bin", nginx.address);
    let requests = |url: &str| {
        Ok(load::same(tools, bench.pressure(CONNECTIONS), "GET", url, None, &[])?.requests_a_second())
    };
    let mut ours = || requests(ours_url);
    let mut floor = || requests(&floor_url);
    let (processes, servers) = (product.processes(&[]), Processes::new(&[Counted::Tree(nginx.id())], &[]));
    let [ours, floor] = in_turns(
        bench.repetitions,
        [Contestant::new(&processes, &mut ours), Contestant::new(&servers, &mut floor)],
    )?;
    let row = |floor_name: &str, floor, bound| Row {
        what: "downloads of 4 KiB from disk".to_owned(),
        ours: ours.clone(),
        floor_name: floor_name.to_owned(),
        floor,
        unit: "/s",
        bound,
        client: format!("wrk, {CONNECTIONS} connections"),
    };
    Ok(vec![
        row(
            "as many connections that stall for 40 ms each time (computed)",
            Series::new(vec![STALLING; bench.repetitions]).into(),
            Bound::AtLeast(3.2),
        ),
        row("nginx with sendfile", floor, Bound::Reported),
    ])
}
