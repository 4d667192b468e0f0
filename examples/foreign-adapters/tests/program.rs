//! The program as a process: it serves, sweeps and verifies on the foreign adapters.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

const BYTES: &[u8] = b"bytes on a foreign store";

/// The program with its data in `home`, and no variable of the machine.
fn program(home: &Path, command: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_foreign-file-manager"));
    program.args(command).env_clear().current_dir(home).stdin(Stdio::null());
    program.envs([
        ("BLOB_STORE", "opendal"),
        ("OPENDAL_ROOT", "foreign-blobs"),
        ("SESSION_STORE", "folder"),
        ("SESSIONS_DIR", "foreign-sessions"),
        ("RESUMABLE_UPLOADS", "0"),
        ("DIRECT_UPLOADS", "0"),
        ("PORT", "0"),
        ("ARGON2_MEMORY_KIB", "8"),
        ("ARGON2_ITERATIONS", "1"),
        ("LOG_FORMAT", "json"),
    ]);
    program
}

fn run(home: &Path, command: &[&str]) -> Output {
    program(home, command).output().unwrap()
}

/// A server that ends with the test.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(home: &Path) -> Self {
        let mut child = program(home, &["serve"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.by_ref().find_map(|line| {
            let line: Value = serde_json::from_str(&line.unwrap()).ok()?;
            (line["message"] == "listening").then(|| line["address"].as_str().unwrap().to_owned())
        });
        // Reads on, so that the program never waits for its log.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: format!("http://{}", address.unwrap()) }
    }

    /// Asks it to stop, and waits until it has.
    fn stop(mut self) {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn it_serves_sweeps_and_verifies_on_foreign_adapters() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(home.path());
    let client = reqwest::Client::new();
    let account = json!({"email": "ada@example.com", "password": "correct horse battery"});
    let registered =
        client.post(format!("{}/v1/auth/register", server.url)).json(&account).send().await.unwrap();
    assert_eq!(registered.status(), 201);
    let logged_in = client.post(format!("{}/v1/auth/login", server.url)).json(&account).send().await.unwrap();
    assert_eq!(logged_in.status(), 200);
    let tokens: Value = logged_in.json().await.unwrap();
    let token = tokens["access_token"].as_str().unwrap();
    let upload = client.post(format!("{}/v1/files?name=hello.txt", server.url)).bearer_auth(token);
    let uploaded = upload.header("Content-Type", "text/plain").body(BYTES).send().await.unwrap();
    assert_eq!(uploaded.status(), 201);
    let file: Value = uploaded.json().await.unwrap();
    let content = format!("{}/v1/files/{}/content", server.url, file["id"].as_str().unwrap());
    let downloaded = client.get(content).bearer_auth(token).send().await.unwrap();
    assert_eq!(downloaded.status(), 200);
    assert_eq!(downloaded.bytes().await.unwrap(), BYTES);

    // Both stores were used, and ours was not opened.
    assert_eq!(files(&home.path().join("foreign-blobs/files")), 1);
    assert!(
        home.path()
            .join("foreign-sessions")
            .read_dir()
            .unwrap()
            .any(|entry| { entry.unwrap().path().extension().is_some_and(|extension| extension == "json") })
    );
    assert!(!home.path().join("data/blobs").exists());

    // Beside the server and without it, the commands see the same stores.
    let verified = run(home.path(), &["verify", "--rehash", "--json"]);
    let told = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success(), "{told}");
    let summary: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(summary["summary"]["listed"], 1, "{told}");
    assert_eq!(summary["summary"]["files"], 1, "{told}");
    server.stop();

    // A blob that no row knows is found by `verify`, and removed by `sweep`.
    let orphan = home.path().join("foreign-blobs/files/01890000-0000-7000-8000-000000000000");
    std::fs::write(&orphan, "no row knows me").unwrap();
    let verified = run(home.path(), &["verify", "--min-age", "0", "--json"]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(String::from_utf8(verified.stdout).unwrap().contains("01890000-0000-7000-8000-000000000000"));
    let swept = run(home.path(), &["sweep", "--orphans", "--min-age", "0"]);
    assert!(swept.status.success(), "{swept:?}");
    assert!(!orphan.exists());
    assert_eq!(files(&home.path().join("foreign-blobs/files")), 1);
    assert!(run(home.path(), &["sweep"]).status.success());
}

#[test]
fn a_store_without_parts_refuses_resumable_uploads_and_says_what_to_set() {
    let home = tempfile::tempdir().unwrap();
    let refused = program(home.path(), &["serve"]).env("RESUMABLE_UPLOADS", "1").output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("RESUMABLE_UPLOADS=1 with BLOB_STORE=opendal"), "{told}");
    assert!(told.contains("set RESUMABLE_UPLOADS=0"), "{told}");
}

#[test]
fn a_missing_setting_of_a_foreign_adapter_is_a_fault_of_the_configuration() {
    let home = tempfile::tempdir().unwrap();
    let refused = program(home.path(), &["jobs", "list"]).env("OPENDAL_ROOT", "").env("PORT", "x").output();
    let refused = refused.unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("OPENDAL_ROOT: is required with BLOB_STORE=opendal"), "{told}");
    assert!(told.contains("PORT"), "{told}");
}
