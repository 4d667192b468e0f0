//! What `console/scripts/build.mjs` built; it writes this list too.

use crate::embedded::{Embedded, embedded};

pub(crate) const PAGE: Embedded = embedded!("index.html", "text/html; charset=utf-8");

pub(crate) const FILES: &[Embedded] = &[
    embedded!("assets/all-NAEAZ4OK.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-FMPQAAQD.css", "text/css; charset=utf-8"),
    embedded!("assets/app-SJQNBD66.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-6DVJUC4P.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-BYATXWTP.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SQE76S5B.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SXFZBKUY.js", "text/javascript; charset=utf-8"),
    embedded!("assets/de-AS2DVO3Y.js", "text/javascript; charset=utf-8"),
    embedded!("assets/later-XSDJN5OY.js", "text/javascript; charset=utf-8"),
    embedded!("favicon.svg", "image/svg+xml"),
    embedded!("licenses.txt", "text/plain; charset=utf-8"),
];
