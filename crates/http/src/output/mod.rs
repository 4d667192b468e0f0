//! What clients get: bodies of `fm-api-types` made of values of the domain, and the answers around them.

mod answer;
mod file;
mod user;

pub(crate) use answer::{etag, file_answer, file_list_answer, json, no_content, redirect};
pub(crate) use user::{account, admin_user, token_pair, user};
