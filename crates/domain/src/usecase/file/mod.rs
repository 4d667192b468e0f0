//! Files: uploaded, listed, linked, edited, removed.

mod keep;
mod link_content;
mod link_thumbnail;
mod list_files;
mod precondition;
mod remake_thumbnail;
mod remove_file;
mod rename_file;
mod replace_content;
mod show_file;
mod sign_url;
mod transfer;
mod upload_body;
mod upload_file;
mod view;

pub(crate) use keep::{Kept, keep};
pub use link_content::LinkContent;
pub use link_thumbnail::{LinkThumbnail, ThumbnailError};
pub use list_files::{FileList, ListCommand, ListError, ListFiles};
pub use precondition::{EditError, IfMatch, revision_of};
pub use remake_thumbnail::RemakeThumbnail;
pub use remove_file::{RemoveCommand, RemoveFile};
pub(crate) use remove_file::{doom_blob, withdraw};
pub use rename_file::{RenameCommand, RenameFile};
pub use replace_content::{ReplaceCommand, ReplaceContent};
pub use show_file::{FileError, ShowFile};
pub use sign_url::{SignUrl, SignUrlCommand, SignedLink};
pub use upload_body::{UploadBody, UploadError};
pub use upload_file::{UploadCommand, UploadFile, Uploaded};
pub use view::FileView;
pub(crate) use view::Viewer;

#[cfg(test)]
mod tests;
