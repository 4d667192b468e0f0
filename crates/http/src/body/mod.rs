//! The bytes of an upload: from the server's own stream, which never leaves its thread, to the domain's, which may.
//!
//! ```text
//! client ──▶ Source (counts, hashes, times out) ──▶ pump (raw or form) ──▶ bounded channel ──▶ use case
//! ```
//!
//! The handler pumps, and drives the use case beside it. The server drops a handler midway when its client goes away,
//! and what an upload has begun must be cleaned up even then: the stream ends with
//! [`BodyError::Aborted`](fm_domain::body::BodyError::Aborted), and the use case goes on as a task, and cleans up.

mod channel;
mod detach_on_drop;
mod digest;
mod envelope;
mod form;
mod form_head;
mod multipart;
mod raw;
mod run;
mod source;
mod wait_allowance;

pub(crate) use envelope::{Kind, Naming, Pump, content_length, kind};
pub(crate) use raw::{Piece, piece};
pub(crate) use run::{drive_with_body, incoming, run, run_detached};
