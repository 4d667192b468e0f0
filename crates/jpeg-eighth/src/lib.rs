//! JPEG pictures decoded at 1/8 of their size (ITU-T T.81), safe on hostile input.
//!
//! At that scale a block of 8 × 8 samples is one pixel, and its DC coefficient alone gives it: the 63 others are skipped,
//! which is what makes this faster than a general decoder. Sequential and progressive pictures of 8 bits with Huffman
//! codes and one or three components are decoded. All others, and broken ones, are [`DecodeError::Unsupported`]: a
//! general decoder must try them.
//!
//! ```no_run
//! use std::time::{Duration, Instant};
//!
//! use fm_jpeg_eighth::{Limits, decode};
//!
//! let file = std::fs::read("photograph.jpg")?;
//! let limits =
//!     Limits { max_alloc: 64 * 1024 * 1024, deadline: Some(Instant::now() + Duration::from_secs(5)) };
//! let picture = decode(&file, limits)?;
//! let mut pixels = Vec::new();
//! let mut rows = picture.rows();
//! while let Some(row) = rows.next_row() {
//!     pixels.extend_from_slice(row);
//! }
//! picture.to_rgb(&mut pixels);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Fuzzing
//!
//! No file makes the decoder panic or allocate more than [`Limits::max_alloc`] allows. `tests/limits` holds it to that on
//! mutated pictures, and the fuzz target `decode` makes the same checks on the files that libFuzzer finds. It needs
//! a nightly toolchain and `cargo install cargo-fuzz`. In this crate's folder, the first command writes pictures to begin
//! with, and the second runs for ten minutes:
//!
//! ```text
//! cargo run --example seeds -- fuzz/corpus/decode
//! cargo +nightly fuzz run decode -- -max_total_time=600 -max_len=65536
//! ```

mod bits;
mod colour;
mod eighth;
mod frame;
mod headers;
mod huffman;
mod limits;
mod plane;
mod rows;
mod scan;
mod segments;
mod size;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use eighth::{Eighth, decode};
pub use limits::{DecodeError, Limits};
pub use rows::Rows;
