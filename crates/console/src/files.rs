//! What `console/scripts/build.mjs` built; it writes this list too.

use crate::embedded::{Embedded, embedded};

pub(crate) const PAGE: Embedded = embedded!("index.html", "text/html; charset=utf-8");

pub(crate) const FILES: &[Embedded] = &[
    embedded!("assets/all-VW63N2O6.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-6VSLRBL4.css", "text/css; charset=utf-8"),
    embedded!("assets/app-PITAPHFA.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-BYATXWTP.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-FNFZLGOV.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SFJNPQK5.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SQE76S5B.js", "text/javascript; charset=utf-8"),
    embedded!("assets/de-T6ICHDWG.js", "text/javascript; charset=utf-8"),
    embedded!("assets/later-4PAKACY2.js", "text/javascript; charset=utf-8"),
    embedded!("favicon.svg", "image/svg+xml"),
    embedded!("licenses.txt", "text/plain; charset=utf-8"),
];
