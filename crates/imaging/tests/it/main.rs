//! The thumbnailer: the contract, and what is promised beyond it.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up shall fail")]

mod bmp;
mod contract;
mod cut;
mod embed;
mod formats;
mod hostile;
mod pictures;
mod previews;
mod profiles;
mod tiff;
mod webp;
