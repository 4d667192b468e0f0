//! The program that is measured: `file-manager serve` with a user in it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Outcome;
use crate::address;
use crate::http::{self, Request};
use crate::process::Server;
use crate::tools::Tools;

/// A running program, and a user who is logged in.
pub(crate) struct Product {
    pub(crate) address: SocketAddr,
    pub(crate) user: User,
    server: Server,
}

/// Somebody who is logged in.
pub(crate) struct User {
    pub(crate) id: String,
    authorization: String,
}

impl User {
    /// The header that proves who asks.
    pub(crate) fn authorization(&self) -> String {
        format!("Authorization: {}", self.authorization)
    }

    /// The same, apart from the name.
    pub(crate) fn bearer(&self) -> (&str, &str) {
        ("Authorization", &self.authorization)
    }

    /// The headers of an upload.
    pub(crate) fn upload_headers(&self) -> [(&str, &str); 2] {
        [("Authorization", &self.authorization), ("Content-Type", "application/octet-stream")]
    }
}

impl Product {
    /// Starts it with these settings over its defaults; logs go to a file, at their default level.
    pub(crate) fn start(tools: &Tools, home: &Path, settings: &[(&str, String)]) -> Outcome<Self> {
        Self::start_as(tools, home, settings, &["serve"])
    }

    /// The same, with other arguments.
    pub(crate) fn start_as(
        tools: &Tools,
        home: &Path,
        settings: &[(&str, String)],
        arguments: &[&str],
    ) -> Outcome<Self> {
        let folder = home.join("product");
        fs::create_dir_all(&folder)?;
        let port = address::free_port()?;
        let mut command = Command::new(&tools.product);
        command
            .args(arguments)
            .env_clear()
            .current_dir(&folder)
            .env("PORT", port.to_string())
            .env("DATA_DIR", folder.join("data"))
            .env("JWT_SECRET", "a secret of the benchmark, of no importance")
            .env("ACCESS_TOKEN_TTL_SECONDS", "86400")
            .env("RATE_LIMITS", "0")
            .envs(settings.iter().map(|(name, value)| (*name, value)));
        let log = home.join("product.log");
        let mut server = Server::start(&mut command, &log)?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if let Err(error) = wait_until_ready(&mut server, address) {
            return Err(format!("{error}\n{}", fs::read_to_string(&log)?).into());
        }
        let user = log_in(address, "first@example.org")?;
        Ok(Self { address, user, server })
    }

    /// With a database of PostgreSQL.
    pub(crate) fn on_postgres(url: &str) -> Vec<(&'static str, String)> {
        vec![("DATABASE_URL", url.to_owned())]
    }

    /// Another user, who is logged in too.
    pub(crate) fn another_user(&self) -> Outcome<User> {
        log_in(self.address, "second@example.org")
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.server.id()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Uploads these bytes as a raw body; the file's JSON.
    pub(crate) fn upload(&self, name: &str, body: &[u8]) -> Outcome<Value> {
        let headers = self.user.upload_headers();
        let path = upload_path(name);
        http::send(self.address, &Request { method: "POST", path: &path, headers: &headers, body })?.json(201)
    }
}

/// Where a raw body of this name is sent.
pub(crate) fn upload_path(name: &str) -> String {
    format!("/v1/files?name={name}")
}

fn wait_until_ready(server: &mut Server, address: SocketAddr) -> Outcome<()> {
    let started = Instant::now();
    loop {
        server.check()?;
        let ready = Request { method: "GET", path: "/health/ready", headers: &[], body: b"" };
        if http::send(address, &ready).is_ok_and(|response| response.status == 200) {
            return Ok(());
        }
        if started.elapsed() > Duration::from_secs(30) {
            return Err("the program is not ready after 30 s".into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Registers and logs in.
fn log_in(address: SocketAddr, email: &str) -> Outcome<User> {
    let credentials = serde_json::json!({"email": email, "password": "correct horse battery"}).to_string();
    let post = |path| {
        let headers = [("Content-Type", "application/json")];
        http::send(
            address,
            &Request { method: "POST", path, headers: &headers, body: credentials.as_bytes() },
        )
    };
    post("/v1/auth/register")?.expect(201)?;
    let pair = post("/v1/auth/login")?.json(200)?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let token = text(&pair["access_token"]).ok_or("no access token")?;
    Ok(User { id: text(&pair["user"]["id"]).ok_or("no user id")?, authorization: format!("Bearer {token}") })
}
