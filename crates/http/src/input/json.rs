//! JSON bodies.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::StreamExt as _;
use serde_json::{Map, Value};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::headers::no_content_coding;
use super::{Fields, FromFields};
use crate::problem::{Code, Problem};
use crate::settings::JSON_LIMIT;

/// How long a whole JSON body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A JSON body, not read yet. Extracting it never fails: it is checked after authentication.
pub(crate) struct JsonBody {
    is_json: bool,
    coding: Option<Problem>,
    length: Option<u64>,
    limit: u64,
    payload: dev::Payload,
}

impl FromRequest for JsonBody {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let headers = request.headers();
        ready(Ok(Self {
            is_json: is_json(headers),
            coding: no_content_coding(headers).err(),
            length: length(headers),
            limit: JSON_LIMIT,
            payload: payload.take(),
        }))
    }
}

impl JsonBody {
    /// The same, which may have this many bytes.
    pub(crate) fn up_to(self, limit: u64) -> Self {
        Self { limit, ..self }
    }

    /// The body, which has to be there: 415, 413, 400 and 422, in this order.
    pub(crate) async fn read<T: FromFields>(self) -> Result<T, Problem> {
        let bytes = self.bytes().await?;
        Self::parse(&bytes)
    }

    /// The body; none counts as an empty object.
    pub(crate) async fn read_or_empty<T: FromFields>(self) -> Result<T, Problem> {
        let bytes = self.bytes().await?;
        if bytes.is_empty() {
            let mut fields = Fields::new(Map::new());
            let value = T::read(&mut fields);
            return fields.finish(value);
        }
        Self::parse(&bytes)
    }

    /// The bytes, which may hold a password or a token: they are wiped when they are dropped.
    async fn bytes(mut self) -> Result<Zeroizing<Vec<u8>>, Problem> {
        if self.length != Some(0) {
            if !self.is_json {
                return Err(Problem::of(Code::UnsupportedMediaType));
            }
            if let Some(coding) = self.coding.take() {
                return Err(coding);
            }
        }
        if self.length.is_some_and(|length| length > self.limit) {
            return Err(Problem::too_large("body", self.limit));
        }
        match timeout(BODY_TIMEOUT, self.collect()).await {
            Ok(bytes) => bytes,
            Err(_elapsed) => Err(Problem::of(Code::RequestTimeout)),
        }
    }

    async fn collect(&mut self) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let mut bytes = Zeroizing::new(Vec::new());
        while let Some(chunk) = self.payload.next().await {
            let Ok(chunk) = chunk else { return Err(Problem::malformed("the body broke off")) };
            if (bytes.len() + chunk.len()) as u64 > self.limit {
                return Err(Problem::too_large("body", self.limit));
            }
            append(&mut bytes, &chunk);
        }
        Ok(bytes)
    }

    fn parse<T: FromFields>(bytes: &[u8]) -> Result<T, Problem> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(object)) => {
                let mut fields = Fields::new(object);
                let value = T::read(&mut fields);
                fields.finish(value)
            }
            Ok(_) => Err(Problem::invalid("", "must be an object")),
            Err(_) => Err(Problem::of(Code::MalformedRequest)),
        }
    }
}

/// Appends without leaving a copy behind where the bytes need more room.
fn append(bytes: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    let length = bytes.len() + chunk.len();
    if bytes.capacity() < length {
        let mut larger = Zeroizing::new(Vec::with_capacity(length.next_power_of_two()));
        larger.extend_from_slice(bytes);
        *bytes = larger;
    }
    bytes.extend_from_slice(chunk);
}

/// `Content-Length`; none at all, and no chunks, means that there is no body.
fn length(headers: &HeaderMap) -> Option<u64> {
    match headers.get(header::CONTENT_LENGTH) {
        Some(length) => length.to_str().ok()?.parse().ok(),
        None if headers.contains_key(header::TRANSFER_ENCODING) => None,
        None => Some(0),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or(value).trim();
    essence.eq_ignore_ascii_case("application/json")
}
