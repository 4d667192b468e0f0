//! The reference server of tus, `@tus/server` on `@tus/file-store`: as it is it neither hashes nor synchronises.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use fm_testkit::process::{Ending, Process};
use fm_testkit::tus::Uploader;
use fm_testkit::{Outcome, ports};

use crate::cpu::{Counted, Processes};
use crate::tools::Tools;
use crate::tus::Endpoint;

const PATH: &str = "/files";

/// A running server.
pub(crate) struct TusServer {
    address: SocketAddr,
    folder: PathBuf,
    server: Process,
}

impl TusServer {
    /// Starts it on an empty folder of this name within this one: as it is, or `durable`, hashing each piece and
    /// synchronising it to the disk before its answer.
    pub(crate) fn start(tools: &Tools, home: &Path, name: &str) -> Outcome<Self> {
        let folder = home.join(name);
        fs::create_dir_all(&folder)?;
        let address = ports::local(ports::free_port()?);
        let mut command = Command::new(&tools.node);
        command.env("NODE_ENV", "production");
        command.arg(tools.tus_server.join("server.js")).arg(&folder).arg(address.port().to_string());
        let log = home.join(format!("{name}.log"));
        let mut server = Process::start_logging_to(&log, command.arg(name), Ending::Terminate)?;
        ports::wait_for(&mut server, address)?;
        Ok(Self { address, folder, server })
    }

    pub(crate) fn processes(&self) -> Processes {
        Processes::new(&[Counted::Tree(self.server.id())], &[])
    }

    /// Where uploads begin.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    pub(crate) const fn endpoint(&self) -> Endpoint<'static> {
        Endpoint::new(Uploader { address: self.address, path: PATH, authorization: None })
    }

    /// Removes what was uploaded, so that the disk is not busy with it in another's turn.
    pub(crate) fn clear(&self) -> Outcome<()> {
        for file in fs::read_dir(&self.folder)? {
            fs::remove_file(file?.path())?;
        }
        Ok(())
    }
}
