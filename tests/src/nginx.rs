//! nginx before the nodes, as operators run it.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Server;
use crate::process::{Output, wait, watchdog};

/// How often another port is tried.
const ATTEMPTS: usize = 5;

/// A running nginx, which ends with this.
pub struct Nginx {
    port: u16,
    child: Child,
    watchdog: Child,
    _home: TempDir,
}

impl Nginx {
    /// Starts the program of `TEST_NGINX` before these nodes, who take turns. What a client sends is buffered, as it is
    /// unless somebody says otherwise.
    pub fn before(nodes: &[&Server]) -> Self {
        let found = (0..ATTEMPTS).find_map(|_| Self::start(nodes));
        found.expect("nginx starts: what it complained of is above")
    }

    fn start(nodes: &[&Server]) -> Option<Self> {
        let home = tempfile::tempdir().unwrap();
        let port = free_port();
        let settings = home.path().join("nginx.conf");
        std::fs::write(&settings, configuration(&home, port, nodes)).unwrap();
        let mut command = Command::new(crate::tool("TEST_NGINX"));
        if let Some(libraries) = std::env::var_os("TEST_NGINX_LIBRARIES").filter(|text| !text.is_empty()) {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command.arg("-p").arg(home.path()).arg("-c").arg(&settings).args(["-e", "stderr"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("nginx can be started");
        let errors = Output::default();
        drop(errors.keep(child.stderr.take().unwrap()));
        let watchdog = watchdog(child.id(), "TERM");
        let mut nginx = Self { port, child, watchdog, _home: home };
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(20) {
            if nginx.child.try_wait().unwrap().is_some() {
                break;
            }
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(nginx);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        eprintln!("nginx: {}", errors.text());
        None
    }

    /// The base of its URLs, without a slash at the end.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A KILL would leave its workers.
        let asked =
            Command::new("sh").args(["-c", "kill -TERM \"$0\""]).arg(self.child.id().to_string()).status();
        drop(asked);
        if wait(&mut self.child, Duration::from_secs(10)).is_none() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
        drop(self.watchdog.kill());
        drop(self.watchdog.wait());
    }
}

/// A port on which nothing listens just now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Workers of root's nginx would run as another account, which can't reach the folder.
fn configuration(home: &TempDir, port: u16, nodes: &[&Server]) -> String {
    let home = home.path().display();
    let root =
        std::fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nUid:\t0\t"));
    let user = if root { "user root;" } else { "" };
    let mut servers = String::new();
    for node in nodes {
        write!(servers, "server {};", node.address()).unwrap();
    }
    format!(
        "{user}
daemon off;
pid {home}/pid;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    upstream file_manager {{ {servers} }}
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 0;
        location / {{
            proxy_pass http://file_manager;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"
    )
}
