//! What `console/scripts/build.mjs` built; it writes this list too.

use crate::embedded::{Embedded, embedded};

pub(crate) const PAGE: Embedded = embedded!("index.html", "text/html; charset=utf-8");

pub(crate) const FILES: &[Embedded] = &[
    embedded!("assets/all-BCEHQ7DT.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-4CP4KZAO.css", "text/css; charset=utf-8"),
    embedded!("assets/app-VG66ZKZB.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-BYATXWTP.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-CZ4J6CNV.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SQE76S5B.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-UTHMOQRN.js", "text/javascript; charset=utf-8"),
    embedded!("assets/de-EL2BNWUU.js", "text/javascript; charset=utf-8"),
    embedded!("assets/later-HK57NWO5.js", "text/javascript; charset=utf-8"),
    embedded!("favicon.svg", "image/svg+xml"),
    embedded!("licenses.txt", "text/plain; charset=utf-8"),
];
