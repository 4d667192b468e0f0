//! Bytes in flight: the memory that they share, chunks read out of streams, and hashes made beside the writing.
//!
//! Nothing here knows a store or a use case. Adapters and use cases share these pieces, so that one budget bounds the
//! memory of them all.

mod budget;
mod chunk_reader;
pub mod hashing;
pub mod meter;
mod pool;

pub use budget::{BufferBudget, BufferPermit};
pub use chunk_reader::{ChunkReader, ReadOutcome};
pub use pool::{BufferPool, PIECE_BYTES};
