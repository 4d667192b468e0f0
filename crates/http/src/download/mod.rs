//! Downloads: which bytes are asked for, and what to call them.

mod disposition;
mod range;

pub(crate) use disposition::content_disposition;
pub(crate) use range::parse_range;
