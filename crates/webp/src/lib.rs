//! Lossy WebP pictures without alpha, decoded by libwebp at the size that is needed.
//!
//! libwebp reads hostile input, and is written in C. So it gets to see as little as can be: the data of one key frame of
//! VP8, whose first bytes were looked at here, in safe code. No container, no lossless data, no alpha, no animation and no
//! thread of its own: the parts in which its vulnerabilities were found are never run. What it writes to is a buffer of the
//! caller, of a length that was checked.
//!
//! It decodes row by row and averages each row away as it comes, so that the whole picture is never in memory:
//! [`KeyFrame::working_memory`] says how much it takes. It looks at no clock: a megapixel takes 10 ms or so.
//!
//! ```no_run
//! use fm_webp::{CHANNELS, KeyFrame};
//!
//! let file = std::fs::read("photograph.webp")?;
//! // A file of nothing but the picture: twelve bytes of RIFF, eight of its chunk.
//! let frame = KeyFrame::read(file.get(20..).unwrap_or_default())?;
//! let (width, height) = (frame.width().div_ceil(8), frame.height().div_ceil(8));
//! let mut pixels = vec![0; width as usize * height as usize * CHANNELS];
//! frame.decode(width, height, &mut pixels)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Fuzzing
//!
//! `tests/it/limits` decodes changed frames beside guards that must not change, and the fuzz target `decode` makes the same
//! checks on what libFuzzer finds. It needs a nightly toolchain, clang and `cargo install cargo-fuzz`. In this crate's
//! folder, the first command writes frames to begin with, and the second runs for ten minutes, with libwebp under the
//! address sanitizer:
//!
//! ```text
//! cargo run --example webp_seeds -- fuzz/corpus/decode
//! CC=clang CFLAGS="-fsanitize=address,fuzzer-no-link -g" \
//!     cargo +nightly fuzz run decode -- -max_total_time=600 -max_len=65536
//! ```

mod key_frame;
mod libwebp;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use key_frame::{CHANNELS, DecodeError, KeyFrame};
