//! What `console/scripts/build.mjs` built; it writes this list too.

use crate::embedded::{Embedded, embedded};

pub(crate) const PAGE: Embedded = embedded!("index.html", "text/html; charset=utf-8");

pub(crate) const FILES: &[Embedded] = &[
    embedded!("assets/all-YM7Y74ZB.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-FGY5HS2X.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-XCKPICYQ.css", "text/css; charset=utf-8"),
    embedded!("assets/chunk-BYATXWTP.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-KIX7SSGB.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-P2FRM62M.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SQE76S5B.js", "text/javascript; charset=utf-8"),
    embedded!("assets/de-Y23DPKHO.js", "text/javascript; charset=utf-8"),
    embedded!("assets/later-RVJ42KYI.js", "text/javascript; charset=utf-8"),
    embedded!("favicon.svg", "image/svg+xml"),
    embedded!("licenses.txt", "text/plain; charset=utf-8"),
];
