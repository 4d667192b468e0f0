//! The harness of the end-to-end tests (`tests`) and the benchmark (`bench`): processes, services, clients, chance.
//!
//! It knows the program by its command line and its HTTP contract alone. Without features it needs little more than the
//! standard library, and its clients are blocking sockets: a client of the benchmark shares the machine with what it
//! measures, so it has to cost next to nothing. With the feature `e2e` the module `e2e` is there too: servers of every
//! lane with their database and store, and asynchronous clients that can send what no proper client sends.

pub mod direct;
#[cfg(feature = "e2e")]
pub mod e2e;
pub mod http;
pub mod nginx;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod random;
#[cfg(feature = "redis")]
pub mod redis;
pub mod s3;
pub mod tus;

/// How long something may take that has to happen: only what hangs takes longer, on however busy a machine.
pub const AT_LAST: std::time::Duration = std::time::Duration::from_mins(2);

/// Why something of the harness did not work.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
/// What it gives where it works.
pub type Outcome<T> = Result<T, Failure>;
