//! Large uploads: blocking sockets on threads, all sending the same bytes out of memory.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use fm_testkit::Outcome;
use fm_testkit::http::{Connection, Request};
use fm_testkit::nginx::Nginx;

use crate::product::{Product, upload_path};

/// The size of a large file: 50 MiB, as much as the product takes.
pub(crate) const LARGE: usize = 50 << 20;

/// How many clients upload at once, and how often each of them.
#[derive(Clone, Copy)]
pub(crate) struct Clients {
    pub(crate) at_once: usize,
    pub(crate) each: usize,
}

/// Megabytes a second into the product.
pub(crate) fn into_product(product: &Product, body: &[u8], clients: Clients) -> Outcome<f64> {
    let headers = product.user.upload_headers();
    megabytes_a_second(product.address, body, clients, |connection, thread, number| {
        let path = upload_path(&format!("large-{thread}-{number}.bin"));
        connection.send(&Request { method: "POST", path: &path, headers: &headers, body })?.expect(201)
    })
}

/// Megabytes a second into nginx, each file synchronised to the disk after its PUT; the files are removed afterwards.
pub(crate) fn into_nginx(nginx: &Nginx, body: &[u8], clients: Clients) -> Outcome<f64> {
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
) -> Outcome<f64> {
    let barrier = Barrier::new(clients.at_once + 1);
    let (upload, barrier) = (&upload, &barrier);
    let seconds = thread::scope(|scope| -> Outcome<f64> {
        let threads: Vec<_> = (0..clients.at_once)
            .map(|thread| {
                scope.spawn(move || -> Outcome<()> {
                    let connection = Connection::open(address);
                    barrier.wait();
                    let mut connection = connection?;
                    (0..clients.each).try_for_each(|number| upload(&mut connection, thread, number))
                })
            })
            .collect();
        barrier.wait();
        let started = Instant::now();
        for thread in threads {
            thread.join().map_err(|_panic| "an upload's thread panicked")??;
        }
        Ok(started.elapsed().as_secs_f64())
    })?;
    #[expect(clippy::cast_precision_loss, reason = "megabytes need no 52 bits")]
    let megabytes = (body.len() * clients.at_once * clients.each) as f64 / 1e6;
    Ok(megabytes / seconds)
}
