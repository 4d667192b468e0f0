//! The thumbnailer: the contract, and what is promised beyond it.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up shall fail")]

mod bmp;
mod contract;
mod cut;
mod formats;
mod hostile;
mod pictures;
mod previews;
mod tiff;
mod webp;
