//! `file-manager audit`: what operators see of who did what.

use fm_e2e::{Api, Lane, User};
use serde_json::{Value, json};

/// The entries that the command lists, the newest first.
fn listed(api: &Api, arguments: &[&str]) -> Vec<Value> {
    let listed = api.server.run(&[&["audit", "--json"], arguments].concat());
    assert_eq!(listed.code, Some(0), "{}", listed.output);
    let lines = listed.output.lines().filter(|line| line.contains("\"user_agent\""));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

async fn refused_login(user: &User, email: &str) {
    let login = json!({"email": email, "password": "a wrong password"});
    user.anonymous().post("/v1/auth/login").json(&login).send().await.problem(401, "invalid_credentials");
}

async fn operators_see_who_did_what_also_when_the_account_is_gone(lane: Lane) {
    let api = Api::with(lane, &[]);
    let user = api.user().await;
    let file = user.file("a-name-of-a-file.txt", "text").await;
    user.delete(&User::path(&file)).send().await.expect(204);
    refused_login(&user, &user.email).await;
    refused_login(&user, "unknown@example.com").await;
    user.delete("/v1/auth/me").json(&json!({"password": user.password})).send().await.expect(204);

    let own = listed(&api, &["--user", &user.id]);
    let expected = [
        "account.removed",
        "login.failed",
        "file.removed",
        "file.uploaded",
        "session.created",
        "account.registered",
    ];
    assert_eq!(actions(&own), expected, "the newest first");
    for entry in &own {
        let is_failure = entry["action"] == "login.failed";
        assert_eq!(entry["actor"], if is_failure { Value::Null } else { user.id.as_str().into() }, "{entry}");
        assert_eq!((&entry["account"], &entry["ip"]), (&user.id.as_str().into(), &"127.0.0.1".into()));
        for secret in [user.email.as_str(), "a-name-of-a-file", "a wrong password"] {
            assert!(!entry.to_string().contains(secret), "{secret} in {entry}");
        }
    }
    assert_eq!((&own[2]["target"], &own[3]["target"]), (&json!(file.id), &json!(file.id)));

    let failures = listed(&api, &["--action", "login.failed"]);
    assert_eq!(failures.len(), 2, "{failures:#?}");
    assert_eq!(failures[0]["account"], Value::Null, "no account has that address");
    assert_eq!(actions(&listed(&api, &["--limit", "2"])), ["account.removed", "login.failed"]);
    assert_eq!(listed(&api, &["--limit", "0"]), Vec::<Value>::new());

    let (newest, oldest) = (own[0]["at"].as_str().unwrap(), own[5]["at"].as_str().unwrap());
    let since = listed(&api, &["--user", &user.id, "--since", newest]);
    assert_eq!(actions(&since), ["account.removed"], "from that moment on");
    let until = listed(&api, &["--user", &user.id, "--until", newest]);
    assert_eq!(actions(&until), expected[1..], "before that moment");
    assert_eq!(listed(&api, &["--user", &user.id, "--until", oldest]), Vec::<Value>::new());

    let table = api.server.run(&["audit", "--user", &user.id]);
    assert_eq!(table.code, Some(0), "{}", table.output);
    let removed = table.output.lines().find(|line| line.contains("file.removed")).unwrap();
    assert!(removed.contains(&user.id) && removed.contains(&file.id.to_string()), "{removed}");
    assert!(removed.contains("127.0.0.1"), "{removed}");
}

async fn without_retention_nothing_is_recorded(lane: Lane) {
    let api = Api::with(lane, &[("AUDIT_RETENTION_DAYS", "0")]);
    let user = api.user().await;
    user.file("a.txt", "text").await;
    refused_login(&user, &user.email).await;
    assert_eq!(listed(&api, &[]), Vec::<Value>::new());
    let own = user.get("/v1/auth/activity").send().await.expect(200).json();
    assert_eq!(own, json!({"items": [], "next_cursor": null}));
}

mod embedded {
    #[tokio::test]
    async fn operators_see_who_did_what_also_when_the_account_is_gone() {
        super::operators_see_who_did_what_also_when_the_account_is_gone(fm_e2e::Lane::Embedded).await;
    }

    #[tokio::test]
    async fn without_retention_nothing_is_recorded() {
        super::without_retention_nothing_is_recorded(fm_e2e::Lane::Embedded).await;
    }
}

mod postgres_s3 {
    #[tokio::test]
    async fn operators_see_who_did_what_also_when_the_account_is_gone() {
        super::operators_see_who_did_what_also_when_the_account_is_gone(fm_e2e::Lane::PostgresS3).await;
    }

    #[tokio::test]
    async fn without_retention_nothing_is_recorded() {
        super::without_retention_nothing_is_recorded(fm_e2e::Lane::PostgresS3).await;
    }
}
