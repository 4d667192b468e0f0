//! Two stores of blobs as one, while blobs move from one to the other: the current store takes what is new, and the previous one
//! still gives what was not moved yet ([ADR 52](../../../docs/adr/0052-blobs-move-behind-a-store-of-two.md)).

mod links;
mod lister;
mod resumable;
mod store;

pub use links::FallbackLinks;
pub use lister::FallbackLister;
pub use resumable::FallbackResumable;
pub use store::FallbackStore;

#[cfg(test)]
mod tests;
