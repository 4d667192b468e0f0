//! `file-manager doctor`: all well, and one thing wrong at a time.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fm_e2e::{Api, Lane, PgBouncer, REDIS_RIGHTS, RedisServer, Server, eventually};
use serde_json::Value;

use super::verify::verify;

/// What hangs is named after 4 s, as the step itself says, and within this on a busy machine too.
const LIMIT: Duration = Duration::from_secs(30);

struct Report {
    code: Option<i32>,
    steps: Vec<Value>,
    summary: Value,
    output: String,
}

impl Report {
    fn of(server: &Server) -> Self {
        let run = server.run(&["doctor", "--json"]);
        let lines = || run.output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let steps: Vec<Value> = lines().filter(|line| line["step"].is_string()).collect();
        let summary = lines().find(|line| line["summary"].is_object()).expect("a summary")["summary"].clone();
        assert_eq!(summary["steps"], steps.len(), "{}", run.output);
        let report = Self { code: run.code, steps, summary, output: run.output };
        assert_eq!(report.code, Some(i32::from(!report.ended("fail").is_empty())), "{}", report.output);
        report
    }

    fn step(&self, part: &str, name: &str) -> &Value {
        let found = self.steps.iter().find(|step| step["part"] == part && step["step"] == name);
        found.unwrap_or_else(|| panic!("no {part} {name}: {}", self.output))
    }

    /// The steps that ended so, as `part: step`.
    fn ended(&self, outcome: &str) -> Vec<String> {
        let ended = self.steps.iter().filter(|step| step["outcome"] == outcome);
        ended
            .map(|step| format!("{}: {}", step["part"].as_str().unwrap(), step["step"].as_str().unwrap()))
            .collect()
    }

    /// That all steps of this part are well.
    #[track_caller]
    fn is_well(&self, part: &str) {
        let of_part: Vec<_> = self.steps.iter().filter(|step| step["part"] == part).collect();
        assert!(!of_part.is_empty(), "{part}: {}", self.output);
        // The server of the tests may have few connections left, and the machine little room.
        let is_shared = |step: &Value| step["step"] == "connections" || step["step"] == "free room";
        for step in of_part {
            assert!(step["outcome"] == "ok" || is_shared(step), "{step}\n{}", self.output);
        }
    }

    /// That this step failed, with these words in what is wrong and what to change.
    #[track_caller]
    fn names(&self, part: &str, name: &str, words: &[&str]) {
        let step = self.step(part, name);
        assert_eq!(step["outcome"], "fail", "{}", self.output);
        let text = format!("{}; {}", step["detail"].as_str().unwrap(), step["remedy"].as_str().unwrap());
        for word in words {
            assert!(text.contains(word), "{word} is in: {text}");
        }
    }
}

/// All that is below a folder, but for the log files of SQLite.
fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            if !path.to_string_lossy().contains(".db-") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn on_the_embedded_default_all_is_well_before_and_while_it_runs_and_after() {
    let server = Arc::new(Server::prepare(Lane::Embedded, &[("RATE_LIMITS", "1")], &[]));
    let empty = all_below(server.home());
    let before = Report::of(&server);
    assert_eq!(before.code, Some(0), "{}", before.output);
    assert_eq!(before.step("database", "folder")["outcome"], "warn", "it is not there yet");
    assert_eq!(before.step("blob store", "folder")["outcome"], "warn");
    assert_eq!(all_below(server.home()), empty, "a check creates nothing");

    server.resume();
    let user = Api::of(Arc::clone(&server)).user().await;
    user.file("a.txt", "text").await;
    for part in ["database", "blob store", "sessions", "rate limits"] {
        Report::of(&server).is_well(part);
    }
    server.stop();
    let kept = all_below(&server.data());
    let after = Report::of(&server);
    for part in ["database", "blob store", "sessions", "rate limits"] {
        after.is_well(part);
    }
    let folders_of_shards = |path: &PathBuf| !path.is_dir();
    let files = |all: Vec<PathBuf>| all.into_iter().filter(folders_of_shards).collect::<Vec<_>>();
    assert_eq!(files(all_below(&server.data())), files(kept), "nothing is left");
    assert!(verify(&server, &["--min-age", "0"]).0);

    let table = server.run(&["doctor"]);
    assert_eq!(table.code, Some(0), "{}", table.output);
    assert!(table.output.contains("outcome  part           step"), "{}", table.output);
    assert!(table.output.lines().any(|line| line.starts_with("checked: ")), "{}", table.output);
}

#[tokio::test]
async fn on_postgresql_s3_and_redis_all_is_well_and_nothing_is_left() {
    let redis = RedisServer::start();
    let (url, store) = (redis.url(), "redis");
    let variables = [("REDIS_URL", url.as_str()), ("SESSION_STORE", store), ("RATE_LIMITS", "1")];
    let server = Arc::new(Server::prepare(Lane::PostgresS3, &variables, &[]));
    server.resume();
    for _ in 0..2 {
        let report = Report::of(&server);
        for part in ["database", "blob store", "sessions", "redis", "rate limits"] {
            report.is_well(part);
        }
        assert_eq!(report.code, Some(0), "{}", report.output);
        assert_eq!(report.summary["fail"], 0);
        for (part, step) in [
            ("database", "notifications"),
            ("database", "transaction"),
            ("blob store", "multipart uploads"),
            ("blob store", "signed download"),
            ("blob store", "complete parts"),
            ("sessions", "signal"),
            ("redis", "memory"),
        ] {
            assert_eq!(report.step(part, step)["outcome"], "ok", "{}", report.output);
        }
    }
    server.stores_exactly(0).await;
    assert_eq!(server.ask_its_database("SELECT count(*) FROM users"), "0");
    eventually("a counter of a second is gone", async || redis.hears("DBSIZE", ":0\r\n").then_some(())).await;
}

#[test]
fn sessions_in_the_database_leave_nothing() {
    let server = Server::prepare(Lane::PostgresS3, &[], &[]);
    assert_eq!(server.run(&["migrate", "up"]).code, Some(0));
    let report = Report::of(&server);
    report.is_well("sessions");
    assert_eq!(server.ask_its_database("SELECT count(*) FROM sessions"), "0");
}

#[test]
fn a_database_that_refuses_hides_no_other_part() {
    let url = "postgres://ann:a-secret-word@127.0.0.1:1/x";
    let server = Server::prepare(Lane::PostgresS3, &[("DATABASE_URL", url)], &[]);
    let report = Report::of(&server);
    report.names("database", "connect", &["refused", "DATABASE_URL"]);
    report.is_well("blob store");
    assert_eq!(report.step("database", "transaction")["outcome"], "skip");
    assert!(!report.output.contains("a-secret-word"), "{}", report.output);
}

#[test]
fn a_wrong_password_is_named_and_not_shown() {
    let mut pooler = None;
    let server = Server::on_postgres(|url| {
        let settings = ["auth_type = scram-sha-256"];
        let url = pooler.insert(PgBouncer::before(url, "session", &settings)).url(url);
        let (scheme, rest) = url.split_once("://").unwrap();
        let (who, place) = rest.split_once('@').unwrap();
        let user = who.split(':').next().unwrap();
        format!("{scheme}://{user}:a-wrong-word@{place}")
    });
    let report = Report::of(&server);
    report.names("database", "connect", &["authentication", "password in DATABASE_URL"]);
    assert!(!report.output.contains("a-wrong-word"), "{}", report.output);
}

#[test]
fn a_pooler_in_transaction_mode_is_named() {
    let mut pooler = None;
    let server =
        Server::on_postgres(|url| pooler.insert(PgBouncer::before(url, "transaction", &[])).url(url));
    Report::of(&server).names("database", "pooler", &["transaction mode", "session mode", "5432"]);
}

#[test]
fn a_database_that_hangs_is_named_in_time() {
    // The system accepts, and no program ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://ann:a-secret-word@{}/x", silent.local_addr().unwrap());
    let server = Server::prepare(Lane::PostgresS3, &[("DATABASE_URL", &url)], &[]);
    let started = Instant::now();
    let report = Report::of(&server);
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
    report.names("database", "connect", &["no answer within 4s", &silent.local_addr().unwrap().to_string()]);
    report.is_well("blob store");
}

#[test]
fn pending_migrations_are_a_failure_where_no_start_applies_them() {
    let server = Server::prepare(Lane::PostgresS3, &[("MIGRATE_ON_START", "0")], &[]);
    let report = Report::of(&server);
    report.names("database", "migrations", &["pending", "file-manager migrate up"]);
    assert_eq!(report.step("database", "transaction")["outcome"], "skip");
    assert_eq!(report.step("sessions", "session")["outcome"], "skip");
    let tables = server.ask_its_database("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
    assert_eq!(tables, "0", "a check migrates nothing");

    assert_eq!(server.run(&["migrate", "up"]).code, Some(0));
    Report::of(&server).is_well("database");

    server.in_its_database("INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000001')");
    let newer = Report::of(&server);
    assert_eq!(newer.code, Some(0), "{}", newer.output);
    let step = newer.step("database", "migrations");
    assert_eq!(step["outcome"], "warn");
    assert!(step["detail"].as_str().unwrap().ends_with("20990101000001"), "{step}");
}

#[test]
fn a_role_without_rights_is_told_which_tables_it_lacks() {
    let mut own = String::new();
    let role = fm_e2e::unique("fm_doctor_");
    let server = Server::on_postgres(|url| {
        own = url.to_owned();
        let (scheme, rest) = url.split_once("://").unwrap();
        let (_, place) = rest.split_once('@').unwrap();
        format!("{scheme}://{role}:a-secret-word@{place}")
    });
    server.in_its_database(&format!("CREATE ROLE {role} LOGIN; CREATE TABLE users (id int)"));
    let report = Report::of(&server);
    server.in_its_database(&format!("DROP ROLE {role}"));
    report.names("database", "rights", &["users", "GRANT"]);
    assert_eq!(report.step("database", "connect")["outcome"], "ok");
}

#[test]
fn a_wrong_key_of_the_s3_is_named_by_its_code() {
    let wrong = "a-wrong-secret-key";
    let server = Server::prepare(Lane::PostgresS3, &[("S3_SECRET_ACCESS_KEY", wrong)], &[]);
    assert_eq!(server.run(&["migrate", "up"]).code, Some(0));
    let report = Report::of(&server);
    report.names("blob store", "access", &["SignatureDoesNotMatch", "S3_SECRET_ACCESS_KEY"]);
    assert_eq!(report.step("blob store", "endpoint")["outcome"], "ok");
    report.is_well("database");
    assert!(!report.output.contains(wrong), "{}", report.output);
}

#[test]
fn a_missing_bucket_is_named() {
    let server = Server::prepare(Lane::PostgresS3, &[("FILES_BUCKET", "absent-bucket")], &[]);
    Report::of(&server).names("blob store", "access", &["absent-bucket", "NoSuchBucket", "FILES_BUCKET"]);
}

#[test]
fn an_s3_that_hangs_is_named_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let variables = [("S3_ENDPOINT", endpoint.as_str()), ("S3_PUBLIC_ENDPOINT", &endpoint)];
    let server = Server::prepare(Lane::PostgresS3, &variables, &[]);
    let started = Instant::now();
    let report = Report::of(&server);
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
    report.names("blob store", "endpoint", &["no answer within 4s", "S3_ENDPOINT"]);
    assert_eq!(report.ended("fail"), ["blob store: endpoint"]);
}

#[test]
fn a_public_endpoint_that_leads_nowhere_is_named() {
    let variables = [("S3_PUBLIC_ENDPOINT", "http://127.0.0.1:1")];
    let server = Server::prepare(Lane::PostgresS3, &variables, &[]);
    let report = Report::of(&server);
    report.names("blob store", "signed download", &["public endpoint", "S3_PUBLIC_ENDPOINT"]);
    report.names("blob store", "signed upload", &["public endpoint", "S3_PUBLIC_ENDPOINT"]);
    for step in ["write", "range", "resumable upload", "delete"] {
        assert_eq!(report.step("blob store", step)["outcome"], "ok", "{}", report.output);
    }
}

#[test]
fn a_store_that_lets_no_browser_upload_is_warned_of() {
    let server = Server::prepare(Lane::PostgresS3, &[("CORS_ORIGINS", "https://app.example.com")], &[]);
    let report = Report::of(&server);
    let cors = report.step("blob store", "cors");
    assert_eq!(cors["outcome"], "warn", "{}", report.output);
    assert!(cors["detail"].as_str().unwrap().contains("https://app.example.com"), "{cors}");
}

#[tokio::test]
async fn of_the_store_that_blobs_are_moved_from_nothing_is_asked_that_changes_it() {
    let previous = Arc::new(Server::start(Lane::Embedded, &[]));
    let user = Api::of(Arc::clone(&previous)).user().await;
    user.file("a.txt", "text").await;
    previous.stop();
    let kept = all_below(&previous.data());
    let of = |data_dir: &Path| {
        let variables = [("BLOB_STORE_FALLBACK", "disk"), ("FALLBACK_DATA_DIR", data_dir.to_str().unwrap())];
        Report::of(&Server::prepare(Lane::Embedded, &variables, &[]))
    };
    let report = of(&previous.data());
    report.is_well("fallback");
    for step in ["open", "list", "read", "delete"] {
        assert_eq!(report.step("fallback", step)["outcome"], "ok", "{}", report.output);
    }
    assert_eq!(all_below(&previous.data()), kept);

    let elsewhere = previous.home().join("elsewhere");
    let report = of(&elsewhere);
    report.names("fallback", "open", &["BLOB_STORE_FALLBACK=disk", "is not there", "FALLBACK_"]);
    assert_eq!(report.ended("fail"), ["fallback: open"]);
    assert!(!elsewhere.exists());
}

#[test]
fn a_redis_that_is_down_or_hangs_is_named_in_time() {
    let variables = [("REDIS_URL", "redis://:a-secret-word@127.0.0.1:1"), ("RATE_LIMITS", "1")];
    let server = Server::prepare(Lane::Embedded, &variables, &[]);
    let report = Report::of(&server);
    report.names("redis", "connect", &["REDIS_URL"]);
    assert_eq!(report.ended("fail"), ["redis: connect"], "sessions are in the database");
    assert!(!report.output.contains("a-secret-word"), "{}", report.output);

    let redis = RedisServer::start();
    let url = redis.url();
    let server = Server::prepare(Lane::Embedded, &[("REDIS_URL", &url), ("SESSION_STORE", "redis")], &[]);
    server.resume();
    redis.stand_still();
    let started = Instant::now();
    let report = Report::of(&server);
    let took = started.elapsed();
    redis.go_on();
    assert!(took < LIMIT, "{took:?}");
    report.names("redis", "connect", &["no answer within 4s", "REDIS_URL"]);
    assert_eq!(report.ended("fail"), ["sessions: open", "redis: connect"]);
    report.is_well("database");
}

#[test]
fn a_wrong_password_of_redis_is_named() {
    let redis = RedisServer::start();
    let url = redis.url_with("a-wrong-word");
    let server = Server::prepare(Lane::Embedded, &[("REDIS_URL", &url)], &[]);
    let report = Report::of(&server);
    report.names("redis", "connect", &["password in REDIS_URL"]);
    assert!(!report.output.contains("a-wrong-word"), "{}", report.output);
}

#[test]
fn a_right_that_redis_does_not_give_is_named() {
    let redis = RedisServer::start();
    redis.add_user("app", &format!("{REDIS_RIGHTS} -evalsha"));
    let url = redis.url_of("app", "secret");
    let server = Server::prepare(Lane::Embedded, &[("REDIS_URL", &url), ("RATE_LIMITS", "1")], &[]);
    let report = Report::of(&server);
    report.is_well("redis");
    report.names("rate limits", "counter", &["'evalsha'", "EVALSHA", REDIS_RIGHTS]);
}

#[tokio::test]
async fn folders_that_can_not_be_written_are_named() {
    let server = Server::of_an_ordinary_account();
    server.resume();
    server.stop();
    let blobs = server.data().join("blobs");
    fs::set_permissions(&blobs, Permissions::from_mode(0o500)).unwrap();
    let report = Report::of(&server);
    fs::set_permissions(&blobs, Permissions::from_mode(0o700)).unwrap();
    report.names("blob store", "folder", &["Permission denied", blobs.to_str().unwrap(), "chown"]);
    report.is_well("database");
    fs::set_permissions(server.data(), Permissions::from_mode(0o500)).unwrap();
    let report = Report::of(&server);
    fs::set_permissions(server.data(), Permissions::from_mode(0o700)).unwrap();
    report.names("database", "folder", &["Permission denied", "chown"]);
}

#[test]
fn a_damaged_sqlite_file_is_named() {
    let server = Server::prepare(Lane::Embedded, &[], &[]);
    server.resume();
    server.stop();
    let file = server.data().join("file-manager.db");
    let mut bytes = fs::read(&file).unwrap();
    // A leaf of an index: the header and the schema, whose pages are those of a table, stay.
    let leaf = bytes.chunks_mut(4_096).rfind(|page| page[0] == 0x0a).unwrap();
    leaf.fill(0x5a);
    fs::write(&file, bytes).unwrap();
    let report = Report::of(&server);
    report.names("database", "integrity", &["restore the file from a backup"]);
}

#[test]
fn settings_that_do_not_fit_each_other_are_named() {
    let variables = [("PUBLIC_URL", "http://files.example.com"), ("IS_DEBUG", "1")];
    let server = Server::prepare(Lane::Embedded, &variables, &[]);
    let report = Report::of(&server);
    report.names("configuration", "cookies", &["COOKIE_SECURE", "PUBLIC_URL"]);
    assert_eq!(report.step("configuration", "debug")["outcome"], "warn");
    let unread = Server::prepare(Lane::Embedded, &[("PORT", "seventy")], &[]).run(&["doctor"]);
    assert_eq!(unread.code, Some(2), "{}", unread.output);
}
