//! What `console/scripts/build.mjs` built; it writes this list too.

use crate::embedded::{Embedded, embedded};

pub(crate) const PAGE: Embedded = embedded!("index.html", "text/html; charset=utf-8");

pub(crate) const FILES: &[Embedded] = &[
    embedded!("assets/all-LKCFSR3X.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-4XZAOWRJ.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-RH5STQTB.css", "text/css; charset=utf-8"),
    embedded!("assets/chunk-BYATXWTP.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-D7SXM4AQ.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-MH44QG4G.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SQE76S5B.js", "text/javascript; charset=utf-8"),
    embedded!("assets/de-4DIAXHIB.js", "text/javascript; charset=utf-8"),
    embedded!("assets/later-IKIQIKDC.js", "text/javascript; charset=utf-8"),
    embedded!("favicon.svg", "image/svg+xml"),
    embedded!("licenses.txt", "text/plain; charset=utf-8"),
];
