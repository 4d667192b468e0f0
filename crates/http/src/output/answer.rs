//! The shapes of successful answers.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use fm_application::files::{FileList, FileView};
use fm_domain::blobs::SignedUrl;
use serde::Serialize;

use super::file::{file, file_list};
use crate::problem::{Answer, Problem};
use crate::settings::HttpSettings;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");
const NO_CACHE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// JSON that no cache may store.
pub(crate) fn json<T: Serialize>(response: HttpResponseBuilder, value: &T) -> Answer {
    Ok(not_stored(response, encode(value)?))
}

/// A page of files, which no cache may store.
pub(crate) fn file_list_answer(list: &FileList) -> Answer {
    let body = file_list(list).map_err(|_unwritable| unwritable())?;
    Ok(not_stored(HttpResponse::Ok(), body))
}

fn not_stored(mut response: HttpResponseBuilder, json: Vec<u8>) -> HttpResponse {
    response.insert_header((header::CONTENT_TYPE, JSON));
    response.insert_header((header::CACHE_CONTROL, NO_STORE));
    response.body(json)
}

/// A file's JSON, which a client may cache and revalidate by its tag.
pub(crate) fn file_answer(status: StatusCode, view: &FileView, settings: &HttpSettings) -> Answer {
    let mut response = tagged(status, view);
    response.insert_header((header::CONTENT_TYPE, JSON));
    if status == StatusCode::CREATED {
        response
            .insert_header((header::LOCATION, format!("{}/v1/files/{}", settings.base_path(), view.file.id)));
    }
    Ok(response.body(file(view).map_err(|_unwritable| unwritable())?))
}

/// An answer without a body, with the tag of this file: 304.
pub(crate) fn etag(status: StatusCode, view: &FileView) -> HttpResponse {
    tagged(status, view).finish()
}

/// 204.
pub(crate) fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// 302 to a signed URL.
pub(crate) fn redirect(url: &SignedUrl) -> Answer {
    let location = HeaderValue::from_str(url.expose())
        .map_err(|_not_text| Problem::defect("a signed URL holds characters that no header takes"))?;
    let mut response = HttpResponse::Found();
    response.insert_header((header::LOCATION, location));
    response.insert_header((header::CACHE_CONTROL, NO_STORE));
    Ok(response.finish())
}

fn tagged(status: StatusCode, view: &FileView) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::ETAG, format!("\"{}\"", view.etag())));
    response.insert_header((header::CACHE_CONTROL, NO_CACHE));
    response
}

fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::with_capacity(1024);
    serde_json::to_writer(&mut bytes, value).map_err(|_unwritable| unwritable())?;
    Ok(bytes)
}

fn unwritable() -> Problem {
    Problem::defect("an answer can't be written as JSON")
}
