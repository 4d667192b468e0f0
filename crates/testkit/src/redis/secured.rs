//! Users of a server with rights of their own, and servers and sentinels behind TLS.

use tempfile::TempDir;

use super::{RedisCluster, RedisServer, Sentinel, free_ports, spawn};

/// The rights that `file-manager doctor` says the account of the program needs.
pub const REDIS_RIGHTS: &str = "~fm:* &fm:* +@all -@dangerous +info";

impl RedisServer {
    /// Adds a user with the password `secret`, who has these rights alone.
    pub fn add_user(&self, name: &str, rights: &str) {
        let command = format!("ACL SETUSER {name} reset on >secret {rights}");
        assert!(self.hears(&command, "+OK"), "{command}");
    }

    /// Its URL, with this user and password.
    pub fn url_of(&self, user: &str, password: &str) -> String {
        format!("redis+unix://{}?user={user}&pass={password}", self.folder.path().join("socket").display())
    }
}

impl RedisCluster {
    /// Adds a user with the password `secret` and these rights to every node.
    pub fn add_user(&self, name: &str, rights: &str) {
        for node in &self.nodes {
            node.add_user(name, rights);
        }
    }

    /// Its URL, with this user and password. It names two nodes, which know the others.
    pub fn url_of(&self, user: &str, password: &str) -> String {
        format!("redis+cluster://{user}:{password}@127.0.0.1:{},127.0.0.1:{}", self.ports[1], self.ports[2])
    }
}

/// A server that is reached by TLS, and for the test itself by its socket.
pub struct TlsServer {
    /// The server.
    pub server: RedisServer,
    port: String,
}

impl TlsServer {
    /// Starts one that shows this certificate; both texts are PEM.
    pub fn start(certificate: &str, key: &str) -> Self {
        let [port, _] = free_ports();
        let folder = folder_with(&[("certificate.pem", certificate), ("key.pem", key)]);
        let listening = ["--bind", "127.0.0.1", "--port", "0", "--tls-port", &port];
        let files = ["--tls-cert-file", "certificate.pem", "--tls-key-file", "key.pem"];
        let server =
            RedisServer::within(folder, &[&listening[..], &files, &["--tls-auth-clients", "no"]].concat());
        Self { server, port }
    }

    /// Its URL by this name of the machine, with the user of [`RedisServer::add_user`].
    pub fn url(&self, host: &str, user: &str, password: &str) -> String {
        format!("rediss://{user}:{password}@{host}:{}", self.port)
    }
}

/// A sentinel that is reached by TLS, and reaches what it watches so.
pub struct TlsSentinel(Sentinel);

impl TlsSentinel {
    /// Watches a server, without a replica, by the name `main`; all texts are PEM.
    pub fn watching(server: &TlsServer, certificate: &str, key: &str, authority: &str) -> Self {
        let [port, _] = free_ports();
        let settings = format!(
            "port 0\nbind 127.0.0.1\ntls-port {port}\ntls-cert-file certificate.pem\ntls-key-file key.pem\n\
             tls-ca-cert-file authority.pem\ntls-auth-clients no\ntls-replication yes\nrequirepass watch\n\
             sentinel monitor main 127.0.0.1 {} 1\nsentinel auth-pass main right\n\
             sentinel down-after-milliseconds main 5000\n",
            server.port
        );
        let folder = folder_with(&[
            ("certificate.pem", certificate),
            ("key.pem", key),
            ("authority.pem", authority),
            ("sentinel.conf", &settings),
        ]);
        let child = spawn(&folder, &["sentinel.conf", "--sentinel"]);
        Self(Sentinel { port, _folder: folder, child })
    }

    /// The URL of the server that it names, with this user and the password `secret`.
    pub fn url(&self, user: &str) -> String {
        format!("rediss+sentinel://{user}:secret@127.0.0.1:{}/main?sentinel_password=watch", self.0.port)
    }
}

fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}
