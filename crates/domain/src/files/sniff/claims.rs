//! Which claims of clients are believed, beside what the bytes show.
//!
//! A claim is written as a media type, as `prefix*`, or as `*+suffix` (a structured suffix, RFC 6839).

use super::{formats, iso_media, mpeg_audio};
use crate::files::MediaType;

/// A format that the bytes show, and the more special types (or other names) that a client's claim may give it.
const FITTING: &[(&str, &[&str])] = &[
    ("application/zip", ZIP),
    ("application/epub+zip", UNMARKED_ZIP),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", UNMARKED_ZIP),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", UNMARKED_ZIP),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", UNMARKED_ZIP),
    ("application/vnd.oasis.opendocument.text", UNMARKED_ZIP),
    ("application/vnd.oasis.opendocument.spreadsheet", UNMARKED_ZIP),
    ("application/vnd.oasis.opendocument.presentation", UNMARKED_ZIP),
    (
        "application/x-ole-storage",
        &[
            "application/msword",
            "application/vnd.ms-*",
            // An encrypted document is wrapped in one.
            "application/vnd.openxmlformats-officedocument.*",
            "application/x-msi",
            "application/vnd.visio",
            "application/x-hwp",
        ],
    ),
    (
        "application/gzip",
        &[
            "*+gzip",
            "application/x-gzip",
            "application/x-tgz",
            "application/x-compressed-tar",
            "application/x-gtar",
        ],
    ),
    ("application/zstd", &["*+zstd"]),
    ("application/x-tar", &["application/x-gtar", "application/x-ustar"]),
    ("application/vnd.sqlite3", &["*+sqlite3", "application/x-sqlite3", "application/vnd.mapbox-mbtiles"]),
    ("application/rtf", &["text/rtf"]),
    ("application/x-x509-ca-cert", DER),
    (PEM_CHAIN, &["text/plain", "application/x-pem-file", "application/pkix-cert", "application/x-x509-*"]),
    ("application/font-woff", &["font/woff", "font/woff2"]),
    (
        "application/font-sfnt",
        &["font/sfnt", "font/ttf", "font/otf", "application/x-font-ttf", "application/x-font-otf"],
    ),
    ("video/mp4", ISO_MEDIA),
    ("video/x-m4v", &["video/mp4"]),
    ("video/3gpp", &["audio/3gpp"]),
    ("video/3gpp2", &["audio/3gpp2"]),
    ("audio/mp4", &["audio/m4a", "audio/x-m4a", "audio/x-m4b", "audio/x-m4p"]),
    ("image/heic", HEIF),
    ("image/heic-sequence", HEIF),
    ("image/heif", HEIF),
    ("image/heif-sequence", HEIF),
    ("video/webm", &["audio/webm"]),
    ("video/x-matroska", &["video/matroska", "audio/matroska", "audio/x-matroska", "video/matroska-3d"]),
    (
        "audio/ogg",
        &["application/ogg", "audio/opus", "audio/vorbis", "audio/x-vorbis+ogg", "audio/x-opus+ogg"],
    ),
    ("video/ogg", &["application/ogg", "video/x-theora+ogg"]),
    ("application/ogg", &["audio/ogg", "video/ogg", "audio/opus"]),
    ("audio/mpeg", MPEG_AUDIO),
    ("audio/aac", AAC),
    (
        mpeg_audio::BEHIND_TAG,
        &["audio/mp3", "audio/x-mp3", "audio/flac", "audio/x-flac", "audio/aac", "audio/aacp", "audio/x-ape"],
    ),
    ("audio/flac", &["audio/x-flac"]),
    ("audio/x-wav", &["audio/wav", "audio/wave", "audio/vnd.wave"]),
    ("audio/x-aiff", &["audio/aiff"]),
    ("audio/midi", &["audio/mid", "audio/x-midi"]),
    ("audio/amr-wb", &["audio/x-amr-wb"]),
    ("video/x-msvideo", &["video/avi", "video/msvideo", "video/vnd.avi"]),
    ("video/x-ms-wmv", &["audio/x-ms-wma", "video/x-ms-asf", "application/vnd.ms-asf"]),
    ("video/mp2t", &["video/mpeg", "video/vnd.dlna.mpeg-tts"]),
    ("image/vnd.microsoft.icon", &["image/x-icon"]),
    (
        "text/x-shellscript",
        &[
            "text/*",
            "application/x-sh",
            "application/x-shellscript",
            "application/x-perl",
            "application/x-python",
            "application/x-python-code",
            "application/x-ruby",
            "application/x-php",
            "application/x-httpd-php",
            "application/javascript",
            "application/typescript",
        ],
    ),
    // XML says by its suffix what it is in particular (RFC 7303): SVG, Atom.
    ("text/xml", &["*+xml", "application/xml", "application/xml-*", "text/xsl"]),
    // Markdown and templates of many kinds begin with a tag.
    ("text/html", &["*+xml", "text/*"]),
];

/// What is an ISO base media file by its first box, under a brand that says no more.
const ISO_MEDIA: &[&str] = &[
    "video/mp4",
    "audio/mp4",
    "audio/m4a",
    "audio/x-m4a",
    "audio/x-m4b",
    "video/x-m4v",
    "video/quicktime",
    "video/3gpp",
    "audio/3gpp",
    "video/3gpp2",
    "audio/3gpp2",
    "video/iso.segment",
    "application/mp4",
];

const HEIF: &[&str] = &["image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"];

const MPEG_AUDIO: &[&str] = &["audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/mpeg3", "audio/x-mpeg"];

const AAC: &[&str] = &["audio/aac", "audio/aacp", "audio/x-aac"];

/// A certificate, a key or a store of them.
const DER: &[&str] = &[
    "application/x-x509-*",
    "application/x-x509-ca-cert",
    "application/pkix-*",
    "application/pkcs*",
    "application/x-pkcs*",
    "application/x-pkcs12",
    "application/ocsp-*",
    "application/timestamp-*",
];

/// Types that are ZIP archives and have no mark of their own that is looked for.
const UNMARKED_ZIP: &[&str] = &[
    "*+zip",
    "application/vnd.ms-*",
    "application/vnd.apple.*",
    "application/vnd.oasis.opendocument.*",
    "application/vnd.openxmlformats-officedocument.*",
];

const ZIP: &[&str] = &[
    "*+zip",
    "application/vnd.openxmlformats-officedocument.*",
    "application/vnd.openxmlformats-package.*",
    "application/vnd.oasis.opendocument.*",
    "application/vnd.sun.xml.*",
    "application/vnd.ms-*",
    "application/vnd.apple.*",
    "application/epub+zip",
    "application/java-archive",
    "application/x-java-archive",
    "application/vnd.android.package-archive",
    "application/vnd.google-earth.kmz",
    "application/x-xpinstall",
    "application/vnd.visio",
    "application/oxps",
    "application/x-cbz",
    "application/x-krita",
    "application/x-zip",
    "application/x-zip-compressed",
    "model/3mf",
    "model/vnd.usdz",
    "image/openraster",
];

/// The registered type of certificates in PEM (RFC 8555).
pub(super) const PEM_CHAIN: &str = "application/pem-certificate-chain";

/// Whether the head of a file shows something.
type Evidence = fn(&[u8]) -> bool;

/// Evidence that is too weak to name a type, and enough for a claim that it fits.
const SUPPORTING: &[(Evidence, &[&str])] = &[
    (iso_media::is_iso_media, ISO_MEDIA),
    (iso_media::is_iso_media, HEIF),
    (iso_media::is_iso_media, &["image/avif", "image/avif-sequence", "image/x-canon-cr3", "video/mj2"]),
    (mpeg_audio::begins_with_frame, MPEG_AUDIO),
    (mpeg_audio::begins_with_frame, &["audio/mp2", "audio/x-mp2"]),
    (mpeg_audio::is_adif_or_loas, AAC),
    (formats::has_pdf_header_within, &["application/pdf"]),
    (formats::is_der_or_pem, DER),
];

/// Whether the claim says in particular, or by another name, what the bytes show. A claim never makes what a browser
/// would run one of the types that are shown inside it.
pub(super) fn fits(found: &str, claimed: &MediaType) -> bool {
    let is_active = found.parse::<MediaType>().is_ok_and(|found| found.is_active());
    if is_active && claimed.may_be_inline() {
        return false;
    }
    FITTING
        .iter()
        .filter(|(name, _)| *name == found)
        .any(|(_, claims)| is_any(claims, claimed) && !(*claims == UNMARKED_ZIP && has_mark(claimed)))
}

/// Whether a ZIP archive of this type has a mark of its own, by which it would have been found.
fn has_mark(claimed: &MediaType) -> bool {
    infer::is_mime_supported(claimed.as_str())
}

/// Whether weak evidence fits the claim.
pub(super) fn is_supported(head: &[u8], claimed: &MediaType) -> bool {
    SUPPORTING.iter().any(|(is_shown, claims)| is_any(claims, claimed) && is_shown(head))
}

/// Whether files of this type begin with a number that would have been found.
pub(super) fn has_magic_number(claimed: &MediaType) -> bool {
    let name = claimed.as_str();
    let of_a_format = FITTING.iter().filter(|(found, _)| !found.starts_with("text/"));
    // Every picture that a browser shows does.
    let is_picture = claimed.family() == "image" && claimed.may_be_inline();
    claimed.family() != "text"
        && (is_picture
            || infer::is_mime_supported(name)
            || of_a_format.into_iter().any(|(found, claims)| *found == name || claims.contains(&name))
            || SUPPORTING.iter().any(|(_, claims)| claims.contains(&name)))
}

fn is_any(patterns: &[&str], claimed: &MediaType) -> bool {
    let name = claimed.as_str();
    patterns.iter().any(|pattern| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        // A suffix says nothing of the family: no archive is a picture or a sound.
        (Some(suffix), _) => name.ends_with(suffix) && !claimed.may_be_inline(),
        (None, Some(prefix)) => name.starts_with(prefix),
        (None, None) => name == *pattern,
    })
}
