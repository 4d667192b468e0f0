//! The program `file-manager`.

use std::process::ExitCode;

use fm_app::Program;

/// glibc keeps what many threads freed; this allocator gives it back, so that a burst of uploads leaves no trace.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    fm_app::run(Program::new())
}
