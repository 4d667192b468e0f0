//! The contract, and what it does not ask of every adapter: the schema, opening, and rough endings.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]
#![expect(clippy::disallowed_methods, reason = "a test is its own source of ids and tasks")]

mod contract;
mod corrupt;
mod fill;
mod fixture;
mod open;
mod removal;
mod schema;
mod search;
mod tree;
mod units;
mod upgrade;
