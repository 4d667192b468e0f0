//! A PostgreSQL of a test's own, which can be killed and started again, and loses nothing by that.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::account::Account;
use super::database::postgres_at;
use crate::ports;
use crate::postgres::Postgres;
use crate::process::{Ending, Process, Tool, output};

/// What the tests need beside PostgreSQL's own defaults, under which a commit is on the disk before it is answered.
const SETTINGS: [(&str, &str); 6] = [
    ("listen_addresses", "127.0.0.1"),
    ("unix_socket_directories", ""),
    ("fsync", "on"),
    ("synchronous_commit", "on"),
    ("full_page_writes", "on"),
    ("shared_buffers", "16MB"),
];

/// The server. It ends with this.
pub(crate) struct Cluster {
    running: Mutex<Option<Process>>,
    postgres: Postgres,
    account: Account,
    home: TempDir,
    port: u16,
}

impl Cluster {
    /// Makes one and starts it.
    pub(crate) fn start() -> Self {
        assert!(
            std::env::var_os("TEST_POSTGRES_BIN").is_some(),
            "TEST_POSTGRES_BIN is not set: run scripts/test or scripts/with-services, which finds PostgreSQL"
        );
        let account = Account::ordinary();
        let port = ports::free_port().unwrap();
        let cluster = Self {
            running: Mutex::new(None),
            postgres: postgres_at(format!("postgres://postgres@127.0.0.1:{port}/postgres")),
            account,
            home: account.home(),
            port,
        };
        std::fs::set_permissions(cluster.home.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = cluster.command("initdb");
        command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        output(command.arg("--pgdata").arg(cluster.data())).expect("initdb makes the files");
        cluster.come_back();
        cluster
    }

    /// Ends it as a failure would (`pg_ctl stop -m immediate`): what it acknowledged must be found in its log.
    pub(crate) fn crash(&self) {
        let mut server = self.running.lock().unwrap().take().expect("PostgreSQL runs");
        server.signal("QUIT").unwrap();
        let ended = server.ended(Duration::from_secs(30)).unwrap();
        assert!(ended.is_some(), "PostgreSQL ends at once");
    }

    /// Starts it again, and waits until it has recovered.
    pub(crate) fn come_back(&self) {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string());
        for (name, value) in SETTINGS {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let log = self.home.path().join("log");
        let mut server = Process::start_logging_to(&log, &mut command, Ending::Quit).unwrap();
        let started = Instant::now();
        while let Err(error) = self.postgres.maintenance().run("SELECT 1") {
            let ended = server.status().unwrap();
            assert!(
                ended.is_none() && started.elapsed() < Duration::from_mins(1),
                "PostgreSQL does not start ({error}):\n{}",
                server.output()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        *self.running.lock().unwrap() = Some(server);
    }

    /// It as a client sees it.
    pub(crate) fn postgres(&self) -> Postgres {
        self.postgres.clone()
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.postgres.programs.join(program);
        let mut command = Tool { program, libraries: self.postgres.libraries.clone() }.command();
        command.current_dir(Path::new("/"));
        self.account.run(&mut command);
        command
    }
}
