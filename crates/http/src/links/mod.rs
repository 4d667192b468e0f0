//! Links that we serve ourselves, for stores that can't sign: what they lead to travels inside them, under a MAC.

mod downloads;
mod parts;
mod verify;

pub use downloads::SelfSignedLinks;
pub use parts::SelfSignedParts;
pub use verify::{Forbidden, LinkVerifier, VerifiedLink};
