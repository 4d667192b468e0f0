//! What `console/scripts/build.mjs` built; it writes this list too.

use crate::embedded::{Embedded, embedded};

pub(crate) const PAGE: Embedded = embedded!("index.html", "text/html; charset=utf-8");

pub(crate) const FILES: &[Embedded] = &[
    embedded!("assets/all-6IHWWX4T.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-J3YXKEBV.js", "text/javascript; charset=utf-8"),
    embedded!("assets/app-XCKPICYQ.css", "text/css; charset=utf-8"),
    embedded!("assets/chunk-B5UVQO7V.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-BYATXWTP.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-KIDPMJLB.js", "text/javascript; charset=utf-8"),
    embedded!("assets/chunk-SQE76S5B.js", "text/javascript; charset=utf-8"),
    embedded!("assets/de-DQWUPPP5.js", "text/javascript; charset=utf-8"),
    embedded!("assets/later-VGK6XZDN.js", "text/javascript; charset=utf-8"),
    embedded!("favicon.svg", "image/svg+xml"),
    embedded!("licenses.txt", "text/plain; charset=utf-8"),
];
