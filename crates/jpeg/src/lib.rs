//! JPEG pictures decoded at 1/8, 1/4, 1/2 or all of their size (ITU-T T.81), safe on hostile input.
//!
//! At 1/8 a block of 8 × 8 samples is one pixel, and its DC coefficient alone gives it: the 63 others are skipped, which
//! is what makes this faster than a general decoder.
//!
//! Sequential and progressive pictures of 8 bits with Huffman codes and one, three or four components are decoded. What
//! libjpeg warns of, and browsers show, is no error: files that end early, restart markers that are missing or out of
//! turn, broken data, bytes between segments. Such a picture is what libjpeg makes of it.
//!
//! ```no_run
//! use std::time::{Duration, Instant};
//!
//! use fm_jpeg::{Jpeg, Limits, Scale};
//!
//! let file = std::fs::read("photograph.jpg")?;
//! let limits =
//!     Limits { max_alloc: 64 * 1024 * 1024, deadline: Some(Instant::now() + Duration::from_secs(5)) };
//! let picture = Jpeg::read(&file)?.decode(Scale::Eighth, limits)?;
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
//! cargo run --example jpeg_seeds -- fuzz/corpus/decode
//! cargo +nightly fuzz run decode -- -max_total_time=600 -max_len=65536
//! ```

mod ac;
mod bits;
mod channel;
mod colour;
mod frame;
mod headers;
mod huffman;
mod icc;
mod jpeg;
mod limits;
mod picture;
mod plane;
mod restarts;
mod rows;
mod scale;
mod scan;
mod segments;
mod size;
mod standard;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod transform;

pub use jpeg::Jpeg;
pub use limits::{DecodeError, Limits};
pub use picture::Picture;
pub use rows::Rows;
pub use scale::Scale;
