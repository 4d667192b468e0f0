//! What pictures are decoded to, and what is never written beside them.

mod limits;
mod pictures;
