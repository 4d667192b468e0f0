//! The contract, and what the adapter adds to it: what it sends, what it makes of faults, and how it starts.

#![expect(clippy::unwrap_used, reason = "a fixture that can't be made is a failed test")]
#![expect(clippy::disallowed_methods, reason = "every test needs a key that no other has")]

mod completion;
mod contract;
mod direct;
mod faults;
mod incomplete;
mod links;
mod part_links;
mod resumable;
mod server;
mod side_by_side;
mod streamed;
mod streamed_faults;
mod support;
mod wire;
