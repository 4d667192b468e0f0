//! What becomes of files whose names are taken.

use std::path::PathBuf;

use fm_e2e::{Api, Lane};

use super::super::open_as;
use super::{tells, upload};

#[tokio::test]
async fn all_names_that_are_taken_are_one_question() {
    let user = Api::on(Lane::Embedded).user().await;
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> =
        (0..30).map(|number| folder.path().join(format!("Scan {number:02}.txt"))).collect();
    for path in &paths {
        user.file(path.file_name().unwrap().to_str().unwrap(), "A few words.").await;
        std::fs::write(path, "Other words.").unwrap();
    }
    let page = open_as(&user, "/files").await;
    // Four are sent at a time.
    upload(&page, &paths).await;
    page.named("heading", "30 names are taken").appears().await;
    page.named("button", "Skip").click().await;
    page.named("heading", "30 names are taken").disappears().await;
    page.rests().await;
    assert_eq!(page.texts(".tray, dialog").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_file_that_can_not_replace_a_folder_is_asked_about_without_that() {
    let user = Api::on(Lane::Embedded).user().await;
    user.folder("Plan", None).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Plan");
    std::fs::write(&path, "A few words.").unwrap();
    let page = open_as(&user, "/files").await;
    upload(&page, &[path]).await;
    page.named("heading", "This name is taken").appears().await;
    page.named("button", "Replace").click().await;
    page.named("button", "Replace").disappears().await;
    page.named("heading", "This name is taken").appears().await;
    assert_eq!(page.texts("dialog .dialog-foot button").await, ["Skip", "Keep both"]);
    page.named("button", "Keep both").click().await;
    tells(&page, "1 of 1 uploaded").await;
    assert_eq!(user.names_in("root").await, ["Plan", "Plan (2)"]);
}
