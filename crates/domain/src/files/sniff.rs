//! What bytes are, by what they begin with.

use super::MediaType;

/// How many bytes at the beginning of a file are looked at.
pub const HEAD_BYTES: usize = 8192;

/// Types that are containers of more special ones: a claimed special type is kept when the bytes show the container.
const CONTAINERS: [(&str, &[&str]); 4] = [
    (
        "application/zip",
        &[
            "application/vnd.openxmlformats-officedocument.",
            "application/vnd.oasis.opendocument.",
            "application/epub+zip",
            "application/java-archive",
            "application/vnd.android.package-archive",
            "application/vnd.ms-",
            "application/vnd.apple.",
            "application/vnd.google-earth.kmz",
            "application/x-xpinstall",
            "application/vnd.visio",
            "application/x-zip-compressed",
        ],
    ),
    (
        "application/x-ole-storage",
        &["application/msword", "application/vnd.ms-", "application/x-msi", "application/vnd.visio"],
    ),
    (
        "application/gzip",
        &["application/x-gzip", "application/x-tgz", "application/x-compressed-tar", "application/x-gtar"],
    ),
    ("application/ogg", &["audio/ogg", "video/ogg", "audio/opus"]),
];

/// The media type of a file that begins with `head` (its first [`HEAD_BYTES`], or all of it).
///
/// The bytes decide. Only where they say nothing is the client's word (`claimed`) taken, and never for a type whose
/// magic number the bytes lack.
#[must_use]
pub fn sniff(head: &[u8], claimed: Option<&MediaType>) -> MediaType {
    let found = infer::get(head).map(|kind| kind.mime_type());
    match (found, claimed) {
        (Some(found), Some(claimed)) if is_inside(found, claimed) => claimed.clone(),
        (Some(found), _) => found.parse().unwrap_or_else(|_| MediaType::octet_stream()),
        (None, Some(claimed)) if !has_magic_number(claimed) => claimed.clone(),
        (None, _) => MediaType::octet_stream(),
    }
}

fn is_inside(container: &str, claimed: &MediaType) -> bool {
    // XML says by its suffix what it is in particular (RFC 7303): SVG, Atom.
    let special_xml = claimed.as_str().ends_with("+xml") || claimed.as_str() == "application/xml";
    if container == "text/xml" && special_xml {
        return true;
    }
    CONTAINERS
        .iter()
        .filter(|(name, _)| *name == container)
        .flat_map(|(_, inside)| inside.iter())
        .any(|prefix| claimed.as_str().starts_with(prefix))
}

/// Whether files of this type begin with a number that would have been found.
fn has_magic_number(claimed: &MediaType) -> bool {
    infer::is_mime_supported(claimed.as_str()) && !matches!(claimed.family(), "text")
}

#[cfg(test)]
mod tests;
