//! Metrics of the program, and the server that gives them to Prometheus.
//!
//! What happens often is counted where it happens, by atomics that were looked up before. What is a state (memory, the pool, the
//! queue) is read when Prometheus asks. Every label has a fixed set of values: no id, name, path or address is ever one.
//! `docs/OPERATIONS.md` lists the metrics.

mod application;
mod decorators;
mod jobs;
mod metrics;
mod ports;
mod process;
mod requests;
mod server;
mod sources;
mod threads;

pub use metrics::Metrics;
pub use prometheus::Error as MetricsError;
pub use requests::{Requests, RouteLabels};
pub use server::MetricsServer;
pub use sources::TrafficUse;
