//! Ids in paths.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use fm_domain::files::VersionNumber;
use fm_domain::ids::{BlobId, FileId, JobId, OperationId, SessionId, UploadId, UserId};
use fm_domain::previews::PreviewSize;

use crate::problem::{Code, Problem};

/// An id that can stand in a path.
pub(crate) trait Id: Sized {
    /// Reads it; another text names nothing.
    fn read(text: &str) -> Option<Self>;
}

impl Id for FileId {
    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Id for SessionId {
    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Id for BlobId {
    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Id for UploadId {
    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Id for UserId {
    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Id for JobId {
    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Id for OperationId {
    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

/// The `{id}` of the path. Extracting it never fails: whether it names anything is checked after authentication.
pub(crate) struct PathId<T>(Option<T>);

impl<T> PathId<T> {
    /// The id; a malformed one is answered like an unknown one.
    pub(crate) fn known(self) -> Result<T, Problem> {
        self.0.ok_or_else(|| Problem::of(Code::NotFound))
    }

    /// The id, if it is one.
    pub(crate) fn maybe(self) -> Option<T> {
        self.0
    }
}

impl<T: Id> FromRequest for PathId<T> {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.match_info().get("id").and_then(T::read))))
    }
}

/// The `{size}` of the path; 404 where it is none that previews have.
pub(crate) fn preview_size_of_path(request: &HttpRequest) -> Result<PreviewSize, Problem> {
    let text = request.match_info().get("size").unwrap_or_default();
    text.parse().map_err(|_unknown| Problem::of(Code::NotFound))
}

/// The `{number}` of the path; 404 where it is no number of a version.
pub(crate) fn number_of_path(request: &HttpRequest) -> Result<VersionNumber, Problem> {
    let text = request.match_info().get("number").unwrap_or_default();
    let digits = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits).map(VersionNumber::new);
    number.ok_or_else(|| Problem::of(Code::NotFound))
}
