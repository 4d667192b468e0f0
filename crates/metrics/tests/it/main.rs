//! Metrics, as Prometheus reads them.

mod asking;
mod counting;
