//! The proxies that `deploy` has configurations for, run with these very files: only names, addresses and folders are others.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use fm_testkit::ports;
use fm_testkit::process::{Ending, Process, Tool, is_root};
use tempfile::TempDir;

use crate::tls::{Certificate, TlsBridge};
use crate::{Server, tool};

/// The address that a proxy sees its clients come from. It is not that of the proxy itself.
pub const PROXY_CLIENT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 5);

/// The host of the files in `deploy`.
const HOST: &str = "files.example.com";

/// Which proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyKind {
    /// nginx with `deploy/nginx.conf`.
    Nginx,
    /// Caddy with `deploy/Caddyfile`.
    Caddy,
}

/// A running proxy, which ends with this.
pub struct ShippedProxy {
    bridge: TlsBridge,
    plain: SocketAddr,
    process: Process,
    home: TempDir,
}

impl ShippedProxy {
    /// Starts it before this server.
    pub async fn before(server: &Server, kind: ProxyKind) -> Self {
        let home = tempfile::tempdir().unwrap();
        for folder in ["logs", "temporary"] {
            fs::create_dir(home.path().join(folder)).unwrap();
        }
        let certificate = Certificate::within(home.path(), HOST);
        let (plain, secure) = (free_address(), free_address());
        let place = Place { home: home.path(), plain, secure, server: server.address() };
        let mut command = match kind {
            ProxyKind::Nginx => place.nginx(),
            ProxyKind::Caddy => place.caddy(),
        };
        let log = home.path().join("logs/output");
        let mut process = Process::start_logging_to(&log, &mut command, Ending::Terminate).unwrap();
        for address in [plain, secure] {
            ports::wait_for(&mut process, address).unwrap();
        }
        let bridge = TlsBridge::to(secure, &certificate, PROXY_CLIENT).await;
        Self { bridge, plain, process, home }
    }

    /// Where a client reaches it by TLS, though it speaks none itself.
    pub fn address(&self) -> SocketAddr {
        self.bridge.address
    }

    /// The base of its URLs for such a client, without a slash at the end.
    pub fn base(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The base of its URLs without TLS.
    pub fn plain_base(&self) -> String {
        format!("http://{}", self.plain)
    }

    /// All that it wrote into logs so far.
    pub fn logs(&self) -> String {
        let files = files_below(&self.home.path().join("logs"));
        let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
        texts.collect::<Vec<_>>().join("\n")
    }

    /// The files that it has put bodies into: those in its folder, and those that are open though they have no name any more.
    pub fn temporary_files(&self) -> Vec<PathBuf> {
        let mut files = files_below(&self.home.path().join("temporary"));
        let leader = self.process.id();
        let workers = fs::read_to_string(format!("/proc/{leader}/task/{leader}/children")).unwrap();
        for id in workers.split_whitespace().chain([leader.to_string().as_str()]) {
            let open = fs::read_dir(format!("/proc/{id}/fd")).unwrap();
            let open = open.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
            files.extend(open.filter(|path| path.to_string_lossy().ends_with(" (deleted)")));
        }
        files
    }
}

/// What a configuration is changed to.
struct Place<'a> {
    home: &'a Path,
    plain: SocketAddr,
    secure: SocketAddr,
    server: String,
}

impl Place<'_> {
    fn nginx(&self) -> Command {
        let Self { home, plain, secure, server } = self;
        let home_text = home.display();
        let site = Shipped::read("nginx.conf")
            .with("listen 80;", &format!("listen {plain};"))
            .with("listen 443 ssl http2;", &format!("listen {secure} ssl http2;"))
            .with("/etc/ssl/files.example.com/", &format!("{home_text}/"))
            .with("/var/log/nginx/", &format!("{home_text}/logs/"))
            .with("server 127.0.0.1:8080;", &format!("server {server};"));
        fs::write(home.join("site.conf"), site.0).unwrap();
        // Workers of root's nginx would run as another account, which can't reach the folder.
        let user = if is_root() { "user root;" } else { "" };
        let mut temporary = String::new();
        for what in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            writeln!(temporary, "{what}_temp_path {home_text}/temporary/{what};").unwrap();
        }
        let whole = format!(
            "{user}\ndaemon off;\nworker_processes 2;\npid {home_text}/pid;\nevents {{ worker_connections 512; }}\n\
             http {{\n{temporary}include {home_text}/site.conf;\n}}\n"
        );
        fs::write(home.join("nginx.conf"), whole).unwrap();
        let libraries = std::env::var("TEST_NGINX_LIBRARIES").unwrap_or_default();
        let mut command = Tool { program: tool("TEST_NGINX"), libraries }.command();
        command.arg("-p").arg(home).arg("-c").arg(home.join("nginx.conf")).args(["-e", "stderr"]);
        command
    }

    fn caddy(&self) -> Command {
        let Self { home, plain, secure, server } = self;
        let home_text = home.display();
        let tls = format!("tls {home_text}/fullchain.pem {home_text}/privkey.pem");
        let site = Shipped::read("Caddyfile")
            .with("\tauto_https disable_redirects", "\tadmin off\n\tauto_https disable_redirects")
            .with("http://files.example.com {", &format!("http://:{} {{", plain.port()))
            .with("\nfiles.example.com {", &format!("\n:{} {{\n\t{tls}", secure.port()))
            .with("/var/log/caddy/", &format!("{home_text}/logs/"))
            .with("reverse_proxy 127.0.0.1:8080 {", &format!("reverse_proxy {server} {{"));
        fs::write(home.join("Caddyfile"), site.0).unwrap();
        let mut command = Command::new(tool("TEST_CADDY"));
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(home.join("Caddyfile"));
        for variable in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "TMPDIR"] {
            command.env(variable, home.join("temporary"));
        }
        command
    }
}

/// A file of `deploy`, changed.
struct Shipped(String);

impl Shipped {
    fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name);
        Self(fs::read_to_string(path).unwrap())
    }

    #[track_caller]
    fn with(self, text: &str, instead: &str) -> Self {
        assert!(self.0.contains(text), "the file has no {text:?} any more");
        Self(self.0.replace(text, instead))
    }
}

fn free_address() -> SocketAddr {
    ports::local(ports::free_port().unwrap())
}

/// Regular files that hold something, but for those that a proxy keeps for itself.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != "caddy" {
                files.extend(files_below(&entry.path()));
            }
        } else {
            files.push(entry.path());
        }
    }
    files
}
