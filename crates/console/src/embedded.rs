//! Files inside the binary.

/// A file that was built, as it is and compressed.
pub(crate) struct Embedded {
    /// Its path below `dist`.
    pub(crate) path: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) plain: &'static [u8],
    pub(crate) gzip: &'static [u8],
    pub(crate) brotli: &'static [u8],
}

/// The file of this path below `dist`, of this media type.
macro_rules! embedded {
    ($path:literal, $content_type:literal) => {
        Embedded {
            path: $path,
            content_type: $content_type,
            plain: include_bytes!(concat!("../dist/", $path)),
            gzip: include_bytes!(concat!("../dist/", $path, ".gz")),
            brotli: include_bytes!(concat!("../dist/", $path, ".br")),
        }
    };
}

pub(crate) use embedded;
