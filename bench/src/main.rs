//! Measures the program beside floors in the same run, and writes the figures down. `scripts/bench` calls it with
//! everything that it needs: services, tools and a release build.
//!
//! Every figure is a ratio to a floor that was measured beside it, the contestants taking turns, so that it says the same on
//! a slow machine and on a busy one. A line that misses its bound makes the run fail.

mod bare_pictures;
mod bare_s3;
mod cpu;
mod lines;
mod load;
mod machine;
mod measure;
mod presign;
mod product;
mod relay;
mod report;
mod tools;
mod tus;
mod tus_server;
mod uploads;

use std::process::ExitCode;

use clap::Parser;
use fm_testkit::Outcome;

use report::Row;
use tools::Tools;

/// What is measured, and with what.
#[derive(Parser)]
#[command(name = "fm-bench")]
struct Arguments {
    /// The lines to measure; all of them when none is named.
    #[arg(value_name = "LINE", value_parser = clap::builder::PossibleValuesParser::new(lines::NAMES))]
    lines: Vec<String>,
    /// How often each contestant takes its turn; the median counts.
    #[arg(long, default_value_t = 5)]
    repetitions: usize,
    /// How long one turn lasts, where it is a matter of time.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    #[command(flatten)]
    tools: Tools,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(2)
        }
    }
}

/// Measures and reports; whether every line kept its bound.
fn run(arguments: &Arguments) -> Outcome<bool> {
    let chosen: Vec<&str> = if arguments.lines.is_empty() {
        lines::NAMES.to_vec()
    } else {
        arguments.lines.iter().map(String::as_str).collect()
    };
    let bench = lines::Bench {
        tools: &arguments.tools,
        repetitions: arguments.repetitions,
        seconds: arguments.seconds,
    };
    let mut rows: Vec<Row> = Vec::new();
    for line in chosen {
        eprintln!("measuring {line}");
        let measured = lines::measure(line, &bench)?;
        for row in &measured {
            eprintln!("    {row}");
        }
        rows.extend(measured);
    }
    let table = report::markdown(&rows, &machine::describe(), arguments.repetitions);
    println!("{table}");
    if arguments.lines.is_empty() {
        report::write(&arguments.tools.report, &table)?;
    }
    Ok(rows.iter().all(Row::holds))
}
