//! Thumbnails beside libvips, each in a process of its own, one picture at a time.

use std::path::Path;

use fm_testkit::Outcome;
use fm_testkit::process::{number, output};

use super::Bench;
use crate::cpu::Processes;
use crate::measure::{Contestant, Sample, in_turns};
use crate::report::{Bound, Row};
use crate::tools::Tools;

/// A picture that libvips draws, how often it is rendered in a turn, and the bound.
const PICTURES: [(&str, &str, u32, Bound); 4] = [
    ("12-megapixel JPEG", "12-megapixel.jpg", 30, Bound::AtMost(1.2)),
    ("4K PNG", "4k.png", 8, Bound::AtMost(1.0)),
    ("GIF of 800 × 600", "800x600.gif", 80, Bound::AtMost(1.5)),
    ("12-megapixel WebP", "12-megapixel.webp", 20, Bound::AtMost(1.3)),
];

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    output(tools.tool(&tools.vips).command().arg("make").arg(home.path()))?;
    let mut rows = Vec::new();
    for (what, file, count, bound) in PICTURES {
        let picture = home.path().join(file);
        let mut ours = || render(tools, &tools.thumbnails, &picture, count);
        let mut floor = || render(tools, &tools.vips, &picture, count);
        // The renderers count their CPU time themselves, without their start.
        let uncounted = Processes::default();
        let [ours, floor] = in_turns(
            bench.repetitions,
            [Contestant::new(&uncounted, &mut ours), Contestant::new(&uncounted, &mut floor)],
        )?;
        rows.push(Row {
            what: format!("thumbnail of a {what}, CPU"),
            ours,
            floor_name: "libvips in process".to_owned(),
            floor,
            unit: "ms",
            bound,
            client: "in process, one at a time".to_owned(),
        });
    }
    Ok(rows)
}

/// Milliseconds of CPU for one.
fn render(tools: &Tools, renderer: &Path, picture: &Path, count: u32) -> Outcome<Sample> {
    let printed = output(tools.tool(renderer).command().arg("render").arg(picture).arg(count.to_string()))?;
    Ok(Sample { figure: number(&printed, "cpu_ms")?, operations: f64::from(count) })
}
