//! `/v1/auth/sessions`

use fm_e2e::{Api, Lane, on_every_lane};
use serde_json::json;

async fn sessions_say_where_they_come_from(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let body = json!({"email": user.email, "password": user.password});
    let login = api.post("/v1/auth/login").header("user-agent", "a phone/1.0").json(&body);
    login.send().await.expect(200);
    let sessions = user.sessions().await;
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0].user_agent.as_deref(), Some("a phone/1.0"), "the newest comes first");
    assert_eq!(sessions.iter().filter(|session| session.current).count(), 1);
    assert!(sessions[1].current);
    for session in &sessions {
        assert_eq!(session.ip.as_deref(), Some("127.0.0.1"));
        assert!(session.created_at <= session.last_seen_at);
        assert!(session.created_at < session.expires_at);
    }
    let list = user.get("/v1/auth/sessions").send().await.expect(200).json();
    for session in list["items"].as_array().unwrap() {
        let mut members: Vec<&String> = session.as_object().unwrap().keys().collect();
        members.sort_unstable();
        assert_eq!(
            members,
            ["created_at", "current", "expires_at", "id", "ip", "last_seen_at", "user_agent"]
        );
    }
}

async fn a_spoofed_address_is_not_believed(lane: Lane) {
    let api = Api::on(lane);
    let user = api.user().await;
    let body = json!({"email": user.email, "password": user.password});
    let login = api.post("/v1/auth/login").header("x-forwarded-for", "203.0.113.9").json(&body);
    login.header("forwarded", "for=203.0.113.9").send().await.expect(200);
    assert!(user.sessions().await.iter().all(|session| session.ip.as_deref() == Some("127.0.0.1")));
}

async fn one_session_can_be_revoked(lane: Lane) {
    let user = Api::on(lane).user().await;
    let other = user.again().await;
    let id = other.sessions().await.into_iter().find(|session| session.current).unwrap().id;
    let path = format!("/v1/auth/sessions/{id}");
    user.delete(&path).send().await.expect(204);
    other.me().await.unauthenticated();
    other.spend(other.refresh()).await.unauthenticated();
    user.me().await.expect(200);
    assert_eq!(user.sessions().await.len(), 1);
    user.delete(&path).send().await.not_found();
}

async fn the_current_session_can_revoke_itself(lane: Lane) {
    let user = Api::on(lane).user().await;
    let id = user.sessions().await[0].id;
    user.delete(&format!("/v1/auth/sessions/{id}")).send().await.expect(204);
    user.me().await.unauthenticated();
}

async fn a_user_can_not_revoke_the_session_of_another(lane: Lane) {
    let api = Api::on(lane);
    let (user, stranger) = (api.user().await, api.user().await);
    let id = user.sessions().await[0].id;
    stranger.delete(&format!("/v1/auth/sessions/{id}")).send().await.not_found();
    user.me().await.expect(200);
    for id in ["nonsense", "0", "01890000-0000-7000-8000-000000000000"] {
        stranger.delete(&format!("/v1/auth/sessions/{id}")).send().await.not_found();
    }
}

#[tokio::test]
async fn the_session_seen_longest_ago_makes_room_for_a_new_one() {
    for lane in [Lane::Embedded, Lane::PostgresS3] {
        let api = Api::with(lane, &[("MAX_SESSIONS_PER_USER", "2"), ("SESSION_MAX_TTL_SECONDS", "600")]);
        let first = api.user().await;
        let second = first.again().await;
        let third = second.again().await;
        first.me().await.unauthenticated();
        second.me().await.expect(200);
        let sessions = third.sessions().await;
        assert_eq!(sessions.len(), 2);
        assert!(
            sessions.iter().all(|session| {
                (session.expires_at - session.created_at).num_seconds().abs_diff(600) <= 1
            })
        );
    }
}

async fn all_other_sessions_can_be_revoked(lane: Lane) {
    let user = Api::on(lane).user().await;
    let stranger = user.user().await;
    let others = [user.again().await, user.again().await];
    user.delete("/v1/auth/sessions").send().await.expect(204);
    for other in others {
        other.me().await.unauthenticated();
    }
    user.me().await.expect(200);
    stranger.me().await.expect(200);
    assert_eq!(user.sessions().await.len(), 1);
}

on_every_lane![
    sessions_say_where_they_come_from,
    a_spoofed_address_is_not_believed,
    one_session_can_be_revoked,
    the_current_session_can_revoke_itself,
    a_user_can_not_revoke_the_session_of_another,
    all_other_sessions_can_be_revoked,
];
