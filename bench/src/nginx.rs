//! nginx on a folder: sendfile for downloads, PUT for uploads, no access log.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::address;
use crate::process::Server;
use crate::tools::Tools;

/// A running nginx.
pub(crate) struct Nginx {
    pub(crate) address: SocketAddr,
    /// What it serves: `/a` is the file `a` in it.
    pub(crate) folder: PathBuf,
    _server: Server,
}

impl Nginx {
    /// Starts it on an empty folder within this one.
    pub(crate) fn start(tools: &Tools, home: &Path) -> Outcome<Self> {
        let folder = home.join("nginx/files");
        fs::create_dir_all(&folder)?;
        for name in ["body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            fs::create_dir_all(home.join("nginx").join(name))?;
        }
        let port = address::free_port()?;
        let settings = home.join("nginx/nginx.conf");
        fs::write(&settings, configuration(&home.join("nginx"), port, is_root()))?;
        let mut command = Command::new(&tools.nginx);
        if !tools.library_path.is_empty() {
            command.env("LD_LIBRARY_PATH", &tools.library_path);
        }
        command.arg("-p").arg(home.join("nginx")).arg("-c").arg(&settings).args(["-e", "stderr"]);
        let server = Server::start(&mut command, &home.join("nginx/log"))?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        address::wait_for(address)?;
        Ok(Self { address, folder, _server: server })
    }
}

/// Workers of root's nginx would run as another account, which can't reach the folder.
fn configuration(home: &Path, port: u16, root: bool) -> String {
    let home = home.display();
    let user = if root { "user root;\n" } else { "" };
    format!(
        "{user}daemon off;
worker_processes 2;
pid {home}/pid;
events {{ worker_connections 512; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_requests 1000000;
    client_max_body_size 64m;
    client_body_buffer_size 128k;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {home}/files;
        dav_methods PUT;
    }}
}}
"
    )
}

fn is_root() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| status.contains("\nUid:\t0\t"))
}
