//! A real browser, for what only a browser can tell: whether a page works, what it asks other hosts for, and what its
//! console says.
//!
//! It is Chromium without a window, spoken to in its own DevTools protocol over a pipe: nothing to link, no port to
//! listen on, and it ends with the process that started it.

mod chooser;
mod chromium;
mod devtools;
mod dragging;
mod measuring;
mod page;
mod roles;
mod running;

pub use dragging::Drag;
pub use page::Page;
pub use roles::Named;
