//! The bare program that takes pictures and gives their thumbnails: `bench/src/bin/pictures.rs`.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use fm_testkit::http::{Connection, Request};
use fm_testkit::process::{Ending, Process};
use fm_testkit::s3::S3Process;
use fm_testkit::{Outcome, ports};

use crate::cpu::{Counted, Processes};
use crate::tools::Tools;

/// What a thumbnail begins with.
const PNG: &[u8] = b"\x89PNG";

/// A running program.
pub(crate) struct BarePictures {
    pub(crate) address: SocketAddr,
    process: Process,
}

impl BarePictures {
    /// Starts it on the bucket `floor` of the server, or else on a folder within this one.
    pub(crate) fn start(tools: &Tools, home: &Path, s3: Option<&S3Process>) -> Outcome<Self> {
        let address = ports::local(ports::free_port()?);
        let mut command = Command::new(&tools.pictures);
        command.arg(address.port().to_string());
        if let Some(s3) = s3 {
            let access = &s3.access;
            command.arg("s3").args([&access.endpoint, &access.region]);
            command.args([&access.access_key_id, &access.secret_access_key]).arg("floor");
        } else {
            let folder = home.join("pictures");
            fs::create_dir_all(&folder)?;
            command.arg("disk").arg(folder);
        }
        let log = home.join("pictures.log");
        let mut process = Process::start_logging_to(&log, &mut command, Ending::Kill)?;
        ports::wait_for(&mut process, address)?;
        Ok(Self { address, process })
    }

    /// It and the services that it uses.
    pub(crate) fn processes(&self, services: &[Counted]) -> Processes {
        Processes::new(&[Counted::Tree(self.process.id())], services)
    }

    /// Sends a picture and reads its thumbnail.
    pub(crate) fn send(connection: &mut Connection, picture: &[u8]) -> Outcome<()> {
        let post = Request { method: "POST", path: "/pictures", headers: &[], body: picture };
        let taken = connection.send(&post)?;
        taken.expect(201)?;
        let get = Request { method: "GET", path: taken.header("location")?, headers: &[], body: b"" };
        let thumbnail = connection.send(&get)?;
        thumbnail.expect(200)?;
        expect_png(&thumbnail.body)
    }
}

/// Fails unless a thumbnail is one.
pub(crate) fn expect_png(thumbnail: &[u8]) -> Outcome<()> {
    if thumbnail.starts_with(PNG) { Ok(()) } else { Err("the thumbnail is no PNG".into()) }
}
