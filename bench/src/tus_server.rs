//! The reference server of tus, `@tus/server` on `@tus/file-store`: as it is it neither hashes nor synchronises.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::address;
use crate::process::Server;
use crate::tools::Tools;
use crate::tus::Endpoint;

/// A running server.
pub(crate) struct TusServer {
    address: SocketAddr,
    folder: PathBuf,
    _server: Server,
}

impl TusServer {
    /// Starts it on an empty folder of this name within this one: as it is, or `durable`, hashing each piece and
    /// synchronising it to the disk before its answer.
    pub(crate) fn start(tools: &Tools, home: &Path, name: &str) -> Outcome<Self> {
        let folder = home.join(name);
        fs::create_dir_all(&folder)?;
        let address = SocketAddr::from(([127, 0, 0, 1], address::free_port()?));
        let mut command = Command::new(&tools.node);
        command.env("NODE_ENV", "production");
        command.arg(tools.tus_server.join("server.js")).arg(&folder).arg(address.port().to_string());
        let server = Server::start(command.arg(name), &home.join(format!("{name}.log")))?;
        address::wait_for(address)?;
        Ok(Self { address, folder, _server: server })
    }

    pub(crate) const fn endpoint(&self) -> Endpoint<'static> {
        Endpoint::open(self.address, "/files")
    }

    /// Removes what was uploaded, so that the disk is not busy with it in another's turn.
    pub(crate) fn clear(&self) -> Outcome<()> {
        for file in fs::read_dir(&self.folder)? {
            fs::remove_file(file?.path())?;
        }
        Ok(())
    }
}
