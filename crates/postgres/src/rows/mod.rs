//! Rows: what is read from the tables and written to them, and how it becomes the domain's own.

mod audit;
mod new_node;
mod node;
mod operation;
mod session;
mod upload;
mod user;
mod version;

pub(crate) use audit::AuditRow;
pub(crate) use new_node::{NewNode, NewNodes};
pub(crate) use node::{FileEdit, NodePlace, NodeRow, ThumbnailRow, ancestor, node_columns, placeholder};
pub(crate) use operation::{OperationEdit, OperationRow};
pub(crate) use session::{SessionRow, moments};
pub(crate) use upload::{NewUploadRow, PartRow, UploadEdit, UploadRow};
pub(crate) use user::UserRow;
pub(crate) use version::VersionRow;
