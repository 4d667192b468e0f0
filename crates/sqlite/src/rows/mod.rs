//! Rows, and how they and the domain's values become each other.

mod audit;
mod column;
mod job;
mod key;
mod node;
mod operation;
mod session;
mod upload;
mod user;
mod version;

pub(crate) use audit::AuditRow;
pub(crate) use column::{Bytes, Id, id_list, number, placeholder, size, stored_number, stored_size};
pub(crate) use job::{JobRecordRow, JobRow, NewJobRow};
pub(crate) use key::KeyRow;
pub(crate) use node::{NewNodeRow, NodeRow, PlaceRow, ThumbnailRow, folder_name, kind};
pub(crate) use operation::OperationRow;
pub(crate) use session::{SessionRow, spent_text};
pub(crate) use upload::{PartRow, UploadRow};
pub(crate) use user::{CounterRow, NewUserRow, StorageRow, UserRow};
pub(crate) use version::VersionRow;
