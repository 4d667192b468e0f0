//! What `console/scripts/build.mjs` built; it writes this list too.

use crate::embedded::{Embedded, embedded};

pub(crate) const PAGE: Embedded = embedded!("index.html", "text/html; charset=utf-8");

pub(crate) const FILES: &[Embedded] = &[
    embedded!("assets/all-EQFGJQUK.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-4CP4KZAO.css", "text/css; charset=utf-8"),
    embedded!("assets/app-73LC4YIK.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-6DVKFIAT.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-BMRQBPFK.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-BYATXWTP.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SQE76S5B.js", "text/javascript; charset=utf-8"),
    embedded!("assets/de-ZTBA7L2Y.js", "text/javascript; charset=utf-8"),
    embedded!("assets/later-MPEYOQNX.js", "text/javascript; charset=utf-8"),
    embedded!("favicon.svg", "image/svg+xml"),
    embedded!("licenses.txt", "text/plain; charset=utf-8"),
];
