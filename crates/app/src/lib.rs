//! The program `file-manager`: reads the configuration, picks the adapters, runs a command.
//!
//! [`wire`] is the only place that names an adapter.

pub mod cli;
pub mod commands;
pub mod config;
pub mod lifecycle;
pub mod logging;
pub mod wire;
pub mod worker;
