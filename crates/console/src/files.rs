//! What `console/scripts/build.mjs` built; it writes this list too.

use crate::embedded::{Embedded, embedded};

pub(crate) const PAGE: Embedded = embedded!("index.html", "text/html; charset=utf-8");

pub(crate) const FILES: &[Embedded] = &[
    embedded!("assets/all-HP4WT2PC.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-24JCBCYM.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-2GQOHJ3P.css", "text/css; charset=utf-8"),
    embedded!("assets/chunk-34I3NDL5.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-BYATXWTP.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SQE76S5B.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-YZA47LJO.js", "text/javascript; charset=utf-8"),
    embedded!("assets/de-EL2BNWUU.js", "text/javascript; charset=utf-8"),
    embedded!("assets/later-GDDOPZX3.js", "text/javascript; charset=utf-8"),
    embedded!("favicon.svg", "image/svg+xml"),
    embedded!("licenses.txt", "text/plain; charset=utf-8"),
];
