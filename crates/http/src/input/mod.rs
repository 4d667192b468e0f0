//! What clients send, read into values of the domain: nothing past this point sees a text that was not checked.

mod body;
mod conditions;
mod fields;
mod headers;
mod item_ref;
mod json;
mod moment;
mod path;
mod placing;
mod preferences;
mod query;

pub(crate) use body::json_body;
pub(crate) use conditions::{if_match_of, none_match, precondition, tag_list_matches_strongly};
pub(crate) use fields::{Fields, FromFields, candidate, flag, owned, parsed, text};
pub(crate) use headers::{bad_header, bytes, has_content_coding, idempotency_key, no_content_coding, single};
pub(crate) use item_ref::{ItemRef, item_ref};
pub(crate) use json::JsonBody;
pub(crate) use moment::{moment, moment_value, unix_millis, unix_seconds};
pub(crate) use path::{PathId, number_of_path, preview_size_of_path};
pub(crate) use placing::{PlacingFields, PlacingHeaders, content_time};
pub(crate) use preferences::{PREFERENCE_APPLIED, WAITED, is_minimal_preferred, preferred_wait};
pub(crate) use query::{Query, bad, bad_path};
