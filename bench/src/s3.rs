//! The S3 server of the tests, in a process of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::address;
use crate::presign::Signer;
use crate::process::{Server, output};
use crate::tools::Tools;

const ACCESS_KEY: &str = "bench-access-key";
const SECRET_KEY: &str = "bench-secret-key-of-no-importance";
const REGION: &str = "us-east-1";

/// A running S3 server with the buckets `files`, `thumbnails` and `floor`.
pub(crate) struct S3 {
    pub(crate) address: SocketAddr,
    _server: Server,
}

impl S3 {
    /// Starts it on an empty folder within this one.
    pub(crate) fn start(tools: &Tools, home: &Path) -> Outcome<Self> {
        let folder = home.join("s3");
        fs::create_dir_all(&folder)?;
        let address = SocketAddr::from(([127, 0, 0, 1], address::free_port()?));
        let mut command = Command::new(&tools.s3_server);
        command.arg(&folder).args([
            ACCESS_KEY,
            SECRET_KEY,
            &address.to_string(),
            "files",
            "thumbnails",
            "floor",
        ]);
        let server = Server::start(&mut command, &home.join("s3.log"))?;
        address::wait_for(address)?;
        Ok(Self { address, _server: server })
    }

    /// What the product is told about it.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        self.settings_by_way_of(self.address)
    }

    /// The same where the product reaches it at another address than clients do.
    pub(crate) fn settings_by_way_of(&self, address: SocketAddr) -> Vec<(&'static str, String)> {
        vec![
            ("BLOB_STORE", "s3".to_owned()),
            ("S3_ENDPOINT", format!("http://{address}")),
            ("S3_PUBLIC_ENDPOINT", format!("http://{}", self.address)),
            ("S3_REGION", REGION.to_owned()),
            ("S3_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("S3_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("S3_FORCE_PATH_STYLE", "1".to_owned()),
        ]
    }

    /// A file with presigned paths, one a line, each to PUT an object of its own.
    pub(crate) fn write_put_paths(&self, count: usize, file: &Path) -> Outcome<()> {
        let host = self.address.to_string();
        let time = output(Command::new("date").args(["-u", "+%Y%m%dT%H%M%SZ"]))?;
        let signer = Signer {
            access_key: ACCESS_KEY,
            secret_key: SECRET_KEY,
            region: REGION,
            host: &host,
            time: time.trim(),
        };
        let mut lines = String::new();
        for number in 0..count {
            lines.push_str(&signer.presign("PUT", &format!("/floor/object-{number}"))?);
            lines.push('\n');
        }
        Ok(fs::write(file, lines)?)
    }
}
