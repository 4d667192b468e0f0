//! Downloads: which bytes are asked for, and what to call them.

mod range;

pub(crate) use range::parse_range;
