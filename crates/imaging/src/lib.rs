//! Thumbnails and previews of untrusted pictures.
//!
//! A client may have made its picture to break the program that opens it. So the size is read off the header before
//! anything is decoded, decoders get limits on what they allocate, texts that could be packed are never unpacked and colour
//! profiles up to a bound, the reader that they read from stops them when the time is over, a panic is an answer like any
//! other, and only so many of them run at one time.
//!
//! Nothing is decoded whole where that can be helped: a JPEG and a lossy WebP are decoded at reduced scale, a PNG row by row,
//! and every row is averaged away as it comes. What is left is at most a few times as wide as what was asked for; a good
//! filter makes the thumbnail or the preview of it.
//!
//! A broken file shows what browsers show of it: the rows before the fault, the rest see-through. What would be wrong is
//! an error.
//!
//! Thumbnails and previews are in sRGB: what is left of the pixels is converted by the profile that the picture embeds.

mod canvas;
mod decode;
mod finish;
mod format;
mod picture;
mod profile;
mod request;
mod shrink;
mod source;
mod thumbnailer;

pub use thumbnailer::{ImageThumbnailer, ImagingSettings};
