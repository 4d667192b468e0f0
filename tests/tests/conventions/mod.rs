//! What holds for every route.

mod hostile;
mod json;
mod ownership;
mod proxies;
mod requests;
