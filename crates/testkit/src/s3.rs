//! An S3 server, its keys, and what the program is told about both.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::process::{Ending, Process};
use crate::{Outcome, ports};

/// How an S3 server is reached.
#[derive(Clone)]
pub struct Access {
    /// Its URL.
    pub endpoint: String,
    /// Its region.
    pub region: String,
    /// The id of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
}

impl Access {
    /// The variables that lead the program to it.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("BLOB_STORE", "s3".to_owned()),
            ("S3_ENDPOINT", self.endpoint.clone()),
            ("S3_REGION", self.region.clone()),
            ("S3_ACCESS_KEY_ID", self.access_key_id.clone()),
            ("S3_SECRET_ACCESS_KEY", self.secret_access_key.clone()),
            ("S3_FORCE_PATH_STYLE", "1".to_owned()),
        ]
    }

    /// The variables where the program reaches it at another address than clients do: through a proxy.
    #[must_use]
    pub fn variables_through(&self, proxy: SocketAddr) -> Vec<(&'static str, String)> {
        let mut variables = Self { endpoint: format!("http://{proxy}"), ..self.clone() }.variables();
        variables.push(("S3_PUBLIC_ENDPOINT", self.endpoint.clone()));
        variables
    }
}

/// Without the key.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// The S3 server of the tests (`fm-s3-testing`) in a process of its own, which takes no time from the one that measures.
#[derive(Debug)]
pub struct S3Process {
    /// Where it listens.
    pub address: SocketAddr,
    /// How it is reached.
    pub access: Access,
    process: Process,
}

impl S3Process {
    /// Starts this program on an empty folder within `home`, with these buckets.
    pub fn start(program: &Path, home: &Path, buckets: &[&str]) -> Outcome<Self> {
        let folder = home.join("s3");
        fs::create_dir_all(&folder)?;
        let address = ports::local(ports::free_port()?);
        let access = Access {
            endpoint: format!("http://{address}"),
            region: "us-east-1".to_owned(),
            access_key_id: "bench-access-key".to_owned(),
            secret_access_key: "bench-secret-key-of-no-importance".to_owned(),
        };
        let mut command = Command::new(program);
        command.arg(&folder).args([&access.access_key_id, &access.secret_access_key]);
        command.arg(address.to_string()).args(buckets);
        let log = home.join("s3.log");
        let mut process = Process::start_logging_to(&log, &mut command, Ending::Kill)?;
        ports::wait_for(&mut process, address)?;
        Ok(Self { address, access, process })
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}
