//! Large uploads: blocking sockets on threads, all sending the same bytes out of memory.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use crate::Outcome;
use crate::http::{Connection, Request};
use crate::nginx::Nginx;
use crate::product::{Product, upload_path};

/// The size of a large file: 50 MiB, as much as the product takes.
pub(crate) const LARGE: usize = 50 << 20;

/// Bytes without a pattern, always the same.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// How many at once, and how often each of them.
#[derive(Clone, Copy)]
pub(crate) struct Crowd {
    pub(crate) at_once: usize,
    pub(crate) each: usize,
}

/// Megabytes a second into the product.
pub(crate) fn into_product(product: &Product, body: &[u8], crowd: Crowd) -> Outcome<f64> {
    let headers = product.user.upload_headers();
    megabytes_a_second(product.address, body, crowd, |connection, thread, number| {
        let path = upload_path(&format!("large-{thread}-{number}.bin"));
        connection.send(&Request { method: "POST", path: &path, headers: &headers, body })?.expect(201)
    })
}

/// Megabytes a second into nginx, each file synchronised to the disk after its PUT; the files are removed afterwards.
pub(crate) fn into_nginx(nginx: &Nginx, body: &[u8], crowd: Crowd) -> Outcome<f64> {
    let name = |thread, number| format!("large-{thread}-{number}.bin");
    let reached = megabytes_a_second(nginx.address, body, crowd, |connection, thread, number| {
        let path = format!("/{}", name(thread, number));
        connection.send(&Request { method: "PUT", path: &path, headers: &[], body })?.expect(201)?;
        Ok(File::open(nginx.folder.join(name(thread, number)))?.sync_all()?)
    })?;
    for thread in 0..crowd.at_once {
        for number in 0..crowd.each {
            std::fs::remove_file(nginx.folder.join(name(thread, number)))?;
        }
    }
    Ok(reached)
}

/// The rate at which this uploads, called with a connection that is kept, the thread and the number of the upload.
pub(crate) fn megabytes_a_second(
    address: SocketAddr,
    body: &[u8],
    crowd: Crowd,
    upload: impl Fn(&mut Connection, usize, usize) -> Outcome<()> + Sync,
) -> Outcome<f64> {
    let barrier = Barrier::new(crowd.at_once + 1);
    let (upload, barrier) = (&upload, &barrier);
    let seconds = thread::scope(|scope| -> Outcome<f64> {
        let threads: Vec<_> = (0..crowd.at_once)
            .map(|thread| {
                scope.spawn(move || -> Outcome<()> {
                    let connection = Connection::open(address);
                    barrier.wait();
                    let mut connection = connection?;
                    (0..crowd.each).try_for_each(|number| upload(&mut connection, thread, number))
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
    let megabytes = (body.len() * crowd.at_once * crowd.each) as f64 / 1e6;
    Ok(megabytes / seconds)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn the_bytes_are_as_many_as_asked_for_and_always_the_same() {
        assert_eq!(bytes(4099).len(), 4099);
        assert_eq!(bytes(64), bytes(4099)[..64]);
        assert_ne!(bytes(16)[..8], bytes(16)[8..]);
    }
}
