//! What `console/scripts/build.mjs` built; it writes this list too.

use crate::embedded::{Embedded, embedded};

pub(crate) const PAGE: Embedded = embedded!("index.html", "text/html; charset=utf-8");

pub(crate) const FILES: &[Embedded] = &[
    embedded!("assets/all-KCMDKEB3.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-H4C3I4UU.css", "text/css; charset=utf-8"),
    embedded!("assets/app-VLA7AWE4.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-3VFZD7KW.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-BYATXWTP.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SQE76S5B.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-T6FBRGQY.js", "text/javascript; charset=utf-8"),
    embedded!("assets/de-WFBSQ5OH.js", "text/javascript; charset=utf-8"),
    embedded!("assets/later-3K5QYZ62.js", "text/javascript; charset=utf-8"),
    embedded!("favicon.svg", "image/svg+xml"),
    embedded!("licenses.txt", "text/plain; charset=utf-8"),
];
