//! A PostgreSQL of a test's own, which can be killed and started again, and loses nothing by that.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::account::Account;
use crate::database;
use crate::process::{send, wait, watchdog};

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
    programs: PathBuf,
    libraries: String,
    account: Account,
    home: TempDir,
    port: u16,
    running: Mutex<Option<[Child; 2]>>,
}

impl Cluster {
    /// Makes one and starts it.
    pub(crate) fn start() -> Self {
        let programs = std::env::var_os("TEST_POSTGRES_BIN").map(PathBuf::from).expect(
            "TEST_POSTGRES_BIN is not set: run scripts/test or scripts/with-services, which finds PostgreSQL",
        );
        let account = Account::ordinary();
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr()).unwrap().port();
        let cluster = Self {
            programs,
            libraries: std::env::var("TEST_POSTGRES_LIBRARIES").unwrap_or_default(),
            account,
            home: account.home(),
            port,
            running: Mutex::new(None),
        };
        std::fs::set_permissions(cluster.home.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let made = cluster
            .command("initdb")
            .args([
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--pgdata",
            ])
            .arg(cluster.data())
            .output()
            .expect("initdb starts");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        cluster.come_back();
        cluster
    }

    /// Ends it as a failure would (`pg_ctl stop -m immediate`): what it acknowledged must be found in its log.
    pub(crate) fn crash(&self) {
        let [mut server, mut watchdog] = self.running.lock().unwrap().take().expect("PostgreSQL runs");
        send("QUIT", server.id());
        assert!(wait(&mut server, Duration::from_secs(30)).is_some(), "PostgreSQL ends at once");
        drop(watchdog.kill());
        drop(watchdog.wait());
    }

    /// Starts it again, and waits until it has recovered.
    pub(crate) fn come_back(&self) {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string());
        for (name, value) in SETTINGS {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let log = self.home.path().join("log");
        let log = std::fs::File::options().create(true).append(true).open(&log).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let mut server = command.spawn().expect("postgres starts");
        let watchdog = watchdog(server.id(), "KILL");
        let started = Instant::now();
        while let Err(error) = database::execute(&self.url(), "SELECT 1") {
            let ended = server.try_wait().unwrap();
            assert!(
                ended.is_none() && started.elapsed() < Duration::from_mins(1),
                "PostgreSQL does not start ({error}):\n{}",
                std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        *self.running.lock().unwrap() = Some([server, watchdog]);
    }

    /// A superuser's URL.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(Path::new("/")).stdin(Stdio::null());
        if !self.libraries.is_empty() {
            command.env("LD_LIBRARY_PATH", &self.libraries);
        }
        self.account.run(&mut command);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some([mut server, mut watchdog]) = self.running.get_mut().ok().and_then(Option::take) {
            // Its children see that it is gone and go too, but not before the folder does.
            send("QUIT", server.id());
            wait(&mut server, Duration::from_secs(10));
            for child in [&mut server, &mut watchdog] {
                drop(child.kill());
                drop(child.wait());
            }
        }
    }
}
