//! What `console/scripts/build.mjs` built; it writes this list too.

use crate::embedded::{Embedded, embedded};

pub(crate) const PAGE: Embedded = embedded!("index.html", "text/html; charset=utf-8");

pub(crate) const FILES: &[Embedded] = &[
    embedded!("assets/all-KRPVZURM.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-H4C3I4UU.css", "text/css; charset=utf-8"),
    embedded!("assets/app-NSTPURIL.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-BYATXWTP.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-QJKU6NO3.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SQE76S5B.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-TPMRPDEO.js", "text/javascript; charset=utf-8"),
    embedded!("assets/de-SCY6J2MO.js", "text/javascript; charset=utf-8"),
    embedded!("assets/later-2HEM2VNM.js", "text/javascript; charset=utf-8"),
    embedded!("favicon.svg", "image/svg+xml"),
    embedded!("licenses.txt", "text/plain; charset=utf-8"),
];
