//! Ports of this machine.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::process::Process;

/// A port of 127.0.0.1 on which nothing listened a moment ago. Another program may take it before it is used.
pub fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// This port of 127.0.0.1.
#[must_use]
pub fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Waits until the process listens there, for twenty seconds; fails as soon as it has ended.
pub fn wait_for(process: &mut Process, address: SocketAddr) -> Outcome<()> {
    let started = Instant::now();
    loop {
        process.check()?;
        let Err(error) = TcpStream::connect(address) else { return Ok(()) };
        if started.elapsed() > Duration::from_secs(20) {
            return Err(format!("nothing listens on {address}: {error}\n{}", process.output()).into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests;
