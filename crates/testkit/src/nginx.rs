//! nginx: on a folder, or before the nodes as operators run it.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::process::{Ending, Process, Tool, is_root};
use crate::{Outcome, ports};

/// How often another port is tried.
const ATTEMPTS: usize = 5;

/// How nginx stands before the nodes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Front<'a> {
    /// The path below which it passes requests on, without a slash at its end.
    pub path: &'a str,
    /// Whether it compresses answers.
    pub compresses: bool,
    /// The user and the password that it asks for (`auth_basic`).
    pub password: Option<(&'a str, &'a str)>,
}

/// A running nginx.
#[derive(Debug)]
pub struct Nginx {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it serves where it serves a folder: `/a` is the file `a` in it.
    pub folder: PathBuf,
    process: Process,
}

impl Nginx {
    /// Serves an empty folder within `home`: sendfile for downloads, PUT for uploads.
    pub fn on_a_folder(tool: &Tool, home: &Path) -> Outcome<Self> {
        let home = home.join("nginx");
        fs::create_dir_all(home.join("files"))?;
        let root = home.join("files");
        let http = "sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_requests 1000000;
    client_max_body_size 64m;
    client_body_buffer_size 128k;";
        let server = format!("root {};\n        dav_methods PUT;", root.display());
        Self::start(tool, &home, http, &server)
    }

    /// Passes requests on to these nodes, who take turns. It buffers request bodies, which is its default.
    pub fn before(tool: &Tool, home: &Path, nodes: &[String], front: &Front<'_>) -> Outcome<Self> {
        let mut servers = String::new();
        for node in nodes {
            write!(servers, "server {node};")?;
        }
        let mut http = format!("upstream file_manager {{ {servers} }}");
        if front.compresses {
            http.push_str(
                "\n    gzip on;\n    gzip_types application/json;\n    gzip_min_length 1;\n    gzip_proxied any;",
            );
        }
        let mut password = String::new();
        if let Some((user, secret)) = front.password {
            let file = home.join("passwords");
            fs::write(&file, format!("{user}:{{PLAIN}}{secret}\n"))?;
            password = format!("auth_basic \"test\";\n        auth_basic_user_file {};", file.display());
        }
        // With a path at its end `proxy_pass` takes the location's off.
        let (path, target) = (front.path, if front.path.is_empty() { "" } else { "/" });
        let server = format!(
            "client_max_body_size 0;
        {password}
        location {path}/ {{
            proxy_pass http://file_manager{target};
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}"
        );
        Self::start(tool, home, &http, &server)
    }

    fn start(tool: &Tool, home: &Path, http: &str, server: &str) -> Outcome<Self> {
        let mut outcome = Err("nginx was not started".into());
        for _ in 0..ATTEMPTS {
            // Another program may have taken the port.
            outcome = Self::try_start(tool, home, http, server);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn try_start(tool: &Tool, home: &Path, http: &str, server: &str) -> Outcome<Self> {
        let address = ports::local(ports::free_port()?);
        let settings = home.join("nginx.conf");
        fs::write(&settings, configuration(home, address, http, server, is_root()))?;
        let mut command = tool.command();
        command.arg("-p").arg(home).arg("-c").arg(&settings).args(["-e", "stderr"]);
        let mut process = Process::start_logging_to(&home.join("log"), &mut command, Ending::Terminate)?;
        ports::wait_for(&mut process, address)?;
        Ok(Self { address, folder: home.join("files"), process })
    }

    /// Its process id: its workers are below it.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The base of its URLs, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Workers of root's nginx would run as another account, which can't reach the folder.
fn configuration(home: &Path, address: SocketAddr, http: &str, server: &str, root: bool) -> String {
    let home = home.display();
    let user = if root { "user root;\n" } else { "" };
    format!(
        "{user}daemon off;
worker_processes 2;
pid {home}/pid;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    {http}
    server {{
        listen {address};
        {server}
    }}
}}
"
    )
}
