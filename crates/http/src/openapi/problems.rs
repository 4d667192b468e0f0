//! The problem answers of every operation.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use serde_json::json;
use utoipa::Modify;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{ContentBuilder, Header, Ref, RefOr, ResponseBuilder};

use crate::problem::Code;
use crate::routes::{self, Features};

/// What every operation can answer.
const EVERYWHERE: [Code; 2] = [Code::Internal, Code::Unavailable];

/// Adds the problem answers to the operations of a document.
pub(super) struct Problems;

impl Modify for Problems {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for endpoint in routes::endpoints(Features::ALL) {
            let Some(item) = openapi.paths.paths.get_mut(endpoint.path()) else { continue };
            for known in endpoint.operations() {
                if let Some(operation) = operation(item, &known.method) {
                    let codes = codes(operation, &known.method, known.problems);
                    describe(operation, &codes);
                }
            }
        }
    }
}

/// The operation of a path with this method.
pub(super) fn operation<'a>(item: &'a mut PathItem, method: &Method) -> Option<&'a mut Operation> {
    let slot = match method.as_str() {
        "GET" => &mut item.get,
        "POST" => &mut item.post,
        "PUT" => &mut item.put,
        "PATCH" => &mut item.patch,
        "DELETE" => &mut item.delete,
        "HEAD" => &mut item.head,
        "OPTIONS" => &mut item.options,
        _ => return None,
    };
    slot.as_mut()
}

fn codes(operation: &Operation, method: &Method, own: &[Code]) -> BTreeSet<Code> {
    let mut codes: BTreeSet<Code> = own.iter().copied().chain(EVERYWHERE).collect();
    if operation.security.is_some() {
        codes.insert(Code::Unauthenticated);
        codes.insert(Code::RateLimited);
        // By cookie, from another site.
        if !method.is_safe() {
            codes.insert(Code::Forbidden);
        }
    }
    codes
}

fn describe(operation: &mut Operation, codes: &BTreeSet<Code>) {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(*code);
    }
    for (status, codes) in by_status {
        let key = status.to_string();
        // A status that the operation describes itself (503 of the readiness check) stays as it is.
        if operation.responses.responses.contains_key(&key) {
            continue;
        }
        operation.responses.responses.insert(key, RefOr::T(response(&codes)));
    }
}

fn response(codes: &[Code]) -> utoipa::openapi::Response {
    let names: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}.", code.name(), code.example())).collect();
    let examples = codes.iter().map(|code| {
        let example = ExampleBuilder::new().value(Some(example(*code))).build();
        (code.name(), RefOr::T(example))
    });
    let content = ContentBuilder::new()
        .schema(Some(RefOr::Ref(Ref::from_schema_name("Problem"))))
        .examples_from_iter(examples)
        .build();
    let response =
        ResponseBuilder::new().description(names.join("\n\n")).content("application/problem+json", content);
    match codes.first() {
        Some(Code::Unauthenticated | Code::InvalidCredentials) => {
            response.header("WWW-Authenticate", Header::default()).build()
        }
        Some(Code::Unavailable) => response.header("Retry-After", Header::default()).build(),
        Some(Code::RateLimited) => response
            .header("Retry-After", Header::default())
            .header("RateLimit", Header::default())
            .header("RateLimit-Policy", Header::default())
            .build(),
        _ => response.build(),
    }
}

fn example(code: Code) -> serde_json::Value {
    let status = code.status();
    let mut example = json!({
        "type": "about:blank",
        "title": code.title(),
        "status": status.as_u16(),
        "code": code.name(),
        "detail": code.example(),
        "request_id": "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3aff",
    });
    match code {
        Code::ValidationFailed => {
            example["errors"] = json!([{"pointer": "/name", "detail": "must not be blank"}]);
        }
        Code::NameTaken => {
            example["existing"] = json!({"id": "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a10", "kind": "file"});
        }
        Code::QuotaExceeded => {
            example["reclaimable"] = json!({"trash_bytes": 48213, "version_bytes": 0});
        }
        _ => {}
    }
    example
}
