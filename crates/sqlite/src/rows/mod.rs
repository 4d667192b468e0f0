//! Rows, and how they and the domain's values become each other.

mod audit;
mod column;
mod file;
mod job;
mod key;
mod session;
mod upload;
mod user;

pub(crate) use audit::AuditRow;
pub(crate) use column::{Bytes, Id, number, size, stored_number, stored_size};
pub(crate) use file::{FileRow, ThumbnailRow};
pub(crate) use job::{JobRecordRow, JobRow, NewJobRow};
pub(crate) use key::KeyRow;
pub(crate) use session::{SessionRow, spent_text};
pub(crate) use upload::{PartRow, UploadRow};
pub(crate) use user::{UserRow, counters};
