//! What `console/scripts/build.mjs` built; it writes this list too.

use crate::embedded::{Embedded, embedded};

pub(crate) const PAGE: Embedded = embedded!("index.html", "text/html; charset=utf-8");

pub(crate) const FILES: &[Embedded] = &[
    embedded!("assets/all-BAVXIUSW.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-FMPQAAQD.css", "text/css; charset=utf-8"),
    embedded!("assets/app-H45LN7WX.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-5PTY653R.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-BYATXWTP.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SDVYB4GV.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SQE76S5B.js", "text/javascript; charset=utf-8"),
    embedded!("assets/de-Y23DPKHO.js", "text/javascript; charset=utf-8"),
    embedded!("assets/later-NCSA6LGB.js", "text/javascript; charset=utf-8"),
    embedded!("favicon.svg", "image/svg+xml"),
    embedded!("licenses.txt", "text/plain; charset=utf-8"),
];
