//! Downloads of 50 MB from disk through a signed URL, beside nginx with sendfile.

use std::fs;

use fm_testkit::Outcome;
use fm_testkit::random::bytes;

use super::Bench;
use crate::cpu::{Counted, Processes};
use crate::load;
use crate::measure::{Contestant, in_turns};
use crate::product::Product;
use crate::report::{Bound, Row};
use crate::uploads::LARGE;

const CONNECTIONS: usize = 4;

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let nginx = tools.nginx(home.path())?;
    let product = Product::start(tools, home.path(), &[])?;
    let body = bytes(LARGE);
    fs::write(nginx.folder.join("large.bin"), &body)?;
    let file = product.upload("large.bin", &body)?;
    let ours_url = file["download"]["url"].as_str().ok_or("the file has no URL")?;
    let floor_url = format!("http://{}/large.bin", nginx.address);
    let megabytes = |url: &str| {
        Ok(load::same(tools, bench.pressure(CONNECTIONS), "GET", url, None, &[])?.megabytes_a_second())
    };
    let mut ours = || megabytes(ours_url);
    let mut floor = || megabytes(&floor_url);
    let (processes, servers) = (product.processes(&[]), Processes::new(&[Counted::Tree(nginx.id())], &[]));
    let [ours, floor] = in_turns(
        bench.repetitions,
        [Contestant::new(&processes, &mut ours), Contestant::new(&servers, &mut floor)],
    )?;
    Ok(vec![Row {
        what: "downloads of 50 MB from disk".to_owned(),
        ours,
        floor_name: "nginx with sendfile".to_owned(),
        floor,
        unit: "MB/s",
        bound: Bound::AtLeast(0.7),
        client: format!("wrk, {CONNECTIONS} connections"),
    }])
}
