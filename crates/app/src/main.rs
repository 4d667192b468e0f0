//! The program `file-manager`.

use std::process::ExitCode;

use clap::Parser as _;
use fm_app::cli::Cli;
use fm_app::commands;

/// glibc keeps what many threads freed; this allocator gives it back, so that a burst of uploads leaves no trace.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::run(Cli::parse())
}
