//! What administrators do about jobs and read in the audit; what they do about users is done by the keyboard alone, in
//! `keyboard`.

use std::sync::Arc;

use fm_e2e::{Api, Lane, Server, eventually, pictures};

use super::open_as;

#[tokio::test]
async fn a_dead_job_is_tried_again() {
    let server = Server::prepare(Lane::PostgresS3, &[], &["--no-worker"]);
    server.resume();
    let api = Api::of(Arc::new(server));
    let (admin, user) = (api.user().await, api.user().await);
    let promoted = api.server.run(&["user", "promote", &admin.id]);
    assert_eq!(promoted.code, Some(0), "{}", promoted.output);
    let file = user.file_of("image/png", "a.png", pictures::png(100, 80)).await;
    api.server.in_its_database("UPDATE jobs SET state = 'dead', attempt = 8, last_error = 'a reason'");

    let page = open_as(&admin, "/admin/jobs").await;
    page.shows(".table", "a reason").await;
    page.named("button", "Try again: make_thumbnail").reach_by_tab().await;
    page.press("Enter").await;
    page.shows(".state", "No job has failed").await;
    // The focus is not lost with the button.
    page.named("group", "Jobs").has_focus().await;
    page.named("button", "Waiting").click().await;
    page.shows(".table", "make_thumbnail").await;
    let made = api.server.with_a_worker(user.with_thumbnail(&file)).await;
    assert_eq!(made.thumbnail.status, "ready");
}

#[tokio::test]
async fn the_audit_is_shown_of_one_account() {
    let api = Api::on(Lane::Embedded);
    let (admin, user) = (api.user().await, api.user().await);
    let promoted = api.server.run(&["user", "promote", &admin.id]);
    assert_eq!(promoted.code, Some(0), "{}", promoted.output);
    user.file("Notes.txt", "A few words.").await;

    let page = open_as(&admin, "/admin/audit").await;
    let account = page.named("textbox", "Email address or id of an account");
    account.appears().await;
    account.reach_by_tab().await;
    page.write(&user.email).await;
    page.press("Enter").await;
    eventually("it is of one account", async || {
        let accounts = page.texts(".table td:nth-child(3)").await;
        let is_theirs = |shown: &String| user.id.ends_with(shown.trim_start_matches('…'));
        (!accounts.is_empty() && accounts.iter().all(is_theirs)).then_some(())
    })
    .await;
    page.shows(".table", "file.uploaded").await;
    account.has_focus().await;
    // A screen reader is told how much was found.
    page.shows("[role=status]", " rows").await;
}

#[tokio::test]
async fn what_is_searched_for_again_is_read_again() {
    let api = Api::with(Lane::Embedded, &[]);
    let admin = api.user().await;
    let promoted = api.server.run(&["user", "promote", &admin.id]);
    assert_eq!(promoted.code, Some(0), "{}", promoted.output);
    let page = open_as(&admin, "/admin/users").await;
    page.named("button", &format!("Actions for {}", admin.email)).appears().await;
    let user = api.user().await;
    page.named("button", "Search").click().await;
    page.named("button", &format!("Actions for {}", user.email)).appears().await;
}
