//! The program as a process: every command works on the foreign adapters.
#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is a failure")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

const BYTES: &[u8] = b"bytes on a foreign store";

/// The program with its data in `home`, sessions in a folder, and no variable of the machine.
fn program(home: &Path, command: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_foreign-file-manager"));
    program.args(command).env_clear().current_dir(home).stdin(Stdio::null());
    program.envs([
        ("BLOB_STORE", "opendal"),
        ("OPENDAL_ROOT", "foreign-blobs"),
        ("SESSION_STORE", "folder"),
        ("SESSIONS_DIR", "foreign-sessions"),
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
    fn start(mut serve: Command) -> Self {
        let mut child = serve.stderr(Stdio::piped()).spawn().unwrap();
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

/// A client of one user.
struct User {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl User {
    /// Registers and logs in.
    async fn of(server: &Server) -> Self {
        let (client, url) = (reqwest::Client::new(), server.url.clone());
        let account = json!({"email": "ada@example.com", "password": "correct horse battery"});
        let registered = client.post(format!("{url}/v1/auth/register")).json(&account).send().await.unwrap();
        assert_eq!(registered.status(), 201);
        let logged_in = client.post(format!("{url}/v1/auth/login")).json(&account).send().await.unwrap();
        assert_eq!(logged_in.status(), 200);
        let tokens: Value = logged_in.json().await.unwrap();
        Self { client, url, token: tokens["access_token"].as_str().unwrap().to_owned() }
    }

    /// A request to a path of the API, or to a whole URL.
    fn request(&self, method: &str, to: &str) -> RequestBuilder {
        let url = if to.starts_with("http") { to.to_owned() } else { format!("{}{to}", self.url) };
        self.client.request(method.parse().unwrap(), url).bearer_auth(&self.token)
    }

    async fn download(&self, file: &str) -> Vec<u8> {
        let response = self.request("GET", &format!("/v1/files/{file}/content")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.bytes().await.unwrap().to_vec()
    }

    /// Uploads in one request; the id of the file.
    async fn upload(&self, bytes: &'static [u8]) -> String {
        let upload = self.request("POST", "/v1/files?name=hello.txt").header("Content-Type", "text/plain");
        let uploaded = upload.body(bytes).send().await.unwrap();
        assert_eq!(uploaded.status(), 201);
        text(&uploaded.json().await.unwrap(), "id")
    }

    fn tus(&self, method: &str, to: &str) -> RequestBuilder {
        self.request(method, to).header("Tus-Resumable", "1.0.0")
    }

    /// How many bytes of an upload the server has.
    async fn offset(&self, upload: &str) -> usize {
        header(&self.tus("HEAD", upload).send().await.unwrap(), "upload-offset").parse().unwrap()
    }

    /// Appends bytes where the server wants them, and says how many more there are than come.
    async fn append(&self, upload: &str, offset: usize, bytes: &[u8]) -> Result<Response, reqwest::Error> {
        let patch = self.tus("PATCH", upload).header("Content-Type", "application/offset+octet-stream");
        patch.header("Upload-Offset", offset).body(bytes.to_vec()).send().await
    }
}

fn header(response: &Response, name: &str) -> String {
    let value = response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    value.unwrap_or_else(|| panic!("{name} is missing: {response:?}"))
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is missing: {value}")).to_owned()
}

/// Bytes that differ, `length` of them.
fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|index| u8::try_from(index * index / 7 % 251).unwrap()).collect()
}

#[tokio::test]
async fn it_serves_sweeps_and_verifies_on_foreign_adapters() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(program(home.path(), &["serve"]));
    let user = User::of(&server).await;
    let file = user.upload(BYTES).await;
    assert_eq!(user.download(&file).await, BYTES);

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

/// Runs a command of it to its end; what it says.
fn ran(home: &Path, command: &[&str]) -> String {
    let output = run(home, command);
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn every_command_works_on_foreign_adapters() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(program(home.path(), &["serve"]));
    let user = User::of(&server).await;

    // A resumable upload in two requests, the first of which the client cuts off.
    let bytes = noise(12 * 1024 * 1024 + 77);
    let create = user.tus("POST", "/v1/uploads").header("Upload-Length", bytes.len());
    let created = create.header("Upload-Metadata", "filename YmlnLmJpbg==").send().await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);
    let upload = header(&created, "location");
    let (sent, received) = (9 * 1024 * 1024 + 5, bytes[..9 * 1024 * 1024 + 5].to_vec());
    let cut = futures_util::stream::iter([Ok(received), Err(std::io::Error::other("the network is gone"))]);
    let patch = user.tus("PATCH", &upload).header("Content-Type", "application/offset+octet-stream");
    let patch = patch.header("Upload-Offset", 0).body(reqwest::Body::wrap_stream(cut));
    assert!(patch.send().await.is_err());
    let mut offset = 0;
    for _attempt in 0..200 {
        offset = user.offset(&upload).await;
        if offset == sent {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(offset > 0 && offset <= sent, "the server has {offset} of the bytes that were sent");
    let rest = user.append(&upload, offset, &bytes[offset..]).await.unwrap();
    assert_eq!(rest.status(), StatusCode::NO_CONTENT);
    let listed: Value = user.request("GET", "/v1/files").send().await.unwrap().json().await.unwrap();
    let file = text(&listed["items"][0], "id");
    assert_eq!(user.download(&file).await, bytes);

    // A direct upload: the program signs the parts, and writes them to the store.
    let wanted = json!({"name": "direct.bin", "size": bytes.len()});
    let begun = user.request("POST", "/v1/direct-uploads").json(&wanted).send().await.unwrap();
    assert_eq!(begun.status(), StatusCode::CREATED);
    let begun: Value = begun.json().await.unwrap();
    let (mut parts, mut offset) = (Vec::new(), 0);
    for part in begun["parts"].as_array().unwrap() {
        let size = usize::try_from(part["size"].as_u64().unwrap()).unwrap();
        let put = user.client.put(text(part, "url")).body(bytes[offset..offset + size].to_vec());
        let sent = put.send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::OK);
        parts.push(json!({"number": part["number"], "etag": header(&sent, "etag")}));
        offset += size;
    }
    assert!(parts.len() > 1 && offset == bytes.len());
    let complete = format!("/v1/direct-uploads/{}/complete", text(&begun, "id"));
    let completed = user.request("POST", &complete).json(&json!({"parts": parts})).send().await.unwrap();
    assert_eq!(completed.status(), StatusCode::CREATED);
    let direct: Value = completed.json().await.unwrap();
    assert_eq!(user.download(&text(&direct, "id")).await, bytes);

    // Beside the server, the commands see the same stores.
    let verified = ran(home.path(), &["verify", "--rehash", "--json"]);
    let summary: Value = serde_json::from_str(verified.lines().last().unwrap()).unwrap();
    assert_eq!(summary["summary"]["files"], 2, "{verified}");
    ran(home.path(), &["sweep", "--orphans", "--min-age", "3600"]);
    ran(home.path(), &["jobs", "list"]);
    assert!(!ran(home.path(), &["migrate", "status"]).is_empty());

    // The session of the login is listed.
    let sessions: Value =
        user.request("GET", "/v1/auth/sessions").send().await.unwrap().json().await.unwrap();
    assert_eq!(sessions["items"].as_array().map(Vec::len), Some(1), "{sessions}");
    server.stop();
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
