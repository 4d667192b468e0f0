//! A Redis server of a test's own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "this serves tests alone: whatever goes wrong must fail them loudly"
)]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The program, which `scripts/test` finds or installs.
const PROGRAM: &str = "TEST_REDIS_SERVER";

/// How long a server may take to start.
const START: Duration = Duration::from_secs(20);

/// A server that listens on a socket in a folder of its own and ends with the test.
pub struct RedisServer {
    folder: TempDir,
    child: Child,
}

impl RedisServer {
    /// Starts a server with a password, and waits until it answers.
    pub fn start() -> Self {
        Self::with(&["--port", "0"])
    }

    /// Starts a cluster of one node, which has every slot.
    pub fn start_cluster() -> Self {
        let [port, bus] = free_ports();
        let server = Self::with(&["--cluster-enabled", "yes", "--port", &port, "--cluster-port", &bus]);
        server.ask("CLUSTER ADDSLOTSRANGE 0 16383", "+OK");
        let until = Instant::now() + START;
        while !server.hears("CLUSTER INFO", "cluster_state:ok") {
            assert!(Instant::now() < until, "the cluster does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn with(arguments: &[&str]) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the script of the tests says where Redis is")]
        let program = std::env::var(PROGRAM).unwrap_or_else(|_| {
            panic!(
                "{PROGRAM} is not set: run `scripts/test`, which finds or installs Redis, or set it to a redis-server of version 7 or later"
            )
        });
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let mut child = Command::new(&program);
        child.args(arguments).args(["--unixsocket", "socket", "--requirepass", "right"]);
        // What is answered must be durable (SES-01), here as in production.
        child.args(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
        child.current_dir(folder.path()).stdin(Stdio::null()).stderr(log.try_clone().unwrap()).stdout(log);
        let child = child.spawn().unwrap_or_else(|error| panic!("{PROGRAM}={program}: {error}"));
        let server = Self { folder, child };
        let until = Instant::now() + START;
        while !server.answers() {
            let log = || std::fs::read_to_string(server.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "Redis does not start: {}", log());
            std::thread::sleep(Duration::from_millis(5));
        }
        server
    }

    fn answers(&self) -> bool {
        self.hears("PING", "+PONG")
    }

    fn ask(&self, command: &str, expected: &str) {
        assert!(self.hears(command, expected), "{command} is not answered with {expected}");
    }

    /// Whether the answer to this command has this text in its first part.
    fn hears(&self, command: &str, expected: &str) -> bool {
        let Ok(mut socket) = UnixStream::connect(self.folder.path().join("socket")) else { return false };
        let mut ok = [0; 5];
        let asked = socket.write_all(b"AUTH right\r\n").and_then(|()| socket.read_exact(&mut ok));
        let mut answer = [0; 512];
        let asked = asked.and_then(|()| socket.write_all(format!("{command}\r\n").as_bytes()));
        let length = asked.and_then(|()| socket.read(&mut answer)).unwrap_or(0);
        String::from_utf8_lossy(&answer[..length]).contains(expected)
    }

    /// Its URL, with the right password.
    pub fn url(&self) -> String {
        self.url_with("right")
    }

    /// Its URL, with this password.
    pub fn url_with(&self, password: &str) -> String {
        format!("redis+unix://{}?pass={password}", self.folder.path().join("socket").display())
    }

    /// Stops its process for a while, as a machine that hangs does; [`RedisServer::go_on`] ends that.
    pub fn stand_still(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Ends it.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Two ports that are free now.
fn free_ports() -> [String; 2] {
    let listeners = [0, 1].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port().to_string())
}
