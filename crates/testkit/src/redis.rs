//! A Redis server of a test's own, a sentinel that watches one, and a cluster.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "this serves tests alone: whatever goes wrong must fail them loudly"
)]

mod secured;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{AT_LAST, ports};
pub use secured::{REDIS_RIGHTS, TlsSentinel, TlsServer};

/// The program, which `scripts/test` finds or installs.
const PROGRAM: &str = "TEST_REDIS_SERVER";

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

    /// Starts a server that listens on a port too, where a replica and a sentinel reach it.
    pub fn start_primary() -> Primary {
        let [port, _] = free_ports();
        Primary { server: Self::with(&["--port", &port, "--masterauth", "right"]), port }
    }

    /// Starts a server that repeats what this one does, and waits until it has all of it.
    pub fn start_replica(primary: &Primary) -> Self {
        let [port, _] = free_ports();
        let replicated = format!("127.0.0.1 {}", primary.port);
        let server = Self::with(&["--port", &port, "--masterauth", "right", "--replicaof", &replicated]);
        server.until("INFO replication", "master_link_status:up");
        server
    }

    fn with(arguments: &[&str]) -> Self {
        Self::within(tempfile::tempdir().unwrap(), arguments)
    }

    fn within(folder: TempDir, arguments: &[&str]) -> Self {
        let common = ["--unixsocket", "socket", "--requirepass", "right"];
        // What is answered must be durable (SES-01), here as in production.
        let durable = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"];
        let child = spawn(&folder, &[arguments, &common, &durable].concat());
        let server = Self { folder, child };
        server.until("PING", "+PONG");
        server
    }

    /// Waits until the answer to this command has this text.
    fn until(&self, command: &str, expected: &str) {
        let until = Instant::now() + AT_LAST;
        while !self.hears(command, expected) {
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "{command}: no {expected} after {AT_LAST:?}: {}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the answer to this command has this text in its first part.
    pub fn hears(&self, command: &str, expected: &str) -> bool {
        let Ok(mut socket) = UnixStream::connect(self.folder.path().join("socket")) else { return false };
        let mut ok = [0; 5];
        let asked = socket.write_all(b"AUTH right\r\n").and_then(|()| socket.read_exact(&mut ok));
        let mut answer = [0; 2048];
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

/// A server that a sentinel watches.
pub struct Primary {
    /// The server.
    pub server: RedisServer,
    port: String,
}

impl Primary {
    /// A URL that takes it for a node of a cluster, which it is not.
    pub fn cluster_url(&self) -> String {
        format!("redis+cluster://:right@127.0.0.1:{}", self.port)
    }
}

/// A sentinel of its own, which alone decides that a primary is gone. It ends with the test.
pub struct Sentinel {
    port: String,
    _folder: TempDir,
    child: Child,
}

impl Sentinel {
    /// Watches a primary by the name `main`, and waits until it knows of a replica.
    pub fn watching(primary: &Primary) -> Self {
        let [port, _] = free_ports();
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            "port {port}\nbind 127.0.0.1\nrequirepass watch\nsentinel monitor main 127.0.0.1 {} 1\n\
             sentinel auth-pass main right\nsentinel down-after-milliseconds main 500\n\
             sentinel failover-timeout main 2000\n",
            primary.port
        );
        std::fs::write(folder.path().join("sentinel.conf"), settings).unwrap();
        let child = spawn(&folder, &["sentinel.conf", "--sentinel"]);
        let sentinel = Self { port, _folder: folder, child };
        let until = Instant::now() + AT_LAST;
        while !sentinel.knows_a_replica() {
            assert!(Instant::now() < until, "the sentinel knows of no replica after {AT_LAST:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        sentinel
    }

    /// The URL of the primary that it names.
    pub fn url(&self) -> String {
        format!("redis+sentinel://:right@127.0.0.1:{}/main?sentinel_password=watch", self.port)
    }

    fn knows_a_replica(&self) -> bool {
        let Ok(mut socket) = TcpStream::connect(format!("127.0.0.1:{}", self.port)) else { return false };
        let mut answer = [0; 4096];
        let asked = socket.write_all(b"AUTH watch\r\n").and_then(|()| socket.read(&mut answer));
        let asked = asked.and_then(|_ok| socket.write_all(b"SENTINEL REPLICAS main\r\n"));
        let length = asked.and_then(|()| socket.read(&mut answer)).unwrap_or(0);
        String::from_utf8_lossy(&answer[..length]).contains("master-link-status")
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The primaries of a cluster; each has a third of the slots.
const PRIMARIES: usize = 3;

/// A cluster of a test's own on loopback, which ends with the test. A node counts as gone after a second, and its slots are not
/// served until a replica takes over; those of the others are.
pub struct RedisCluster {
    /// The primaries, in the order of their slots, and then their replicas, if they have some.
    pub nodes: Vec<RedisServer>,
    ports: Vec<String>,
}

impl RedisCluster {
    /// Starts three primaries.
    pub fn start() -> Self {
        Self::of(PRIMARIES)
    }

    /// Starts three primaries with a replica each, and waits until these have what there is.
    pub fn start_with_replicas() -> Self {
        let cluster = Self::of(2 * PRIMARIES);
        for replica in &cluster.nodes[PRIMARIES..] {
            replica.until("INFO replication", "master_link_status:up");
        }
        cluster
    }

    fn of(count: usize) -> Self {
        let ports: Vec<[String; 2]> = (0..count).map(|_| free_ports()).collect();
        let start = |place: usize| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("nodes.conf"), nodes(&ports, place)).unwrap();
            let [port, bus] = &ports[place];
            let listening =
                ["--bind", "127.0.0.1", "--port", port, "--cluster-port", bus, "--masterauth", "right"];
            let cluster = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
            let partial = ["--cluster-require-full-coverage", "no", "--cluster-replica-validity-factor", "0"];
            RedisServer::within(folder, &[&listening[..], &cluster, &partial].concat())
        };
        let nodes: Vec<RedisServer> = (0..count).map(start).collect();
        for node in &nodes {
            node.until("CLUSTER INFO", "cluster_state:ok");
        }
        Self { nodes, ports: ports.into_iter().map(|[port, _]| port).collect() }
    }

    /// Its URL, with the right password.
    pub fn url(&self) -> String {
        self.url_of("default", "right")
    }

    /// Waits until the replica of each primary has what was written.
    pub fn wait_for_replicas(&self) {
        for primary in &self.nodes[..PRIMARIES] {
            primary.until("WAIT 1 1000", ":1");
        }
    }

    /// Moves an empty slot from one primary to another: until this is called with `false`, keys that are not there yet are asked
    /// for at the new one alone.
    pub fn move_slot(&self, slot: u16, from: usize, to: usize, is_begun: bool) {
        let commands = if is_begun {
            [format!("IMPORTING {}", id(from)), format!("MIGRATING {}", id(to))]
        } else {
            [format!("NODE {}", id(to)), format!("NODE {}", id(to))]
        };
        for (node, command) in [to, from].into_iter().zip(commands) {
            assert!(self.nodes[node].hears(&format!("CLUSTER SETSLOT {slot} {command}"), "+OK"), "{command}");
        }
    }
}

/// The name of a node in its cluster.
fn id(place: usize) -> String {
    format!("{:040x}", place + 1)
}

/// What a node knows of its cluster at its start: all of it, so that none has to meet another first.
fn nodes(ports: &[[String; 2]], myself: usize) -> String {
    let width = 16_384 / PRIMARIES;
    let mut lines: Vec<String> = Vec::new();
    for (place, [port, bus]) in ports.iter().enumerate() {
        let me = if place == myself { "myself," } else { "" };
        let primary = place % PRIMARIES;
        let role = if place < PRIMARIES { "master -".to_owned() } else { format!("slave {}", id(primary)) };
        let last = if place + 1 == PRIMARIES { 16_383 } else { (primary + 1) * width - 1 };
        let slots = if place < PRIMARIES { format!(" {}-{last}", primary * width) } else { String::new() };
        let epoch = primary + 1;
        lines.push(format!("{} 127.0.0.1:{port}@{bus} {me}{role} 0 0 {epoch} connected{slots}", id(place)));
    }
    format!("{}\nvars currentEpoch {PRIMARIES} lastVoteEpoch 0\n", lines.join("\n"))
}

/// Starts the program of the tests in this folder, where its log is then.
fn spawn(folder: &TempDir, arguments: &[&str]) -> Child {
    #[expect(clippy::disallowed_methods, reason = "the script of the tests says where Redis is")]
    let program = std::env::var(PROGRAM).unwrap_or_else(|_| {
        panic!(
            "{PROGRAM} is not set: run `scripts/test`, which finds or installs Redis, or set it to a redis-server of version 7 or later"
        )
    });
    let log = File::create(folder.path().join("log")).unwrap();
    let mut child = Command::new(&program);
    child.args(arguments).current_dir(folder.path());
    child.stdin(Stdio::null()).stderr(log.try_clone().unwrap()).stdout(log);
    child.spawn().unwrap_or_else(|error| panic!("{PROGRAM}={program}: {error}"))
}

/// Two ports that are free now.
fn free_ports() -> [String; 2] {
    [0, 1].map(|_| ports::free_port().unwrap().to_string())
}
