//! What many uploads of 50 MB at once add to the process, on both stores.

use std::thread;
use std::time::Duration;

use fm_testkit::Outcome;
use fm_testkit::random::bytes;

use super::Bench;
use crate::machine::{forget_peak, memory_of};
use crate::measure::{Sample, Series};
use crate::product::Product;
use crate::report::{Bound, Row};
use crate::uploads::{Clients, LARGE, into_product};

/// What is allowed, in megabytes.
pub(super) const MOST: f64 = 100.0;

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let body = bytes(LARGE);
    let mut rows = Vec::new();
    for on_s3 in [false, true] {
        for at_once in [20, 64] {
            let added = (0..bench.repetitions)
                .map(|_| {
                    added_by(bench, on_s3, |product| {
                        into_product(product, &body, Clients { at_once, each: 1 })
                    })
                })
                .collect::<Outcome<Vec<f64>>>()?;
            rows.push(Row {
                what: format!(
                    "memory added by {at_once} uploads of 50 MB at once, {}",
                    if on_s3 { "PostgreSQL and S3" } else { "SQLite and disk" }
                ),
                ours: Series::new(added).into(),
                floor_name: "what is allowed".to_owned(),
                floor: Series::new(vec![MOST; bench.repetitions]).into(),
                unit: "MB",
                bound: Bound::AtMost(1.0),
                client: format!("blocking sockets of the benchmark, {at_once} connections"),
            });
        }
    }
    Ok(rows)
}

/// The peak of a new process during the uploads, over what it had when it was idle, in megabytes.
pub(super) fn added_by(
    bench: &Bench<'_>,
    on_s3: bool,
    uploads: impl FnOnce(&Product) -> Outcome<Sample>,
) -> Outcome<f64> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let s3 = if on_s3 { Some(tools.s3(home.path())?) } else { None };
    let mut settings = Vec::new();
    if let Some(s3) = &s3 {
        settings.extend(s3.access.variables());
        settings.extend(Product::on_postgres(&tools.database("product")?.url));
    }
    let product = Product::start(tools, home.path(), &settings)?;
    product.upload("small.bin", &bytes(4096))?;
    thread::sleep(Duration::from_secs(1));
    let memory = Memory::of(product.process_id())?;
    uploads(&product)?;
    memory.added()
}

/// The memory of a process when it was idle.
pub(super) struct Memory {
    process: u32,
    idle: u64,
}

impl Memory {
    /// From now on its peak counts.
    pub(super) fn of(process: u32) -> Outcome<Self> {
        let idle = memory_of(process, "VmRSS").ok_or("the process has no memory")?;
        forget_peak(process)?;
        Ok(Self { process, idle })
    }

    /// The peak since then over what it was, in megabytes.
    pub(super) fn added(&self) -> Outcome<f64> {
        let peak = memory_of(self.process, "VmHWM").ok_or("the process has no memory")?;
        Ok(megabytes(peak.saturating_sub(self.idle)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "megabytes need no 52 bits")]
pub(super) const fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
