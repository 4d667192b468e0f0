//! The adapters, on a real server.

mod alone;
mod common;
mod contract;
mod corrupt;
mod deferred;
mod gathered;
mod hosts;
mod recovery;
mod schema;
mod statements;
mod tls;
mod tree;
mod upgrade;
