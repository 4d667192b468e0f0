//! What bytes are, by what they begin with.
//!
//! Three things are weighed, in this order:
//!
//! 1. what the bytes show ([`formats::recognise`]): a magic number, and what follows it where the number alone is weak;
//! 2. what the client claims, where it fits the container that the bytes show ([`claims::fits`]);
//! 3. what the client claims, where the bytes show nothing: but for a type whose magic number the bytes lack
//!    ([`claims::has_magic_number`]), unless weaker evidence supports it ([`claims::is_supported`]).

mod claims;
mod formats;
mod iso_media;
mod media;
mod mpeg_audio;

use super::MediaType;

/// How many bytes at the beginning of a file are looked at.
pub const HEAD_BYTES: usize = 8192;

/// The media type of a file that begins with `head` (its first [`HEAD_BYTES`], or all of it).
///
/// The bytes decide. Only where they say nothing is the client's word (`claimed`) taken, and never for a type whose
/// magic number the bytes lack.
#[must_use]
pub fn sniff(head: &[u8], claimed: Option<&MediaType>) -> MediaType {
    match (formats::recognise(head), claimed) {
        (Some(found), Some(claimed)) if claims::fits(found, claimed) => claimed.clone(),
        (Some(found), _) => found.parse().unwrap_or_else(|_| MediaType::octet_stream()),
        (None, Some(claimed)) if !claims::has_magic_number(claimed) => claimed.clone(),
        (None, Some(claimed)) if claims::is_supported(head, claimed) => claimed.clone(),
        (None, _) => MediaType::octet_stream(),
    }
}

#[cfg(test)]
mod tests;
