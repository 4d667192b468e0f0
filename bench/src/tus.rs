//! Resumable uploads by many clients at once: to the product, and to the reference server of tus.

use std::sync::{Mutex, PoisonError};

use fm_testkit::Outcome;
use fm_testkit::http::{Connection, Request};
use fm_testkit::tus::Uploader;

use crate::measure::Sample;
use crate::product::Product;
use crate::uploads::{Clients, megabytes_a_second};

/// The size of a file: 200 MB.
pub(crate) const SIZE: usize = 200_000_000;
/// The size of a chunk.
const CHUNK: usize = 8 << 20;

/// A server of tus.
pub(crate) struct Endpoint<'a> {
    uploader: Uploader<'a>,
    /// The files that were made, where the server says which.
    made: Mutex<Vec<String>>,
}

impl<'a> Endpoint<'a> {
    /// Of the product.
    pub(crate) fn of(product: &'a Product) -> Self {
        let authorization = Some(product.user.bearer());
        Self::new(Uploader { address: product.address, path: "/v1/uploads", authorization })
    }

    pub(crate) const fn new(uploader: Uploader<'a>) -> Self {
        Self { uploader, made: Mutex::new(Vec::new()) }
    }

    /// Megabytes a second from all clients.
    pub(crate) fn reaches(&self, body: &[u8], clients: Clients) -> Outcome<Sample> {
        megabytes_a_second(self.uploader.address, body, clients, |connection, _thread, _number| {
            let file = self.uploader.upload(connection, "tus.bin", body, CHUNK)?;
            self.made.lock().unwrap_or_else(PoisonError::into_inner).extend(file);
            Ok(())
        })
    }

    /// Deletes the files that were made.
    pub(crate) fn clear(&self) -> Outcome<()> {
        let mut connection = Connection::open(self.uploader.address)?;
        let headers: Vec<_> = self.uploader.authorization.into_iter().collect();
        for file in self.made.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let path = format!("/v1/files/{file}");
            let request = Request { method: "DELETE", path: &path, headers: &headers, body: b"" };
            connection.send(&request)?.expect(204)?;
        }
        Ok(())
    }
}
