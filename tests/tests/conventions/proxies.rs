//! Behind a proxy: below a path, compressed, with a password of its own.

use std::sync::Arc;

use fm_api_types::File;
use fm_e2e::{Answer, Api, Front, Lane, Nginx, Server, unique};
use serde_json::{Value, json};

const PATH: &str = "/apps/files";
const PUBLIC: &str = "https://files.example/apps/files";

/// A server whose clients know it by [`PUBLIC`], and nginx before it.
struct Site {
    api: Api,
    nginx: Nginx,
}

impl Site {
    fn start(front: &Front<'_>) -> Self {
        let server = Arc::new(Server::start(Lane::Embedded, &[("PUBLIC_URL", PUBLIC)]));
        let nginx = Nginx::with(&[&server], front);
        Self { api: Api::of(server), nginx }
    }

    /// The URL of a path or a URL that a client was given, as a client of nginx reaches it.
    fn url(&self, given: &str) -> String {
        format!("{}{}", self.nginx.base(), given.strip_prefix("https://files.example").unwrap_or(given))
    }

    /// The answer to a login of a new user.
    async fn login(&self, headers: &[(&str, &str)]) -> Answer {
        let email = format!("{}@example.com", unique("proxied"));
        let body = json!({"email": email, "password": "correct horse"});
        for (path, status) in [("register", 201), ("login", 200)] {
            let mut request = self.api.post(&self.url(&format!("{PATH}/v1/auth/{path}"))).json(&body);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let answer = request.send().await.expect(status);
            if path == "login" {
                return answer;
            }
        }
        unreachable!("the last request is the login")
    }
}

/// The cookies of an answer that a browser would send to this path (RFC 6265, section 5.1.4).
fn cookies_for(answer: &Answer, path: &str) -> String {
    let mut cookies = Vec::new();
    for name in ["__Host-access_token", "__Secure-refresh_token"] {
        let (value, attributes) = answer.cookie(name).expect(name);
        let below = attributes.iter().find_map(|attribute| attribute.strip_prefix("path=")).expect("a path");
        let below = below.trim_end_matches('/');
        if path.strip_prefix(below).is_some_and(|rest| rest.starts_with('/')) {
            cookies.push(format!("{name}={value}"));
        }
    }
    cookies.join("; ")
}

#[tokio::test]
async fn a_browser_stays_logged_in_below_a_path() {
    let site = Site::start(&Front { path: PATH, ..Front::default() });
    let login = site.login(&[]).await;
    let refresh = format!("{PATH}/v1/auth/refresh");
    assert!(!cookies_for(&login, &format!("{PATH}/v1/files")).contains("__Secure-refresh_token"));
    let cookies = cookies_for(&login, &refresh);
    assert!(cookies.contains("__Secure-refresh_token"), "{cookies}");
    let renewed = site.api.post(&site.url(&refresh)).header("cookie", &cookies).send().await.expect(200);
    let logout = format!("{PATH}/v1/auth/logout");
    let cookies = cookies_for(&renewed, &logout);
    let out = site.api.post(&site.url(&logout)).header("cookie", &cookies).send().await.expect(204);
    assert_eq!(out.cookie("__Secure-refresh_token").expect("it is cleared").0, "");
    let me = site.api.get(&site.url(&format!("{PATH}/v1/auth/me"))).header("cookie", &cookies);
    me.send().await.unauthenticated();
}

#[tokio::test]
async fn locations_and_links_lead_back_through_the_proxy() {
    let site = Site::start(&Front { path: PATH, compresses: true, ..Front::default() });
    let access = site.login(&[]).await.json()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {access}");
    let begun = site
        .api
        .post(&site.url(&format!("{PATH}/v1/uploads")))
        .header("authorization", &bearer)
        .header("tus-resumable", "1.0.0")
        .header("upload-length", "5")
        .header("upload-metadata", "filename YS50eHQ=")
        .send()
        .await
        .expect(201);
    let location = begun.field("location");
    let sent = site
        .api
        .patch(&site.url(&location))
        .header("authorization", &bearer)
        .header("tus-resumable", "1.0.0")
        .header("upload-offset", "0")
        .header("content-type", "application/offset+octet-stream")
        .body("hello")
        .send()
        .await
        .expect(204);
    let path = format!("{PATH}/v1/files/{}", sent.field("x-file-id"));
    let file: File =
        site.api.get(&site.url(&path)).header("authorization", &bearer).send().await.expect(200).parse();
    let link = file.download.url.expose();
    assert!(link.starts_with(&format!("{PUBLIC}/v1/blobs/")), "{link}");
    assert_eq!(site.api.get(&site.url(link)).send().await.expect(200).text(), "hello");
    let created = site
        .api
        .post(&site.url(&format!("{PATH}/v1/files")))
        .query(&[("name", "b.txt")])
        .header("authorization", &bearer)
        .header("content-type", "text/plain")
        .body("text")
        .send()
        .await
        .expect(201);
    let request = site.api.get(&site.url(&created.field("location"))).header("authorization", &bearer);
    assert_eq!(request.send().await.expect(200).json()["name"], "b.txt");
}

#[tokio::test]
async fn a_tag_that_the_proxy_made_weak_binds_an_edit() {
    let site = Site::start(&Front { path: PATH, compresses: true, ..Front::default() });
    let access = site.login(&[]).await.json()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {access}");
    let upload = site.api.post(&site.url(&format!("{PATH}/v1/files"))).query(&[("name", "a.txt")]);
    let upload = upload.header("authorization", &bearer).header("content-type", "text/plain").body("text");
    let file: Value = upload.send().await.expect(201).json();
    let url = site.url(&format!("{PATH}/v1/files/{}", file["id"].as_str().unwrap()));
    let shown = site.api.get(&url).header("authorization", &bearer).header("accept-encoding", "gzip");
    let shown = shown.send().await.expect(200);
    assert_eq!(shown.field("content-encoding"), "gzip");
    let tag = shown.field("etag");
    assert!(tag.starts_with("W/\"r1-"), "nginx made it weak: {tag}");
    let current = site.api.get(&url).header("authorization", &bearer).header("if-none-match", &tag);
    current.send().await.expect(304);
    let rename = async || {
        let request = site.api.patch(&url).header("authorization", &bearer).header("if-match", &tag);
        request.json(&json!({"name": "b.txt"})).send().await
    };
    assert_eq!(rename().await.expect(200).json()["name"], "b.txt");
    assert_eq!(rename().await.status, 412);
}

#[tokio::test]
async fn a_password_of_the_proxy_is_not_taken_for_ours() {
    let front = Front { path: PATH, password: Some(("team", "open sesame")), ..Front::default() };
    let site = Site::start(&front);
    // `team:open sesame`
    let basic = ("authorization", "Basic dGVhbTpvcGVuIHNlc2FtZQ==");
    let login = site.login(&[basic]).await;
    let url = site.url(&format!("{PATH}/v1/auth/me"));
    assert!(site.api.get(&url).send().await.expect(401).field("www-authenticate").starts_with("Basic"));
    site.api.get(&url).header(basic.0, basic.1).send().await.unauthenticated();
    let cookies = cookies_for(&login, &format!("{PATH}/v1/auth/me"));
    let me = site.api.get(&url).header(basic.0, basic.1).header("cookie", &cookies);
    me.send().await.expect(200);
}
