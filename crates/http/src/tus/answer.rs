//! What answers say of an upload.

use std::time::{Duration, SystemTime};

use actix_web::HttpResponseBuilder;
use actix_web::http::header::HttpDate;
use fm_application::uploads::ResumableUploads;
use fm_application::uploads::{Progress, ResumableError};
use fm_application::wiring::UseCases;
use fm_domain::clock::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{FILE_ID, MOVED_FROM_PARENT_ID, REQUESTED_NAME, UPLOAD_EXPIRES, UPLOAD_OFFSET};

/// The use cases of resumable uploads; where there are none there is no upload.
pub(crate) fn uploads(use_cases: &UseCases) -> Result<&ResumableUploads, ResumableError> {
    use_cases.resumable.as_ref().ok_or(ResumableError::NotFound)
}

/// Says how far the upload is, and what file it has become.
pub(crate) fn progress(response: &mut HttpResponseBuilder, progress: &Progress) {
    response.insert_header((UPLOAD_OFFSET, progress.offset.bytes()));
    expires(response, progress);
}

/// Says until when the upload can go on, or what file it has become and where that went elsewhere than was asked for.
pub(crate) fn expires(response: &mut HttpResponseBuilder, progress: &Progress) {
    match progress.file {
        Some(file) => response.insert_header((FILE_ID, file.to_string())),
        None => response.insert_header((UPLOAD_EXPIRES, http_date(progress.expires_at))),
    };
    if let Some(name) = &progress.requested_name {
        // A field holds ASCII.
        let name = utf8_percent_encode(name.as_str(), NON_ALPHANUMERIC).to_string();
        response.insert_header((REQUESTED_NAME, name));
    }
    if let Some(folder) = progress.moved_from {
        response.insert_header((MOVED_FROM_PARENT_ID, folder.to_string()));
    }
}

/// To the second, as RFC 9110 has it.
fn http_date(moment: Timestamp) -> HttpDate {
    let seconds = u64::try_from(moment.unix_seconds()).unwrap_or(0);
    HttpDate::from(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}
