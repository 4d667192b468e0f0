//! Who asks: tokens in headers and cookies, and whether a request comes from another site.

mod actor;
mod address;
mod client;
mod cookies;
mod cross_site;

pub(crate) use actor::{Authenticated, authenticate, bearer};
pub use address::TrustedProxies;
pub(crate) use address::{client_address, find_client_address};
pub(crate) use client::client;
pub(crate) use cookies::{ACCESS, REFRESH, clear, find_all, set};
pub(crate) use cross_site::{is_from_browser, same_site};
