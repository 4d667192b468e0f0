//! Addresses of servers on this machine.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::Outcome;

/// A port of 127.0.0.1 on which nothing listened a moment ago.
pub(crate) fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Waits until something listens there, for ten seconds.
pub(crate) fn wait_for(address: SocketAddr) -> Outcome<()> {
    let started = Instant::now();
    while let Err(error) = TcpStream::connect(address) {
        if started.elapsed() > Duration::from_secs(10) {
            return Err(format!("nothing listens on {address}: {error}").into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
