//! A client of tus 1.0.0: one upload after the other, each piece a PATCH on the connection that is kept.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use crate::Outcome;
use crate::http::{Connection, Request, Response, path_of};
use crate::product::Product;
use crate::uploads::{Crowd, megabytes_a_second};

/// The size of a file: 200 MB.
pub(crate) const SIZE: usize = 200_000_000;
/// The size of a piece.
const PIECE: usize = 8 << 20;

/// A server, and what each request to it carries.
pub(crate) struct Endpoint<'a> {
    address: SocketAddr,
    path: &'static str,
    authorization: Option<(&'a str, &'a str)>,
    /// The files that were made, where the server says which.
    made: Mutex<Vec<String>>,
}

impl<'a> Endpoint<'a> {
    /// Of the product.
    pub(crate) fn of(product: &'a Product) -> Self {
        Self {
            address: product.address,
            path: "/v1/uploads",
            authorization: Some(product.user.bearer()),
            made: Mutex::default(),
        }
    }

    /// Of a server that asks nobody who they are.
    pub(crate) const fn open(address: SocketAddr, path: &'static str) -> Self {
        Self { address, path, authorization: None, made: Mutex::new(Vec::new()) }
    }

    /// Megabytes a second from all of the crowd.
    pub(crate) fn reaches(&self, body: &[u8], crowd: Crowd) -> Outcome<f64> {
        megabytes_a_second(self.address, body, crowd, |connection, _thread, _number| {
            self.upload(connection, body)
        })
    }

    /// Deletes the files that were made.
    pub(crate) fn clear(&self) -> Outcome<()> {
        let mut connection = Connection::open(self.address)?;
        for file in self.made.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            self.send(&mut connection, "DELETE", &format!("/v1/files/{file}"), &[], b"")?.expect(204)?;
        }
        Ok(())
    }

    fn upload(&self, connection: &mut Connection, body: &[u8]) -> Outcome<()> {
        let length = body.len().to_string();
        // "tus.bin"
        let fields = [("Upload-Length", length.as_str()), ("Upload-Metadata", "filename dHVzLmJpbg==")];
        let created = self.send(connection, "POST", self.path, &fields, b"")?;
        created.expect(201)?;
        let path = path_of(created.header("location")?).to_owned();
        let mut offset = 0;
        for piece in body.chunks(PIECE) {
            let at = offset.to_string();
            let fields =
                [("Upload-Offset", at.as_str()), ("Content-Type", "application/offset+octet-stream")];
            let answer = self.send(connection, "PATCH", &path, &fields, piece)?;
            answer.expect(204)?;
            offset += piece.len();
            if answer.header("upload-offset")?.parse::<usize>()? != offset {
                return Err("the server kept another number of bytes than were sent".into());
            }
            if let Ok(file) = answer.header("x-file-id") {
                self.made.lock().unwrap_or_else(PoisonError::into_inner).push(file.to_owned());
            }
        }
        Ok(())
    }

    fn send(
        &self,
        connection: &mut Connection,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Outcome<Response> {
        let mut headers = vec![("Tus-Resumable", "1.0.0")];
        headers.extend(self.authorization);
        headers.extend(fields);
        connection.send(&Request { method, path, headers: &headers, body })
    }
}
