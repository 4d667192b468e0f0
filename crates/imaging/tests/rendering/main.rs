//! What this thumbnailer promises beyond the contract.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up shall fail")]

mod bmp;
mod cut;
mod formats;
mod hostile;
mod pictures;
mod previews;
mod tiff;
mod webp;
