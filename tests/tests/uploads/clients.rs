//! Clients that others wrote: tus-js-client in Node through nginx, Uppy in a browser.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fm_api_types::File;
use fm_e2e::{Api, Lane, Nginx, Page, Server, Site, noise, sha256_hex, tool};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// So many bytes come through nginx.
const LARGE: usize = 200_000_000;
/// How long a client may run, on a machine that is busy with all other tests too.
const CLIENT_TIMEOUT: Duration = Duration::from_mins(3);

/// What a Node script of `tests/clients` prints, as JSON.
async fn node(script: &str, arguments: &[&str]) -> Value {
    let mut command = Command::new(tool("TEST_NODE"));
    command.args(["--input-type=module", "-"]).args(arguments).current_dir(tool("TEST_CLIENTS"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("node starts");
    child.stdin.take().unwrap().write_all(script.as_bytes()).await.unwrap();
    let output = tokio::time::timeout(CLIENT_TIMEOUT, child.wait_with_output())
        .await
        .expect("it ends in time")
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {complaints}", output.status);
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

/// How many pieces this node took.
fn pieces(node: &Server) -> usize {
    node.output().lines().filter(|line| line.contains("PATCH") && line.contains("204")).count()
}

#[tokio::test]
async fn tus_js_client_goes_on_through_nginx_and_two_nodes() {
    let server = Arc::new(Server::start(Lane::PostgresS3, &[]));
    let second = server.second_node();
    let user = Api::of(Arc::clone(&server)).user().await;
    let nginx = Nginx::before(&[&server, &second]);
    let home = tempfile::tempdir().unwrap();
    let (path, storage) = (home.path().join("clip.bin"), home.path().join("urls.json"));
    let content = noise(LARGE);
    let hash = sha256_hex(&content);
    std::fs::write(&path, content).unwrap();

    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let endpoint = format!("{}/v1/uploads", nginx.base());
    let arguments = [endpoint.as_str(), user.access(), &text(&path), &text(&storage)];
    let seen = node(include_str!("../../clients/tus.mjs"), &arguments).await;

    assert_eq!(
        (&seen["aborts"], &seen["resumed"], &seen["resets"]),
        (&3.into(), &3.into(), &4.into()),
        "{seen}"
    );
    assert!(seen["retries"].as_u64().unwrap() >= 4, "each reset was noticed: {seen}");
    assert!(seen["url"].as_str().unwrap().starts_with(&nginx.base()), "{seen}");
    let file = user.get(&format!("/v1/files/{}", seen["file"].as_str().unwrap())).send().await;
    let file: File = file.expect(200).parse();
    assert_eq!((file.sha256.as_deref(), file.size), (Some(&*hash), LARGE as u64));
    assert!(pieces(&server) > 0 && pieces(&second) > 0, "both nodes took part");
    assert_eq!(user.storage().await, (LARGE as u64, 1));
    server.stores_exactly(1).await;
}

/// A file of `tests/clients`' packages.
fn packaged(path: &str) -> Bytes {
    let path = tool("TEST_CLIENTS").join("node_modules").join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into()
}

#[tokio::test]
async fn uppy_uploads_from_a_page_of_another_origin() {
    let content = Bytes::from(noise(20_000_000));
    let site = Site::of([
        ("/", "text/html", Bytes::from_static(include_bytes!("../../clients/uppy.html"))),
        ("/uppy.min.js", "text/javascript", packaged("uppy/dist/uppy.min.js")),
        ("/uppy.min.css", "text/css", packaged("uppy/dist/uppy.min.css")),
        ("/file.bin", "application/octet-stream", content.clone()),
    ])
    .await;
    let api = Api::with(Lane::Embedded, &[("CORS_ORIGINS", &site.origin())]);
    let user = api.user().await;

    let page = Page::open(&format!("{}/", site.origin())).await;
    let endpoint = format!("{}/v1/uploads", api.server.base());
    page.evaluate(&format!("offer({}, {})", Value::from(endpoint), Value::from(user.access()))).await;
    page.shows(".uppy-Dashboard-Item-name", "clip.bin").await;
    page.click(".uppy-StatusBar-actionBtn--upload").await;
    page.shows("#done", "1 uploaded, 0 failed").await;

    assert_eq!(page.errors(), Vec::<String>::new(), "errors in the console");
    let files = user.all(&[]).await;
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!((&*files[0].name, &files[0].sha256), ("clip.bin", &Some(sha256_hex(&content))));
    api.server.stores_exactly(1).await;
}
