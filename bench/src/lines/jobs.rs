//! Purges by twenty workers in four processes, beside their claims and completions in pgbench: how fast, and that none is
//! lost or done twice. Making the jobs counts as CPU time of both.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use fm_testkit::Outcome;
use fm_testkit::postgres::Database;
use fm_testkit::process::{Ending, Process, output};

use super::Bench;
use crate::cpu::{Counted, Processes};
use crate::measure::{Contestant, Sample, in_turns};
use crate::product::{Product, command};
use crate::report::{Bound, Row};
use crate::tools::Tools;

const JOBS: usize = 10_000;
const PROCESSES: usize = 4;
/// In each process: as many as `JOB_WORKERS` says, and one of housekeeping.
const WORKERS: usize = 5;

/// Waits until no purge is left, in the server: asking from outside would take its time.
const ALL_DONE: &str = "DO $$ BEGIN WHILE EXISTS (SELECT 1 FROM jobs WHERE kind = 'purge_blob') LOOP
    PERFORM pg_sleep(0.02); END LOOP; END $$";

pub(super) fn measure(bench: &Bench<'_>) -> Outcome<Vec<Row>> {
    let tools = bench.tools;
    let home = tools.folder()?;
    let (product, bare) = (migrated(tools, home.path(), "product")?, migrated(tools, home.path(), "floor")?);
    let workers: Vec<Process> = (0..PROCESSES)
        .map(|number| {
            let mut command = program(tools, home.path(), &product)?;
            let log = home.path().join(format!("worker-{number}.log"));
            Process::start_logging_to(&log, command.arg("worker"), Ending::Terminate)
        })
        .collect::<Outcome<_>>()?;
    // Until they listen and have swept.
    thread::sleep(Duration::from_secs(2));

    let (seed, transactions) = (tools.script("seed_purges.sql"), tools.script("claim_and_complete.sql"));
    let count = JOBS.to_string();
    let mut ours = || {
        product.run_file(&seed, &[("count", &count)])?;
        let begun = Instant::now();
        product.run(ALL_DONE)?;
        Ok(rate(begun.elapsed()))
    };
    let clients = PROCESSES * WORKERS;
    let mut floor = || {
        bare.run("TRUNCATE blobs, jobs")?;
        bare.run_file(&seed, &[("count", &count)])?;
        Ok(bare.pgbench_times(&transactions, clients, JOBS / clients)?.into())
    };
    let postgres = tools.postgres()?;
    let programs: Vec<Counted> = workers.iter().map(|worker| Counted::Tree(worker.id())).collect();
    let (processes, floor_processes) =
        (Processes::new(&programs, &[postgres]), Processes::new(&[], &[postgres]));
    let [ours, floor] = in_turns(
        bench.repetitions,
        [Contestant::new(&processes, &mut ours), Contestant::new(&floor_processes, &mut floor)],
    )?;
    // Their statistics come with their ends.
    drop(workers);
    let (lost, double) = faults(&product)?;
    if (lost, double) != (0, 0) {
        return Err(format!("{lost} jobs were lost, and {double} were run twice").into());
    }
    Ok(vec![Row {
        what: format!(
            "{JOBS} purges on PostgreSQL by {clients} workers in {PROCESSES} processes (lost: {lost}, double: {double})"
        ),
        ours,
        floor_name: "claims and completions alone in pgbench".to_owned(),
        floor,
        unit: "/s",
        bound: Bound::AtLeast(0.35),
        client: format!("the workers themselves; pgbench, {clients} connections"),
    }])
}

#[expect(clippy::cast_precision_loss, reason = "ten thousand need no 52 bits")]
fn rate(time: Duration) -> Sample {
    Sample { figure: JOBS as f64 / time.as_secs_f64(), operations: JOBS as f64 }
}

/// A database with the product's tables.
fn migrated(tools: &Tools, home: &Path, name: &str) -> Outcome<Database> {
    let database = tools.database(name)?;
    output(program(tools, home, &database)?.args(["migrate", "up"]))?;
    Ok(database)
}

fn program(tools: &Tools, home: &Path, database: &Database) -> Outcome<Command> {
    let workers = ("JOB_WORKERS", (WORKERS - 1).to_string());
    let mut settings = Product::on_postgres(&database.url);
    settings.push(workers);
    command(tools, home, &settings)
}

/// How many jobs or blobs were lost, and how many jobs were claimed more than once. A job that is run once is inserted,
/// updated by its claim, and deleted by its completion.
fn faults(database: &Database) -> Outcome<(i64, i64)> {
    thread::sleep(Duration::from_secs(2));
    let counts = database.run(
        "SELECT n_tup_ins - n_tup_del, n_tup_upd - n_tup_ins, (SELECT count(*) FROM blobs)
         FROM pg_stat_user_tables WHERE relname = 'jobs'",
    )?;
    let mut counts = counts.split('|').map(str::parse::<i64>);
    match (counts.next(), counts.next(), counts.next()) {
        (Some(Ok(left)), Some(Ok(again)), Some(Ok(blobs))) => Ok((left.abs() + blobs, again.abs())),
        _ => Err("the statistics of the jobs can't be read".into()),
    }
}
