//! A client of S3 that hashes what it sends (SHA-256) and does nothing else with it: the floor of uploads that end there.

use std::hint::black_box;

use fm_testkit::Outcome;
use fm_testkit::http::{Connection, Request, Response};
use fm_testkit::s3::S3Process;
use sha2::{Digest as _, Sha256};

use crate::cpu::{Counted, Processes};
use crate::measure::Sample;
use crate::presign::Signer;
use crate::uploads::{Clients, megabytes_a_second};

/// The size of a part.
const PART: usize = 8 << 20;

/// A client with the key of a server, and the bucket `floor` there.
pub(crate) struct BareClient<'a> {
    s3: &'a S3Process,
    signer: Signer,
}

impl<'a> BareClient<'a> {
    pub(crate) fn of(s3: &'a S3Process) -> Outcome<Self> {
        Ok(Self { s3, signer: Signer::of(s3)? })
    }

    /// The threads of the benchmark that send, and the server.
    pub(crate) fn processes(&self) -> Processes {
        Processes::new(&[Counted::Ourselves], &[Counted::Tree(self.s3.id())])
    }

    /// Megabytes a second from all clients, each upload one PUT. Objects are written over in the next turn.
    pub(crate) fn puts(&self, body: &[u8], clients: Clients) -> Outcome<Sample> {
        megabytes_a_second(self.s3.address, body, clients, |connection, thread, number| {
            let mut hash = Sha256::new();
            let sent = self.send(connection, "PUT", &object(thread, number), &[], body, &mut hash)?;
            black_box(hash.finalize());
            sent.expect(200)
        })
    }

    /// The same, each upload in parts, one after the other.
    pub(crate) fn uploads_of_parts(&self, body: &[u8], clients: Clients) -> Outcome<Sample> {
        megabytes_a_second(self.s3.address, body, clients, |connection, thread, number| {
            self.upload_parts(connection, &object(thread, number), body)
        })
    }

    fn upload_parts(&self, connection: &mut Connection, object: &str, body: &[u8]) -> Outcome<()> {
        let mut hash = Sha256::new();
        let begun = self.send(connection, "POST", object, &[("uploads", "")], b"", &mut hash)?;
        begun.expect(200)?;
        let id = upload_id(&String::from_utf8(begun.body)?)?;
        let mut tags = Vec::new();
        for (part, number) in body.chunks(PART).zip(1_u32..) {
            let number = number.to_string();
            let parameters = [("partNumber", number.as_str()), ("uploadId", id.as_str())];
            let sent = self.send(connection, "PUT", object, &parameters, part, &mut hash)?;
            sent.expect(200)?;
            tags.push(sent.header("etag")?.to_owned());
        }
        black_box(hash.finalize());
        let path = self.signer.presign("POST", object, &[("uploadId", id.as_str())])?;
        let body = completion(&tags);
        connection
            .send(&Request { method: "POST", path: &path, headers: &[], body: body.as_bytes() })?
            .expect(200)
    }

    fn send(
        &self,
        connection: &mut Connection,
        method: &str,
        object: &str,
        parameters: &[(&str, &str)],
        body: &[u8],
        hash: &mut Sha256,
    ) -> Outcome<Response> {
        let path = self.signer.presign(method, object, parameters)?;
        let request = Request { method, path: &path, headers: &[], body };
        connection.send_shown(&request, &mut |slice| hash.update(slice))
    }
}

fn object(thread: usize, number: usize) -> String {
    format!("/floor/bare-{thread}-{number}")
}

/// Out of the answer that begins an upload of parts.
fn upload_id(answer: &str) -> Outcome<String> {
    let id = answer.split_once("<UploadId>").and_then(|(_, rest)| rest.split_once("</UploadId>"));
    Ok(id.ok_or_else(|| format!("no upload begun: {answer}"))?.0.to_owned())
}

/// The body of the request that ends it. Parts are numbered from 1.
fn completion(tags: &[String]) -> String {
    let parts = tags.iter().zip(1_u32..);
    let parts = parts
        .map(|(tag, number)| format!("<Part><ETag>{tag}</ETag><PartNumber>{number}</PartNumber></Part>"));
    let parts = parts.collect::<String>();
    format!(
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{parts}</CompleteMultipartUpload>"
    )
}

#[cfg(test)]
mod tests;
