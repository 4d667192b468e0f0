//! Ports of this machine.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::process::Process;
use crate::{AT_LAST, Outcome};

/// Ports that no connection takes by itself (those begin at 32768), nor the services of `scripts/with-services` (at 20000).
const FIRST: u32 = 10_000;
const COUNT: u32 = 10_000;

/// A port of 127.0.0.1 on which nothing listens. This process gets each port once; another one may take it before it is used.
pub fn free_port() -> Outcome<u16> {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    for _ in 0..COUNT {
        let place = std::process::id().wrapping_mul(131).wrapping_add(ASKED.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + place % COUNT)?;
        if TcpListener::bind(local(port)).is_ok() {
            return Ok(port);
        }
    }
    Err("no port is free".into())
}

/// This port of 127.0.0.1.
#[must_use]
pub fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Waits until the process listens there, at most [`AT_LAST`]; fails as soon as it has ended.
pub fn wait_for(process: &mut Process, address: SocketAddr) -> Outcome<()> {
    let started = Instant::now();
    loop {
        process.check()?;
        let Err(error) = TcpStream::connect(address) else { return Ok(()) };
        if started.elapsed() > AT_LAST {
            return Err(format!("nothing listens on {address}: {error}\n{}", process.output()).into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests;
