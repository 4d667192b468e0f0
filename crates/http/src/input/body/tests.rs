//! Each table reads what the document promises of its body.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::input::{Fields, FromFields};
use crate::openapi::openapi;
use crate::problem::Problem;
use crate::routes::{auth, direct_uploads, files, tree, versions};

fn read<T: FromFields>(object: Map<String, Value>) -> Result<T, Problem> {
    let mut fields = Fields::new(object);
    let value = T::read(&mut fields);
    fields.finish(value)
}

fn faults<T: FromFields>(object: Map<String, Value>) -> BTreeSet<(String, String)> {
    let Err(problem) = read::<T>(object) else { return BTreeSet::new() };
    problem.errors().iter().map(|error| (error.pointer.clone(), error.detail.clone())).collect()
}

/// What the document says of a body, against what its reader does.
fn check<T: FromFields>()
where
    T::Body: ToSchema + Serialize + DeserializeOwned,
{
    let name = T::Body::name();
    let document = serde_json::to_value(openapi()).unwrap();
    let schema = &document["components"]["schemas"][name.as_ref()];

    let required = schema["required"].as_array().into_iter().flatten();
    let required: BTreeSet<(String, String)> =
        required.map(|field| (format!("/{}", field.as_str().unwrap()), "is required".to_owned())).collect();
    assert_eq!(faults::<T>(Map::new()), required, "{name}: what is required");

    let properties = schema["properties"].as_object().unwrap();
    // No field is an object.
    let wrong = properties.keys().map(|field| (field.clone(), Value::Object(Map::new())));
    let pointers: Vec<String> =
        faults::<T>(wrong.collect()).into_iter().map(|(pointer, _)| pointer).collect();
    let every: Vec<String> = properties.keys().map(|field| format!("/{field}")).collect();
    assert_eq!(pointers, every, "{name}: every fault is noted");

    let example = &schema["example"];
    assert_eq!(faults::<T>(example.as_object().unwrap().clone()), BTreeSet::new(), "{name}: the example");
    let body: T::Body = serde_json::from_value(example.clone()).unwrap();
    assert_eq!(serde_json::to_value(body).unwrap(), *example, "{name}: the example");
}

#[test]
fn every_table_reads_what_the_document_describes() {
    check::<auth::change_password::ChangePasswordBody>();
    check::<auth::log_in::LogInBody>();
    check::<auth::refresh::RefreshBody>();
    check::<auth::register::RegisterBody>();
    check::<auth::remove_account::RemoveBody>();
    check::<auth::rename_account::RenameBody>();
    check::<direct_uploads::complete_direct_upload::CompleteDirectUploadBody>();
    check::<direct_uploads::create_direct_upload::CreateDirectUploadBody>();
    check::<files::sign_url::SignUrlBody>();
    check::<tree::copy_item::CopyItemBody>();
    check::<tree::create_folder::CreateFolderBody>();
    check::<tree::edit_item::EditItemBody>();
    check::<tree::restore_item::RestoreItemBody>();
    check::<tree::run_batch::RunBatchBody>();
    check::<versions::change_version::ChangeVersionBody>();
}

#[test]
fn optional_fields_may_be_null_and_required_ones_not() {
    let null = |field: &str| Map::from_iter([(field.to_owned(), Value::Null)]);
    assert!(faults::<auth::refresh::RefreshBody>(null("refresh_token")).is_empty());
    assert!(faults::<files::sign_url::SignUrlBody>(null("expires_in")).is_empty());
    assert!(faults::<auth::rename_account::RenameBody>(null("name")).is_empty());
    assert!(faults::<tree::restore_item::RestoreItemBody>(null("parent_id")).is_empty());
    assert!(faults::<tree::create_folder::CreateFolderBody>(null("paths")).is_empty());
    assert!(faults::<versions::change_version::ChangeVersionBody>(null("label")).is_empty());
    assert_eq!(
        faults::<tree::edit_item::EditItemBody>(null("name")),
        BTreeSet::from([("/name".to_owned(), "must be a string".to_owned())])
    );
}
