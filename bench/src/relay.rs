//! Counts what goes to a server and what comes back, by standing in between.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use fm_testkit::Outcome;

/// Listens as long as this program runs.
pub(crate) struct Relay {
    /// Where it stands for the server.
    pub(crate) address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    there: AtomicU64,
    back: AtomicU64,
}

impl Relay {
    /// Of a server that is known now or later.
    pub(crate) fn to(server: SocketAddr) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, counts) = (listener.local_addr()?, Arc::new(Counts::default()));
        let shared = Arc::clone(&counts);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A connection that breaks is its client's to notice.
                drop(connect(client, server, &shared));
            }
        });
        Ok(Self { address, counts })
    }

    /// Bytes that went to the server so far, heads included.
    pub(crate) fn there(&self) -> u64 {
        self.counts.there.load(Ordering::Relaxed)
    }

    /// Bytes that came from the server so far, heads included.
    pub(crate) fn back(&self) -> u64 {
        self.counts.back.load(Ordering::Relaxed)
    }
}

fn connect(client: TcpStream, server: SocketAddr, counts: &Arc<Counts>) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (to, from) = (server.try_clone()?, client.try_clone()?);
    let (there, back) = (Arc::clone(counts), Arc::clone(counts));
    thread::spawn(move || drop(pass(from, to, &there.there)));
    thread::spawn(move || drop(pass(server, client, &back.back)));
    Ok(())
}

fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return to.shutdown(Shutdown::Write);
        }
        count.fetch_add(read as u64, Ordering::Relaxed);
        to.write_all(&buffer[..read])?;
    }
}

#[cfg(test)]
mod tests;
