//! What clients get: bodies of `fm-api-types` made of values of the domain, and the answers around them.

mod about;
mod answer;
mod file;
mod item;
mod json;
mod operation;
mod trash;
mod user;
mod version;

pub(crate) use about::About;
pub(crate) use answer::{
    accepted, batch_answer, file_answer, file_list_answer, folder_answer, item_answer, item_list_answer,
    json, no_content, not_modified, not_modified_weakly, path_of, redirect, reusable_redirect,
    trashed_answer,
};
pub(crate) use operation::operation;
pub(crate) use trash::trash_list;
pub(crate) use user::{account, admin_user, token_pair, user};
pub(crate) use version::{current_version, old_version};
