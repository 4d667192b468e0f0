//! A real S3 server on a folder, for tests and benchmarks.
//!
//! It speaks S3 over a socket: signatures, presigned URLs, multipart uploads and ranges are really checked. It is made
//! of `s3s-fs`, with what that lacks: the list of unfinished uploads, `NoSuchUpload` for one that is not there, and a
//! look at the parts of one that is completed.

mod scripted;
mod server;
mod uploads;

pub use scripted::{Answer, Request, ScriptedServer};
pub use server::S3Server;
