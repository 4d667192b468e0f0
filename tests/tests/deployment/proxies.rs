//! nginx and Caddy with the configurations of `deploy`, before a server: what clients and operators rely on.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fm_api_types::File;
use fm_e2e::raw::Connection;
use fm_e2e::{
    Answer, Api, Lane, PROXY_CLIENT, ProxyKind, Request, Server, ShippedProxy, eventually, noise, sha256_hex,
    unique,
};
use serde_json::{Value, json};

const PUBLIC: &str = "https://files.example.com";
const MIB: usize = 1024 * 1024;
const PASSWORD: &str = "correct horse battery";

/// A server that is told of the proxy before it, as the configurations say.
struct Site {
    api: Api,
    proxy: ShippedProxy,
}

impl Site {
    async fn start(kind: ProxyKind) -> Self {
        let limit = (6 * MIB).to_string();
        let variables =
            [("PUBLIC_URL", PUBLIC), ("TRUSTED_PROXIES", "127.0.0.1"), ("MAX_UPLOAD_BYTES", limit.as_str())];
        let server = Arc::new(Server::start(Lane::Embedded, &variables));
        let proxy = ShippedProxy::before(&server, kind).await;
        Self { api: Api::of(server), proxy }
    }

    /// The URL of a path, or of a URL that a client was given, by way of the proxy.
    fn url(&self, given: &str) -> String {
        format!("{}{}", self.proxy.base(), given.strip_prefix(PUBLIC).unwrap_or(given))
    }

    fn get(&self, given: &str) -> Request {
        self.api.get(&self.url(given))
    }

    fn post(&self, given: &str) -> Request {
        self.api.post(&self.url(given))
    }

    /// Logs a new user in; the answer to it.
    async fn login(&self, fields: &[(&str, &str)]) -> Answer {
        let body = json!({"email": format!("{}@example.com", unique("proxied")), "password": PASSWORD});
        self.post("/v1/auth/register").json(&body).send().await.expect(201);
        let request = self.post("/v1/auth/login").json(&body);
        fields
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value))
            .send()
            .await
            .expect(200)
    }

    /// `Authorization` of a new user.
    async fn bearer(&self) -> String {
        format!("Bearer {}", self.login(&[]).await.json()["access_token"].as_str().unwrap())
    }

    async fn upload(&self, bearer: &str, name: &str, content: &[u8]) -> Answer {
        let pieces = content.chunks(MIB / 4).map(Bytes::copy_from_slice).collect();
        let request = self.post("/v1/files").query(&[("name", name)]).header("authorization", bearer);
        request.header("content-type", "application/octet-stream").chunked(pieces).send().await
    }

    /// Begins an upload of tus; its path.
    async fn begin(&self, bearer: &str, length: usize) -> String {
        let request =
            self.post("/v1/uploads").header("authorization", bearer).header("tus-resumable", "1.0.0");
        let request = request.header("upload-length", &length.to_string());
        request.header("upload-metadata", "filename YS5iaW4=").send().await.expect(201).field("location")
    }

    async fn offset(&self, bearer: &str, path: &str) -> usize {
        let request = self.api.head(&self.url(path)).header("authorization", bearer);
        let answer = request.header("tus-resumable", "1.0.0").send().await.expect(200);
        answer.field("upload-offset").parse().unwrap()
    }
}

async fn a_browser_logs_in_by_secure_cookies_and_over_tls_alone(site: Site) {
    let login = site.login(&[]).await;
    assert_eq!(login.field("strict-transport-security"), "max-age=31536000; includeSubDomains");
    let (token, attributes) = login.cookie("__Host-access_token").expect("the cookie of the access token");
    assert!(attributes.iter().any(|attribute| attribute == "secure"), "{attributes:?}");
    let cookie = format!("__Host-access_token={token}");
    site.get("/v1/auth/me").header("cookie", &cookie).send().await.expect(200);
    site.get("/v1/auth/me").send().await.unauthenticated();
    let plain = format!("{}/v1/auth/me", site.proxy.plain_base());
    let refused = site.api.get(&plain).header("cookie", &cookie).send().await.expect(403);
    assert!(refused.header("location").is_none(), "{refused:?}");
}

async fn bytes_come_and_go_whole_and_in_ranges(site: Site) {
    let bearer = site.bearer().await;
    let content = noise(5 * MIB + 123);
    let file: File = site.upload(&bearer, "a.bin", &content).await.expect(201).parse();
    assert_eq!(file.sha256, Some(sha256_hex(&content)));
    let link = file.download.url.expose();
    assert!(link.starts_with(&format!("{PUBLIC}/v1/blobs/")), "clients come back by the proxy");
    let whole = site.get(link).send().await.expect(200);
    assert!(whole.body == content, "the bytes are those that were sent");
    assert!(whole.field("cache-control").starts_with("private"), "{whole:?}");
    let part = site.get(link).header("range", "bytes=1000000-1999999").send().await.expect(206);
    assert_eq!(part.field("content-range"), format!("bytes 1000000-1999999/{}", content.len()));
    assert!(part.body == content[1_000_000..2_000_000]);
    let redirect = site.get(&format!("/v1/files/{}/content", file.id)).header("authorization", &bearer);
    let redirect = redirect.send().await.expect(302);
    assert_eq!(redirect.field("cache-control"), "private, no-store");
    assert!(site.get(&redirect.field("location")).send().await.expect(200).body == content);
    assert_eq!(site.proxy.temporary_files(), Vec::<std::path::PathBuf>::new());
}

async fn a_resumable_upload_comes_in_pieces(site: Site) {
    let bearer = site.bearer().await;
    let content = Bytes::from(noise(3 * MIB));
    let path = site.begin(&bearer, content.len()).await;
    assert!(path.starts_with("/v1/uploads/"), "{path}");
    let mut id = None;
    for (offset, end) in [(0, 2 * MIB), (2 * MIB, 3 * MIB)] {
        assert_eq!(site.offset(&bearer, &path).await, offset);
        let request = site.api.patch(&site.url(&path)).header("authorization", &bearer);
        let request = request.header("tus-resumable", "1.0.0").header("upload-offset", &offset.to_string());
        let request = request.header("content-type", "application/offset+octet-stream");
        let answer = request.body(content.slice(offset..end)).send().await.expect(204);
        assert_eq!(answer.field("upload-offset"), end.to_string());
        id = answer.header("x-file-id").map(ToOwned::to_owned);
    }
    let path = format!("/v1/files/{}", id.expect("the last piece tells the file"));
    let file: File = site.get(&path).header("authorization", &bearer).send().await.expect(200).parse();
    assert_eq!(file.sha256, Some(sha256_hex(&content)));
}

/// A proxy that takes a request in wholly before it passes it on would keep its bytes to itself, in a file, and lose them.
async fn a_slow_upload_is_passed_on_as_it_comes(site: Site) {
    const SENT: usize = 3 * MIB;
    let bearer = site.bearer().await;
    let path = site.begin(&bearer, 5 * MIB).await;
    let mut connection = Connection::at(site.proxy.address()).await;
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: files.example.com\r\nAuthorization: {bearer}\r\nTus-Resumable: 1.0.0\r\n\
         Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nContent-Length: {}\r\n\r\n",
        5 * MIB
    );
    assert!(connection.send(head).await);
    for piece in noise(SENT).chunks(MIB / 2) {
        assert!(connection.send(piece).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(site.proxy.temporary_files(), Vec::<std::path::PathBuf>::new());
    connection.reset();
    eventually("what arrived is kept", async || {
        let offset = site.offset(&bearer, &path).await;
        assert!(offset <= SENT, "{offset}");
        // What is in buffers on its way is lost with the connection.
        (offset >= SENT - MIB).then_some(())
    })
    .await;
}

async fn the_address_of_a_client_is_the_one_that_the_proxy_sees(site: Site) {
    let made_up = [
        ("x-forwarded-for", "203.0.113.9"),
        ("forwarded", "for=203.0.113.9;proto=http"),
        ("x-forwarded-proto", "http"),
        ("x-real-ip", "203.0.113.9"),
    ];
    for fields in [&made_up[..], &made_up[..1], &made_up[1..2], &[]] {
        let login = site.login(fields).await.json();
        let bearer = format!("Bearer {}", login["access_token"].as_str().unwrap());
        let sessions =
            site.get("/v1/auth/sessions").header("authorization", &bearer).send().await.expect(200);
        let sessions: Value = sessions.json();
        assert_eq!(sessions["items"][0]["ip"], PROXY_CLIENT.to_string(), "{fields:?}");
    }
}

async fn no_log_of_the_proxy_shows_a_secret(site: Site) {
    let login = site.login(&[]).await;
    let token = login.json()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let file: File = site.upload(&bearer, "a.txt", b"text").await.expect(201).parse();
    let link = file.download.url.expose();
    site.get(link).header("referer", &format!("{PUBLIC}/?{token}")).send().await.expect(200);
    let redirect = site.get(&format!("/v1/files/{}/content", file.id)).header("authorization", &bearer);
    let redirect = redirect.send().await.expect(302).field("location");
    let begun = site.post("/v1/direct-uploads").header("authorization", &bearer);
    let begun = begun.json(&json!({"name": "b.bin", "size": 5})).send().await.expect(201).json();
    let part = begun["parts"][0]["url"].as_str().unwrap().to_owned();
    site.api.put(&site.url(&part)).body("hello").send().await.expect(200);
    // What goes wrong is logged elsewhere than what goes well.
    site.api.server.stop();
    assert_eq!(site.get(link).send().await.status, 502);
    assert_eq!(site.api.put(&site.url(&part)).body("hello").send().await.status, 502);
    let (path, _) = link.strip_prefix(PUBLIC).unwrap().split_once('?').unwrap();
    let logs = eventually("requests are logged", async || {
        let logs = site.proxy.logs();
        (logs.contains(path) && logs.contains("502")).then_some(logs)
    })
    .await;
    assert!(logs.contains(&PROXY_CLIENT.to_string()), "{logs}");
    for url in [link, &redirect, &part] {
        let (_, query) = url.split_once('?').unwrap();
        let (_, signature) = query.split_once('=').unwrap();
        assert!(signature.len() > 20, "{query}");
        assert!(!logs.contains(signature), "a signature is logged: {logs}");
    }
    for secret in [&token, PASSWORD] {
        assert!(!logs.contains(secret), "a secret is logged");
    }
}

async fn the_limits_are_the_programs(site: Site) {
    let bearer = site.bearer().await;
    site.upload(&bearer, "a.bin", &noise(6 * MIB)).await.expect(201);
    site.upload(&bearer, "a.bin", &noise(7 * MIB)).await.problem(413, "payload_too_large");
    let request = site.post("/v1/files").query(&[("name", "a.bin")]).header("authorization", &bearer);
    let declared = request.header("content-type", "application/octet-stream").body(noise(7 * MIB));
    declared.send().await.problem(413, "payload_too_large");
    let field = "a".repeat(40 * 1024);
    let long = site.get("/v1/auth/me").header("authorization", &bearer).header("x-a", &field);
    long.send().await.expect(200);
    let mut longer = site.get("/v1/auth/me").header("authorization", &bearer);
    for name in ["x-a", "x-b", "x-c", "x-d"] {
        longer = longer.header(name, &field);
    }
    longer.send().await.problem(431, "header_fields_too_large");
}

macro_rules! behind_every_proxy {
    ($($name:ident),+ $(,)?) => {
        mod nginx {
            $(#[tokio::test] async fn $name() {
                super::$name(super::Site::start(fm_e2e::ProxyKind::Nginx).await).await;
            })+
        }
        mod caddy {
            $(#[tokio::test] async fn $name() {
                super::$name(super::Site::start(fm_e2e::ProxyKind::Caddy).await).await;
            })+
        }
    };
}

behind_every_proxy![
    a_browser_logs_in_by_secure_cookies_and_over_tls_alone,
    bytes_come_and_go_whole_and_in_ranges,
    a_resumable_upload_comes_in_pieces,
    a_slow_upload_is_passed_on_as_it_comes,
    the_address_of_a_client_is_the_one_that_the_proxy_sees,
    no_log_of_the_proxy_shows_a_secret,
    the_limits_are_the_programs,
];
