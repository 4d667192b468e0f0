//! A PostgreSQL of a test's own, which can be killed and started again, and loses nothing by that; and two of them, one the
//! synchronous standby of the other.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::account::Account;
use super::database::postgres_at;
use crate::postgres::Postgres;
use crate::process::{Ending, Process, Tool, output};
use crate::{AT_LAST, ports};

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
        let cluster = Self::empty();
        let mut command = cluster.command("initdb");
        command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        output(command.arg("--pgdata").arg(cluster.data())).expect("initdb makes the files");
        cluster.come_back();
        cluster
    }

    /// A place for one, without files.
    fn empty() -> Self {
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
        cluster
    }

    /// Makes it the synchronous standby of a primary, in place of what it was: from now on the primary answers no commit that
    /// this one does not have on its disk.
    fn follow(&self, primary: &Self) {
        let started = Instant::now();
        // What served the clients of a killed server may write until it sees that it is alone.
        while let Err(error) = std::fs::remove_dir_all(self.data())
            && self.data().exists()
        {
            assert!(started.elapsed() < AT_LAST, "the old files can't be removed: {error}");
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut command = self.command("pg_basebackup");
        command.args(["-h", "127.0.0.1", "-U", "postgres", "-X", "stream", "-c", "fast", "-R", "--no-sync"]);
        command.arg("-p").arg(primary.port.to_string()).arg("-D").arg(self.data());
        output(&mut command).expect("pg_basebackup copies the files");
        self.come_back();
        self.sets_synchronous_standbys("");
        primary.sets_synchronous_standbys("*");
        let started = Instant::now();
        let question = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        while primary.ask(question) != "1" {
            assert!(started.elapsed() < AT_LAST, "the standby does not follow");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Makes a standby the primary, which waits for no standby.
    fn promote(&self) {
        assert_eq!(self.ask("SELECT pg_promote(true, 60)"), "t", "the standby becomes the primary");
    }

    fn sets_synchronous_standbys(&self, names: &str) {
        self.ask(&format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'"));
        self.ask("SELECT pg_reload_conf()");
    }

    fn ask(&self, question: &str) -> String {
        self.postgres.maintenance().run(question).expect("PostgreSQL answers")
    }

    /// Ends it without a word to its clients or its standby (SIGKILL).
    fn kill(&self) {
        let mut server = self.running.lock().unwrap().take().expect("PostgreSQL runs");
        server.signal("KILL").unwrap();
        let ended = server.ended(AT_LAST).unwrap();
        assert!(ended.is_some(), "SIGKILL ends it");
    }

    /// Ends it as a failure would (`pg_ctl stop -m immediate`): what it acknowledged must be found in its log.
    pub(crate) fn crash(&self) {
        let mut server = self.running.lock().unwrap().take().expect("PostgreSQL runs");
        server.signal("QUIT").unwrap();
        let ended = server.ended(AT_LAST).unwrap();
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
                ended.is_none() && started.elapsed() < AT_LAST,
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

/// A primary and its synchronous standby, which takes its place when it is killed. They end with this.
pub(crate) struct Pair {
    members: [Cluster; 2],
    /// Which of them is the primary.
    primary: Mutex<usize>,
}

impl Pair {
    /// Makes both.
    pub(crate) fn start() -> Self {
        let members = [Cluster::start(), Cluster::empty()];
        members[1].follow(&members[0]);
        Self { members, primary: Mutex::new(0) }
    }

    /// A fresh database, by a URL that names both servers and takes the one that takes writes.
    pub(crate) fn create_database(&self) -> String {
        let [one, other] = &self.members;
        let name = super::unique("fm_e2e_");
        one.postgres.create(&name).expect("the database is created");
        format!(
            "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/{name}?target_session_attrs=read-write",
            one.port, other.port
        )
    }

    /// Kills the primary and has its standby take over, after a while without either.
    pub(crate) fn fail_over(&self, pause: Duration) {
        let mut primary = self.primary.lock().unwrap();
        self.members[*primary].kill();
        std::thread::sleep(pause);
        *primary = 1 - *primary;
        self.members[*primary].promote();
    }

    /// Makes the server that was killed the standby of the other.
    pub(crate) fn restore(&self) {
        let primary = *self.primary.lock().unwrap();
        self.members[1 - primary].follow(&self.members[primary]);
    }
}
