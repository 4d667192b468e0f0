//! `file-manager` with foreign adapters.

use std::process::ExitCode;

fn main() -> ExitCode {
    fm_app::run(fm_example_foreign_adapters::program())
}
