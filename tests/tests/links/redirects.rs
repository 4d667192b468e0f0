//! Where signed URLs lead to.

use fm_e2e::{Api, Lane, User, on_every_lane, pictures};

async fn content_and_thumbnail_redirect_to_signed_urls(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.png", pictures::png(100, 50)).await;
    let file = user.with_thumbnail(&file).await;
    let path = User::path(&file);
    let content = user.get(&format!("{path}/content")).send().await.expect(302);
    assert_eq!(content.field("cache-control"), "private, no-store");
    let bytes = user.anonymous().get(&content.field("location")).send().await.expect(200);
    assert_eq!(bytes.body, pictures::png(100, 50));
    let thumbnail = user.get(&format!("{path}/thumbnail")).send().await.expect(302);
    let bytes = user.anonymous().get(&thumbnail.field("location")).send().await.expect(200);
    assert_eq!(pictures::decode(&bytes.body).dimensions(), (64, 32));
}

async fn urls_are_absolute_and_lead_where_clients_reach_the_store(lane: Lane) {
    let variable = if lane.serves_links_itself() { "PUBLIC_URL" } else { "S3_PUBLIC_ENDPOINT" };
    let api = Api::with(lane, &[(variable, "https://files.example.com:8443")]);
    let user = api.user().await;
    let file = user.file("a.png", pictures::png(100, 50)).await;
    let file = user.with_thumbnail(&file).await;
    let signed = format!("{}/signed-url", User::path(&file));
    let signed = user.post(&signed).json(&serde_json::json!({})).send().await.expect(200).json();
    let redirect = user.get(&format!("{}/content", User::path(&file))).send().await.expect(302);
    let urls = [
        file.download.url.expose().to_owned(),
        file.thumbnail.url.as_ref().unwrap().expose().to_owned(),
        signed["url"].as_str().unwrap().to_owned(),
        redirect.field("location"),
    ];
    for url in urls {
        assert!(url.starts_with("https://files.example.com:8443/"), "the address is the public one");
        assert!(!url.contains("127.0.0.1"), "clients do not see the internal address");
    }
}

async fn urls_lead_to_the_server_itself_by_default(lane: Lane) {
    let user = Api::on(lane).user().await;
    let file = user.file("a.txt", "text").await;
    let url = file.download.url.expose();
    if lane.serves_links_itself() {
        assert!(url.starts_with(&format!("{}/v1/blobs/", user.server.base())));
    }
    assert!(
        !url.contains("a.txt") || !lane.serves_links_itself() || url.contains('?'),
        "keys never hold the name"
    );
    let path = url.split('?').next().unwrap();
    assert!(!path.contains("a.txt"), "a storage key never contains the name");
}

async fn a_file_without_a_thumbnail_has_no_redirect(lane: Lane) {
    let user = Api::on(lane).user().await;
    let path = User::path(&user.file("a.txt", "text").await);
    user.get(&format!("{path}/thumbnail")).send().await.problem(404, "no_thumbnail");
}

on_every_lane![
    content_and_thumbnail_redirect_to_signed_urls,
    urls_are_absolute_and_lead_where_clients_reach_the_store,
    urls_lead_to_the_server_itself_by_default,
    a_file_without_a_thumbnail_has_no_redirect,
];
