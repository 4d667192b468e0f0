//! A connection pooler before PostgreSQL.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use reqwest::Url;
use tempfile::TempDir;

use super::account::Account;
use super::tool;
use crate::ports;
use crate::process::{Ending, Process, Tool};

/// A running PgBouncer, which ends with this.
pub struct PgBouncer {
    port: u16,
    _running: Process,
    _home: TempDir,
}

impl PgBouncer {
    /// Starts the program of `TEST_PGBOUNCER` before the server of this URL. `mode` is its `pool_mode`, `settings` are more
    /// lines of its file.
    pub fn before(url: &str, mode: &str, settings: &[&str]) -> Self {
        let server = Url::parse(url).expect("DATABASE_URL is a URL");
        let account = Account::ordinary();
        let home = account.home();
        let (port, users, file) =
            (ports::free_port().unwrap(), home.path().join("users"), home.path().join("pgbouncer.ini"));
        let mut text = format!(
            "[databases]\n* = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = {mode}\n",
            server.host_str().expect("DATABASE_URL has a host"),
            server.port().unwrap_or(5432),
            users.display(),
        );
        for setting in settings {
            writeln!(text, "{setting}").unwrap();
        }
        let password = server.password().unwrap_or_default();
        fs::write(&users, format!("\"{}\" \"{password}\"\n", server.username())).unwrap();
        fs::write(&file, text).unwrap();
        for path in [&users, &file] {
            account.give(path);
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let libraries = std::env::var("TEST_PGBOUNCER_LIBRARIES").unwrap_or_default();
        let mut command = Tool { program: tool("TEST_PGBOUNCER"), libraries }.command();
        command.arg(&file).current_dir("/");
        account.run(&mut command);
        let mut running = Process::start(&mut command, Ending::Kill).expect("PgBouncer starts");
        ports::wait_for(&mut running, ports::local(port)).expect("PgBouncer listens");
        Self { port, _running: running, _home: home }
    }

    /// This URL by way of the pooler.
    pub fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).expect("DATABASE_URL is a URL");
        url.set_ip_host(ports::local(self.port).ip()).expect("the URL has a host");
        url.set_port(Some(self.port)).expect("the URL has a port");
        url.to_string()
    }
}
