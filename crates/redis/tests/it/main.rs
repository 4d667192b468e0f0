//! The adapters, on real servers.

mod accounts;
mod contract;
mod tls;
