//! The program that is measured: `file-manager serve` with a user in it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use fm_testkit::http::{self, Request};
use fm_testkit::process::{Ending, Process};
use fm_testkit::{Outcome, ports};
use serde_json::Value;

use crate::cpu::{Counted, Processes};
use crate::tools::Tools;

/// A running program, and a user who is logged in.
pub(crate) struct Product {
    pub(crate) address: SocketAddr,
    pub(crate) user: User,
    server: Process,
}

/// A user who is logged in.
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
        let port = ports::free_port()?;
        let mut command = command(tools, &home.join("product"), settings)?;
        command.args(arguments).env("PORT", port.to_string()).env("ACCESS_TOKEN_TTL_SECONDS", "86400");
        let log = home.join("product.log");
        let mut server = Process::start_logging_to(&log, &mut command, Ending::Terminate)?;
        let address = ports::local(port);
        wait_until_ready(&mut server, address)?;
        let user = log_in(address, "first@example.org")?;
        Ok(Self { address, user, server })
    }

    /// With a database of PostgreSQL.
    pub(crate) fn on_postgres(url: &str) -> Vec<(&'static str, String)> {
        vec![("DATABASE_URL", url.to_owned())]
    }

    /// Another user, who is logged in too, with a name that none has yet.
    pub(crate) fn another_user(&self, name: &str) -> Outcome<User> {
        log_in(self.address, &format!("{name}@example.org"))
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.server.id()
    }

    /// It and the services that it uses.
    pub(crate) fn processes(&self, services: &[Counted]) -> Processes {
        Processes::new(&[Counted::Tree(self.process_id())], services)
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

/// The product with these settings over its defaults, without arguments yet. It runs in this folder, its data in `data` there.
pub(crate) fn command(tools: &Tools, folder: &Path, settings: &[(&str, String)]) -> Outcome<Command> {
    fs::create_dir_all(folder)?;
    let mut command = Command::new(&tools.product);
    command
        .env_clear()
        .current_dir(folder)
        .env("DATA_DIR", folder.join("data"))
        .env("JWT_SECRET", "a secret of the benchmark, of no importance")
        .env("RATE_LIMITS", "0")
        .envs(settings.iter().map(|(name, value)| (*name, value)));
    Ok(command)
}

/// Where a raw body of this name is sent.
pub(crate) fn upload_path(name: &str) -> String {
    format!("/v1/files?name={name}")
}

fn wait_until_ready(server: &mut Process, address: SocketAddr) -> Outcome<()> {
    let started = Instant::now();
    loop {
        server.check()?;
        let ready = Request { method: "GET", path: "/health/ready", headers: &[], body: b"" };
        if http::send(address, &ready).is_ok_and(|response| response.status == 200) {
            return Ok(());
        }
        if started.elapsed() > Duration::from_secs(30) {
            return Err(format!("the program is not ready after 30 s\n{}", server.output()).into());
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
