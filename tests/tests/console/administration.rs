//! What administrators do about jobs; what they do about users is done by the keyboard alone, in `keyboard`.

use std::sync::Arc;

use fm_e2e::{Api, Lane, Server, pictures};

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
