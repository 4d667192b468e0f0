//! What holds for every route.

mod json;
mod ownership;
mod requests;
