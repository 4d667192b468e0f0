//! Large uploads: blocking sockets on threads, all sending the same bytes out of memory.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use fm_testkit::Outcome;
use fm_testkit::http::{Connection, Request};
use fm_testkit::nginx::Nginx;

use crate::measure::Sample;
use crate::product::{Product, upload_path};

/// The size of a large file: 50 MiB, as much as the product takes.
pub(crate) const LARGE: usize = 50 << 20;

/// How many clients upload at once, and how often each of them.
#[derive(Clone, Copy)]
pub(crate) struct Clients {
    pub(crate) at_once: usize,
    pub(crate) each: usize,
}

impl Clients {
    /// How many uploads it is in all.
    #[expect(clippy::cast_precision_loss, reason = "no bench sends so many")]
    pub(crate) const fn operations(self) -> f64 {
        (self.at_once * self.each) as f64
    }
}

/// Megabytes a second into the product.
pub(crate) fn into_product(product: &Product, body: &[u8], clients: Clients) -> Outcome<Sample> {
    let headers = product.user.upload_headers();
    megabytes_a_second(product.address, body, clients, |connection, thread, number| {
        let path = upload_path(&format!("large-{thread}-{number}.bin"));
        connection.send(&Request { method: "POST", path: &path, headers: &headers, body })?.expect(201)
    })
}

/// Megabytes a second into nginx, each file synchronised to the disk after its PUT; the files are removed afterwards.
pub(crate) fn into_nginx(nginx: &Nginx, body: &[u8], clients: Clients) -> Outcome<Sample> {
    let name = |thread, number| format!("large-{thread}-{number}.bin");
    let reached = megabytes_a_second(nginx.address, body, clients, |connection, thread, number| {
        let path = format!("/{}", name(thread, number));
        connection.send(&Request { method: "PUT", path: &path, headers: &[], body })?.expect(201)?;
        Ok(File::open(nginx.folder.join(name(thread, number)))?.sync_all()?)
    })?;
    for thread in 0..clients.at_once {
        for number in 0..clients.each {
            std::fs::remove_file(nginx.folder.join(name(thread, number)))?;
        }
    }
    Ok(reached)
}

/// The rate at which this uploads, called with a connection that is kept, the thread and the number of the upload.
pub(crate) fn megabytes_a_second(
    address: SocketAddr,
    body: &[u8],
    clients: Clients,
    upload: impl Fn(&mut Connection, usize, usize) -> Outcome<()> + Sync,
) -> Outcome<Sample> {
    let time = at_once(address, clients, upload)?;
    #[expect(clippy::cast_precision_loss, reason = "megabytes need no 52 bits")]
    let megabytes = body.len() as f64 / 1e6;
    let operations = clients.operations();
    Ok(Sample { figure: operations * megabytes / time.as_secs_f64(), operations })
}

/// How long all clients take for what each does again and again, called with a connection that is kept, the thread and the
/// number of the time.
pub(crate) fn at_once(
    address: SocketAddr,
    clients: Clients,
    work: impl Fn(&mut Connection, usize, usize) -> Outcome<()> + Sync,
) -> Outcome<Duration> {
    let barrier = Barrier::new(clients.at_once + 1);
    let (work, barrier) = (&work, &barrier);
    thread::scope(|scope| -> Outcome<Duration> {
        let threads: Vec<_> = (0..clients.at_once)
            .map(|thread| {
                scope.spawn(move || -> Outcome<()> {
                    let connection = Connection::open(address);
                    barrier.wait();
                    let mut connection = connection?;
                    (0..clients.each).try_for_each(|number| work(&mut connection, thread, number))
                })
            })
            .collect();
        barrier.wait();
        let started = Instant::now();
        for thread in threads {
            thread.join().map_err(|_panic| "a client's thread panicked")??;
        }
        Ok(started.elapsed())
    })
}
