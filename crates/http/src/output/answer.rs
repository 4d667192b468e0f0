//! The shapes of successful answers.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use fm_application::files::{FileList, FileView};
use fm_application::tree::{BatchResult, FolderView, ItemList, ItemView, OperationView, TrashedView};
use fm_domain::blobs::SignedUrl;
use fm_domain::ids::NodeId;
use fm_domain::tree::ItemKind;
use serde::Serialize;

use super::about::About;
use super::file::{file, file_list};
use super::item::{folder, item_list};
use super::operation::{batch_results, operation};
use super::trash::{trashed, trashed_etag};
use crate::problem::{Answer, Problem};
use crate::settings::HttpSettings;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");
const NO_CACHE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// JSON that no cache may store.
pub(crate) fn json<T: Serialize>(response: HttpResponseBuilder, value: &T) -> Answer {
    Ok(not_stored(response, encode(value)?))
}

/// A page of files, with what is told of each, which no cache may store.
pub(crate) fn file_list_answer(list: &FileList, about: &[About], settings: &HttpSettings) -> Answer {
    let body = file_list(list, about, settings.base_path()).map_err(|_unwritable| unwritable())?;
    Ok(not_stored(HttpResponse::Ok(), body))
}

fn not_stored(mut response: HttpResponseBuilder, json: Vec<u8>) -> HttpResponse {
    response.insert_header((header::CONTENT_TYPE, JSON));
    response.insert_header((header::CACHE_CONTROL, NO_STORE));
    response.body(json)
}

/// A file's JSON, which a client may cache and revalidate by its tag.
pub(crate) fn file_answer(
    status: StatusCode,
    view: &FileView,
    about: &About,
    settings: &HttpSettings,
) -> Answer {
    let body = file(view, about, settings.base_path()).map_err(|_unwritable| unwritable())?;
    Ok(located(status, &view.etag(), ItemKind::File, view.file.id.into(), settings).body(body))
}

/// A folder's JSON, which a client may cache and revalidate by its tag.
pub(crate) fn folder_answer(
    status: StatusCode,
    view: &FolderView,
    about: &About,
    settings: &HttpSettings,
) -> Answer {
    let body = folder(view, about).map_err(|_unwritable| unwritable())?;
    Ok(located(status, &view.etag(), ItemKind::Folder, view.folder.id, settings).body(body))
}

/// An item's JSON, which a client may cache and revalidate by its tag.
pub(crate) fn item_answer(
    status: StatusCode,
    view: &ItemView,
    about: &About,
    settings: &HttpSettings,
) -> Answer {
    match view {
        ItemView::File(view) => file_answer(status, view, about, settings),
        ItemView::Folder(view) => folder_answer(status, view, about, settings),
    }
}

/// A page of the entries of a folder, which a client may revalidate by this weak tag.
pub(crate) fn item_list_answer(
    list: &ItemList,
    about: &[About],
    tag: &str,
    settings: &HttpSettings,
) -> Answer {
    let body = item_list(list, about, settings.base_path()).map_err(|_unwritable| unwritable())?;
    let mut response = weakly_tagged(StatusCode::OK, tag);
    response.insert_header((header::CONTENT_TYPE, JSON));
    Ok(response.body(body))
}

/// An item in the trash, with its tag; 304 where the client has what this tag stands for.
pub(crate) fn trashed_answer(view: &TrashedView, has: impl FnOnce(&str) -> bool) -> Answer {
    let body = encode(&trashed(view))?;
    let tag = trashed_etag(view, &body);
    if has(&tag) {
        return Ok(not_modified(&tag));
    }
    let mut response = tagged(StatusCode::OK, &tag);
    response.insert_header((header::CONTENT_TYPE, JSON));
    Ok(response.body(body))
}

/// What became of each operation of a batch, which no cache may store.
pub(crate) fn batch_answer(results: Vec<BatchResult>, settings: &HttpSettings) -> Answer {
    let body = batch_results(results, settings.base_path()).map_err(|_unwritable| unwritable())?;
    Ok(not_stored(HttpResponse::Ok(), body))
}

/// 202: it goes on as an operation, which its `Location` names.
pub(crate) fn accepted(view: &OperationView, settings: &HttpSettings) -> Answer {
    let mut response = HttpResponse::Accepted();
    let location = format!("{}/v1/operations/{}", settings.base_path(), view.operation.id);
    response.insert_header((header::LOCATION, location));
    json(response, &operation(view))
}

/// An answer without a body, with this entity tag: 304.
pub(crate) fn not_modified(tag: &str) -> HttpResponse {
    tagged(StatusCode::NOT_MODIFIED, tag).finish()
}

/// An answer without a body, with this weak entity tag: 304.
pub(crate) fn not_modified_weakly(tag: &str) -> HttpResponse {
    weakly_tagged(StatusCode::NOT_MODIFIED, tag).finish()
}

/// The path of an item's own route.
pub(crate) fn path_of(kind: ItemKind, id: NodeId, settings: &HttpSettings) -> String {
    let area = match kind {
        ItemKind::File => "files",
        ItemKind::Folder => "folders",
    };
    format!("{}/v1/{area}/{id}", settings.base_path())
}

/// 204.
pub(crate) fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// 302 to a signed URL, which no cache may store.
pub(crate) fn redirect(url: &SignedUrl) -> Answer {
    redirect_with(url, NO_STORE)
}

/// Another user of the same browser asks anew.
const BY_CALLER: HeaderValue = HeaderValue::from_static("Authorization, Cookie");

/// 302 to a signed URL, which the client's own cache may reuse for so long, in whole seconds; zero: no cache may store it.
pub(crate) fn reusable_redirect(url: &SignedUrl, max_age: Duration) -> Answer {
    let seconds = max_age.as_secs();
    if seconds == 0 {
        return redirect(url);
    }
    let reusable = HeaderValue::from_str(&format!("private, max-age={seconds}"))
        .map_err(|_not_text| Problem::defect("a number of seconds is no text of a header"))?;
    let mut answer = redirect_with(url, reusable)?;
    answer.headers_mut().append(header::VARY, BY_CALLER);
    Ok(answer)
}

fn redirect_with(url: &SignedUrl, cache_control: HeaderValue) -> Answer {
    let location = HeaderValue::from_str(url.expose())
        .map_err(|_not_text| Problem::defect("a signed URL holds characters that no header takes"))?;
    let mut response = HttpResponse::Found();
    response.insert_header((header::LOCATION, location));
    response.insert_header((header::CACHE_CONTROL, cache_control));
    Ok(response.finish())
}

/// JSON of an item that is at this place.
fn located(
    status: StatusCode,
    tag: &str,
    kind: ItemKind,
    id: NodeId,
    settings: &HttpSettings,
) -> HttpResponseBuilder {
    let mut response = tagged(status, tag);
    response.insert_header((header::CONTENT_TYPE, JSON));
    if status == StatusCode::CREATED {
        response.insert_header((header::LOCATION, path_of(kind, id, settings)));
    }
    response
}

fn tagged(status: StatusCode, tag: &str) -> HttpResponseBuilder {
    revalidated(status, format!("\"{tag}\""))
}

fn weakly_tagged(status: StatusCode, tag: &str) -> HttpResponseBuilder {
    revalidated(status, format!("W/\"{tag}\""))
}

fn revalidated(status: StatusCode, tag: String) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::ETAG, tag));
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
