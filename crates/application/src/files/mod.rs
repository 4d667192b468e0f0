//! Files: uploaded, listed, linked, and their contents replaced. What is done to a file as to any item is in [`tree`](crate::tree).

mod commit_file;
mod link_content;
mod link_preview;
mod link_thumbnail;
mod list_files;
mod precondition;
mod presenter;
mod remake_thumbnail;
mod replace_content;
mod show_file;
mod sign_url;
mod transfer;
mod upload_body;
mod upload_file;
pub(crate) mod url_validity;

pub(crate) use commit_file::{NewFile, commit_file};
pub use link_content::LinkContent;
pub use link_preview::{LinkPreview, LinkedPreview, PreviewError};
pub use link_thumbnail::{LinkThumbnail, ThumbnailError};
pub use list_files::{FileList, ListCommand, ListError, ListFiles};
pub use precondition::revision_of;
pub(crate) use presenter::FilePresenter;
pub use presenter::FileView;
pub use remake_thumbnail::RemakeThumbnail;
pub use replace_content::{ReplaceCommand, ReplaceContent};
pub use show_file::{FileError, ShowFile};
pub use sign_url::{SignUrl, SignUrlCommand, SignedLink};
pub use upload_body::{UploadBody, UploadError};
pub use upload_file::{UploadCommand, UploadFile, Uploaded};

use crate::ports::{Ports, Settings};

/// The use cases of files.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct Files {
    pub upload: UploadFile,
    pub replace_content: ReplaceContent,
    pub list: ListFiles,
    pub show: ShowFile,
    pub link_content: LinkContent,
    pub link_thumbnail: LinkThumbnail,
    pub link_preview: LinkPreview,
    pub remake_thumbnail: RemakeThumbnail,
    pub sign_url: SignUrl,
}

impl Files {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings) -> Self {
        Self {
            upload: UploadFile::new(ports, settings),
            replace_content: ReplaceContent::new(ports, settings),
            list: ListFiles::new(ports, settings),
            show: ShowFile::new(ports, settings),
            link_content: LinkContent::new(ports, settings),
            link_thumbnail: LinkThumbnail::new(ports, settings),
            link_preview: LinkPreview::new(ports, settings),
            remake_thumbnail: RemakeThumbnail::new(ports, settings),
            sign_url: SignUrl::new(ports),
        }
    }
}
