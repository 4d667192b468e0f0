//! tus 1.0.0, the protocol of resumable uploads (<https://tus.io/protocols/resumable-upload>): its header fields, read
//! and written.

mod actor;
mod answer;
mod fields;
mod metadata;

use actix_web::http::header::{HeaderName, HeaderValue};

pub(crate) use actor::TusActor;
pub(crate) use answer::{expires, progress, uploads};
pub(crate) use fields::{checksum, declared_length, is_piece, new_length, no_unknown_extension, offset};
pub(crate) use metadata::Metadata;

/// Where resumable uploads are.
pub(crate) const PATH: &str = "/v1/uploads";

/// The version that is spoken, the only one that is known.
pub(crate) const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");

/// The extensions that are offered.
pub(crate) const EXTENSIONS: &[&str] =
    &["creation", "creation-with-upload", "creation-defer-length", "expiration", "termination", "checksum"];

pub(crate) const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(crate) const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
pub(crate) const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
pub(crate) const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
pub(crate) const TUS_CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
pub(crate) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(crate) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(crate) const UPLOAD_DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
pub(crate) const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub(crate) const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
pub(crate) const UPLOAD_CONCAT: HeaderName = HeaderName::from_static("upload-concat");
pub(crate) const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
/// Not of tus: the file that an upload has become.
pub(crate) const FILE_ID: HeaderName = HeaderName::from_static("x-file-id");
/// Not of tus: the name that was asked for, where that was taken.
const REQUESTED_NAME: HeaderName = HeaderName::from_static("x-requested-name");
/// Not of tus: the folder that was asked for, where that went away meanwhile.
const MOVED_FROM_PARENT_ID: HeaderName = HeaderName::from_static("x-moved-from-parent-id");
