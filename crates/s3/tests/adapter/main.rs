//! What the adapter adds to the contract: what it sends, what it makes of faults, and how it starts.

#![expect(clippy::unwrap_used, reason = "a fixture that can't be made is a failed test")]

mod faults;
mod links;
mod server;
mod support;
mod wire;
