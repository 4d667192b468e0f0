//! Bytes in flight: the memory that they share, chunks read out of streams, hashes made beside the writing, pictures on their
//! way to their jobs, and waits for connections.
//!
//! Nothing here knows a store or a use case. Adapters and use cases share these pieces, so that one budget bounds the
//! memory of them all.

mod budget;
mod checkouts;
mod chunk_reader;
mod handover;
pub mod hashing;
pub mod meter;
mod pool;

pub use budget::{BudgetUse, BufferBudget, BufferPermit};
pub use checkouts::{Checkout, CheckoutMeter, PoolUse};
pub use chunk_reader::{ChunkReader, Pace, ReadOutcome};
pub use handover::{HandoverUse, Offer, Picture, PictureCopy, PictureHandover};
pub use pool::{BufferPool, PIECE_BYTES};
