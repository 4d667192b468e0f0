//! `/v1/auth/activity`

use fm_api_types::ActivityList;
use fm_e2e::{Api, Lane, User, on_every_lane};
use serde_json::json;

async fn page(user: &User, query: &str) -> ActivityList {
    user.get(&format!("/v1/auth/activity{query}")).send().await.expect(200).parse()
}

async fn users_see_their_own_activity_page_by_page(lane: Lane) {
    let api = Api::on(lane);
    let (user, other) = (api.user().await, api.user().await);
    let file = user.file("a.txt", "text").await;
    let phone = json!({"email": user.email, "password": user.password});
    api.post("/v1/auth/login").header("user-agent", "a phone/1.0").json(&phone).send().await.expect(200);
    user.post(&format!("{}/signed-url", User::path(&file))).json(&json!({})).send().await.expect(200);
    user.delete(&User::path(&file)).send().await.expect(204);

    let all = page(&user, "").await;
    let actions: Vec<&str> = all.items.iter().map(|entry| entry.action.as_str()).collect();
    let expected = [
        "file.removed",
        "link.created",
        "session.created",
        "file.uploaded",
        "session.created",
        "account.registered",
    ];
    assert_eq!((actions.as_slice(), &all.next_cursor), (&expected[..], &None));
    assert_eq!(all.items[2].user_agent.as_deref(), Some("a phone/1.0"));
    for entry in &all.items {
        assert_eq!(entry.actor.map(|id| id.to_string()).as_ref(), Some(&user.id));
        assert_eq!(entry.ip.as_deref(), Some("127.0.0.1"));
    }
    for index in [0, 1, 3] {
        assert_eq!(all.items[index].target, Some(file.id));
    }
    assert!(all.items.is_sorted_by(|newer, older| newer.at >= older.at));

    let (mut paged, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let ActivityList { items, next_cursor } = page(&user, &query).await;
        paged.extend(items);
        let Some(cursor) = next_cursor else { break };
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!(paged, all.items);
    let cursor = page(&user, "?limit=1").await.next_cursor.unwrap();
    other.get(&format!("/v1/auth/activity?cursor={cursor}")).send().await.problem(400, "malformed_request");
    let logins = page(&user, "?action=session.created").await.items;
    assert_eq!(logins, [all.items[2].clone(), all.items[4].clone()]);
    assert_eq!(page(&other, "").await.items.len(), 2);
    api.anonymous().get("/v1/auth/activity").send().await.unauthenticated();
}

on_every_lane![users_see_their_own_activity_page_by_page];
