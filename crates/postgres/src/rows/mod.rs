//! Rows: what is read from the tables and written to them, and how it becomes the domain's own.

mod audit;
mod file;
mod session;
mod upload;
mod user;

pub(crate) use audit::AuditRow;
pub(crate) use file::{FileEdit, FileRow, NewFileRow, ThumbnailRow};
pub(crate) use session::{SessionRow, moments};
pub(crate) use upload::{NewUploadRow, PartRow, UploadEdit, UploadRow};
pub(crate) use user::UserRow;
