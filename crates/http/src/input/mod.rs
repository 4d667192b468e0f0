//! What clients send, read into values of the domain: nothing past this point sees a text that was not checked.

mod body;
mod conditions;
mod fields;
mod headers;
mod json;
mod path;
mod query;

pub(crate) use body::json_body;
pub(crate) use conditions::{if_match, none_match, tag_list_matches_strongly};
pub(crate) use fields::{Fields, FromFields, candidate, flag, owned, parsed, text};
pub(crate) use headers::{bad_header, bytes, has_content_coding, idempotency_key, no_content_coding, single};
pub(crate) use json::JsonBody;
pub(crate) use path::PathId;
pub(crate) use query::{Query, bad};
