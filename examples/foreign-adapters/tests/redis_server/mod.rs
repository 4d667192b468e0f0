//! A Redis server of a test's own.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The program, which `scripts/test` finds or installs.
const PROGRAM: &str = "TEST_REDIS_SERVER";

/// A server that listens on a socket in a folder of its own and ends with the test.
pub(crate) struct RedisServer {
    folder: TempDir,
    child: Child,
}

impl RedisServer {
    /// Starts a server with a password, and waits until it answers.
    ///
    /// # Panics
    /// When there is no Redis here.
    pub(crate) fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the script of the tests says where Redis is")]
        let program = std::env::var(PROGRAM).unwrap_or_else(|_| {
            panic!(
                "{PROGRAM} is not set: run `scripts/test -p fm-example-foreign-adapters`, which finds or installs \
                 Redis, or set it to a redis-server of version 7 or later"
            )
        });
        let folder = tempfile::tempdir().unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let mut child = Command::new(&program);
        child.args(["--port", "0", "--unixsocket", "socket", "--requirepass", "right"]);
        // What is answered must be durable (SES-01), here as in production.
        child.args(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
        child.current_dir(folder.path()).stdin(Stdio::null()).stderr(log.try_clone().unwrap()).stdout(log);
        let child = child.spawn().unwrap_or_else(|error| panic!("{PROGRAM}={program}: {error}"));
        let server = Self { folder, child };
        let until = Instant::now() + Duration::from_secs(20);
        while !server.answers() {
            let log = || std::fs::read_to_string(server.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "Redis does not start: {}", log());
            std::thread::sleep(Duration::from_millis(5));
        }
        server
    }

    fn answers(&self) -> bool {
        let Ok(mut socket) = UnixStream::connect(self.folder.path().join("socket")) else { return false };
        let mut answer = [0; 5];
        let asked = socket.write_all(b"AUTH right\r\n").and_then(|()| socket.read_exact(&mut answer));
        asked.is_ok() && &answer == b"+OK\r\n"
    }

    /// Its URL, with the right password.
    pub(crate) fn url(&self) -> String {
        self.url_with("right")
    }

    /// Its URL, with this password.
    pub(crate) fn url_with(&self, password: &str) -> String {
        format!("redis+unix://{}?pass={password}", self.folder.path().join("socket").display())
    }

    /// Ends it.
    pub(crate) fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
