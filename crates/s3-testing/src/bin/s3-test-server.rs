//! Serves a folder as an S3 server until its standard input ends or it is killed:
//!
//! ```text
//! s3-test-server FOLDER ACCESS_KEY_ID SECRET_ACCESS_KEY [ADDRESS] [BUCKET …]
//! ```
//!
//! The first line on its standard output is the endpoint. The address is `127.0.0.1:0` unless it is given.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use fm_s3_testing::S3Server;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nowhere is left to say that it could not be said.
            drop(writeln!(io::stderr(), "s3-test-server: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> io::Result<()> {
    let [folder, access_key_id, secret_access_key, rest @ ..] = arguments else {
        return Err(io::Error::other(
            "usage: s3-test-server FOLDER ACCESS_KEY_ID SECRET_ACCESS_KEY [ADDRESS] [BUCKET …]",
        ));
    };
    let address = rest.first().map_or("127.0.0.1:0", String::as_str);
    let address: SocketAddr = address.parse().map_err(io::Error::other)?;
    for bucket in rest.iter().skip(1) {
        std::fs::create_dir_all(Path::new(folder).join(bucket))?;
    }
    std::fs::create_dir_all(folder)?;
    let server = S3Server::start_at(address, Path::new(folder), access_key_id, secret_access_key)?;
    let mut out = io::stdout();
    writeln!(out, "{}", server.endpoint())?;
    out.flush()?;
    // Serves until the parent process closes the pipe, or dies.
    io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink())?;
    Ok(())
}
