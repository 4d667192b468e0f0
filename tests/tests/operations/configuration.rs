//! Faults of the configuration, and where values may come from.

use std::os::unix::fs::PermissionsExt as _;

use fm_api_types::TokenPair;
use fm_e2e::{Api, Lane, Server, run};
use tempfile::tempdir;

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn every_fault_is_reported_at_once_and_ends_with_2() {
    let folder = tempdir().unwrap();
    let faulty = variables(&[
        ("PORT", "seventy"),
        ("IS_DEBUG", "perhaps"),
        ("BLOB_STORE", "tape"),
        ("JWT_SECRET", "too short"),
        ("MAX_UPLOAD_BYTES", "-1"),
        ("PUBLIC_URL", "not a url"),
        ("ARGON2_MEMORY_KIB", "1"),
        ("ACCESS_TOKEN_TTL_SECONDS", "0"),
        ("DATABASE_URL", "mysql://localhost/x"),
    ]);
    let finished = run(folder.path(), &faulty, &["serve"]);
    assert_eq!(finished.code, Some(2), "{}", finished.output);
    for (name, _) in &faulty {
        assert!(finished.output.contains(name.as_str()), "{name} is named in:\n{}", finished.output);
    }
    assert!(!finished.output.contains("too short"), "a secret is not shown, not even a bad one");
}

#[test]
fn what_an_adapter_requires_is_asked_for_by_name() {
    let folder = tempdir().unwrap();
    let finished = run(folder.path(), &variables(&[("BLOB_STORE", "s3")]), &["serve"]);
    assert_eq!(finished.code, Some(2), "{}", finished.output);
    for name in ["S3_ENDPOINT", "S3_REGION", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] {
        assert!(finished.output.contains(name), "{name} is named in:\n{}", finished.output);
    }
    let postgres = variables(&[("DATABASE_URL", "postgres://someone:a-secret-word@localhost/x")]);
    let finished = run(folder.path(), &postgres, &["serve"]);
    assert_eq!(finished.code, Some(2), "{}", finished.output);
    assert!(finished.output.contains("JWT_SECRET"), "{}", finished.output);
    assert!(!finished.output.contains("a-secret-word"), "{}", finished.output);
}

#[test]
fn a_parameter_that_postgresql_does_not_take_is_named() {
    let folder = tempdir().unwrap();
    let url = "postgres://ann:a-secret-word@localhost:6543/x?sslmode=require&pgbouncer=true";
    let secret = "a secret of thirty-two bytes or more";
    let finished =
        run(folder.path(), &variables(&[("DATABASE_URL", url), ("JWT_SECRET", secret)]), &["serve"]);
    assert_eq!(finished.code, Some(2), "{}", finished.output);
    assert!(finished.output.contains("DATABASE_URL"), "{}", finished.output);
    assert!(finished.output.contains("the parameter pgbouncer"), "{}", finished.output);
    assert!(!finished.output.contains("a-secret-word"), "{}", finished.output);
}

#[test]
fn a_faulty_configuration_leaves_nothing_behind() {
    let folder = tempdir().unwrap();
    let finished = run(folder.path(), &variables(&[("PORT", "seventy")]), &["serve"]);
    assert_eq!(finished.code, Some(2), "{}", finished.output);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_unknown_command_is_refused() {
    let folder = tempdir().unwrap();
    let finished = run(folder.path(), &[], &["dance"]);
    assert_eq!(finished.code, Some(2), "{}", finished.output);
}

#[tokio::test]
async fn a_secret_may_come_from_a_file() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "a secret of thirty-two bytes or more\n").unwrap();
    let api = Api::with(Lane::Ephemeral, &[("JWT_SECRET_FILE", path.to_str().unwrap())]);
    let user = api.user().await;
    let forged = fm_e2e::forge(
        user.access(),
        &serde_json::json!({}),
        fm_e2e::Forged::Hs256(b"a secret of thirty-two bytes or more"),
    );
    user.bearing(&forged).get("/v1/auth/me").send().await.expect(200);
}

#[test]
fn an_empty_file_is_no_secret() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "\n").unwrap();
    for name in ["JWT_SECRET_FILE", "JWT_PREVIOUS_SECRETS_FILE", "DATABASE_URL_FILE"] {
        let finished = run(folder.path(), &variables(&[(name, path.to_str().unwrap())]), &["serve"]);
        assert_eq!(finished.code, Some(2), "{}", finished.output);
        assert!(
            finished.output.contains(&format!("{name}: is named, but holds nothing")),
            "{}",
            finished.output
        );
    }
    let trivial = variables(&[("JWT_SECRET", &"a".repeat(64))]);
    let finished = run(folder.path(), &trivial, &["serve"]);
    assert_eq!(finished.code, Some(2), "{}", finished.output);
    assert!(finished.output.contains("openssl rand -hex 32"), "{}", finished.output);
}

/// All that the program creates is its own account's alone.
#[tokio::test]
async fn other_accounts_of_the_machine_read_nothing() {
    const WARNING: &str = "run `chmod 600` on it";
    let api = Api::with(Lane::Embedded, &[]);
    let user = api.user().await;
    user.file("a.png", fm_e2e::pictures::png(8, 8)).await;
    let mut folders = vec![api.server.data()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                assert_eq!(mode(&entry.path()), 0o600, "{}", entry.path().display());
                files += 1;
            }
        }
    }
    assert!(files >= 3, "the database, the secret and a blob");
    let output = api.server.stop();
    assert!(!output.contains(WARNING), "{output}");
    let secret = api.server.data().join("jwt-secret");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    api.server.resume();
    let output = api.server.stop();
    assert!(output.contains(WARNING), "{output}");
}

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_file_of_variables_is_read_and_the_environment_wins() {
    let server = Server::prepare(Lane::Embedded, &[("USER_QUOTA_BYTES", "777")], &[]);
    std::fs::write(server.home().join(".env"), "MAX_UPLOAD_BYTES=1000\nUSER_QUOTA_BYTES=1\n").unwrap();
    server.resume();
    let api = Api::of(std::sync::Arc::new(server));
    let user = api.user().await;
    assert_eq!(user.me().await.json()["storage"]["quota_bytes"], 777);
    user.upload("a", fm_e2e::noise(1_001)).send().await.problem(413, "payload_too_large");
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_warned_of() {
    const WARNING: &str = "PUBLIC_URL is not set";
    let open = Api::with(Lane::Ephemeral, &[("HOST", "0.0.0.0")]);
    open.user().await;
    assert!(open.server.output().contains(WARNING), "{}", open.server.output());
    for variables in
        [[("HOST", "0.0.0.0"), ("PUBLIC_URL", "https://files.example")], [("HOST", ""), ("PUBLIC_URL", "")]]
    {
        let quiet = Api::with(Lane::Ephemeral, &variables);
        quiet.user().await;
        assert!(!quiet.server.output().contains(WARNING), "{}", quiet.server.output());
    }
}

#[test]
fn connections_that_others_could_read_are_warned_of() {
    let folder = tempdir().unwrap();
    let secret = ("JWT_SECRET", "a secret of thirty-two bytes or more");
    // Nothing answers there: the warning comes before the connection.
    let by =
        |url: &str| run(folder.path(), &variables(&[("DATABASE_URL", url), secret]), &["migrate", "status"]);
    let nowhere = "db.example.test:1/x?hostaddr=127.0.0.1";
    let weak = by(&format!("postgres://ann:a-secret-word@{nowhere}&sslmode=require"));
    assert!(weak.output.contains("sslmode=require without sslrootcert"), "{}", weak.output);
    assert!(weak.output.contains("db.example.test"), "{}", weak.output);
    assert!(!weak.output.contains("a-secret-word"), "{}", weak.output);
    for url in
        [format!("postgres://ann:pw@{nowhere}"), "postgres://ann:pw@127.0.0.1:1/x?sslmode=require".into()]
    {
        let quiet = by(&url);
        assert!(!quiet.output.contains("sslmode=require without"), "{}", quiet.output);
    }
    for (endpoint, is_plain) in [("http://s3.invalid:9000", true), ("https://s3.invalid:9000", false)] {
        let store = variables(&[
            ("BLOB_STORE", "s3"),
            ("S3_ENDPOINT", endpoint),
            ("S3_REGION", "eu"),
            ("S3_ACCESS_KEY_ID", "key"),
            ("S3_SECRET_ACCESS_KEY", "secret"),
        ]);
        let finished = run(folder.path(), &store, &["serve"]);
        assert_eq!(
            finished.output.contains("S3_ENDPOINT begins with http://"),
            is_plain,
            "{}",
            finished.output
        );
    }
}

/// Nothing configured at all but the port: the program keeps its data below the folder it is started in.
#[tokio::test]
async fn it_runs_with_nothing_configured() {
    let variables = [
        ("DATA_DIR", ""),
        ("ARGON2_MEMORY_KIB", ""),
        ("ARGON2_ITERATIONS", ""),
        ("RATE_LIMITS", ""),
        ("JWT_SECRET", ""),
    ];
    let api = Api::with(Lane::Embedded, &variables);
    let user = api.user().await;
    user.file("a.txt", "text").await;
    assert!(api.server.home().join("data").join("file-manager.db").is_file());
}

/// A rotated secret: old tokens live on, new ones are signed with the new.
#[tokio::test]
async fn a_previous_secret_is_still_accepted() {
    let (old, new) =
        ("the old secret of thirty-two bytes or more", "the new secret of thirty-two bytes or more");
    let first = Api::with(Lane::Ephemeral, &[("JWT_SECRET", old)]);
    let user = first.user().await;
    let claims = serde_json::json!({});
    let second = Api::with(Lane::Embedded, &[("JWT_SECRET", old)]);
    let of_second = second.user().await;
    let data = second.server.home().join("data").to_string_lossy().into_owned();
    second.server.stop();
    let rotated =
        Api::with(Lane::Embedded, &[("JWT_SECRET", new), ("JWT_PREVIOUS_SECRETS", old), ("DATA_DIR", &data)]);
    rotated.bearing(of_second.access()).get("/v1/auth/me").send().await.expect(200);
    let body = serde_json::json!({"refresh_token": of_second.refresh()});
    let pair: TokenPair = rotated.post("/v1/auth/refresh").json(&body).send().await.expect(200).parse();
    let fresh = pair.access_token.expose();
    rotated.bearing(fresh).get("/v1/auth/me").send().await.expect(200);
    rotated.bearing(user.access()).get("/v1/auth/me").send().await.unauthenticated();
    rotated.server.stop();
    second.server.resume();
    second.bearing(fresh).get("/v1/auth/me").send().await.unauthenticated();
    let forged = fm_e2e::forge(of_second.access(), &claims, fm_e2e::Forged::Hs256(new.as_bytes()));
    second.bearing(&forged).get("/v1/auth/me").send().await.unauthenticated();
}
