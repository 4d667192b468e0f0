//! Uploads that take many requests: resumable ones (tus), whose bytes come through us, and direct ones, whose bytes go
//! straight to the store. Both are transports of the state machine of every upload (see
//! `usecase/file/transfer.rs`): an intent first, then bytes, then one unit from whose commit on the file exists.
//!
//! What takes many requests may be taken up by any process at any time, also while another still works on it. So the
//! row of an upload has an epoch: whoever takes it up raises it, and whoever has an older one changes nothing any more,
//! neither in the database (every update names the epoch) nor in the store (every part carries it as its fence, or has
//! a number that is never used again).

mod append;
mod aside;
mod cancel;
mod complete_direct;
mod context;
mod create_direct;
mod create_resumable;
mod digester;
mod error;
mod finish;
mod hashers;
mod open;
mod piece;
mod plan;
mod portion;
mod receive_part;
mod save;
mod show;
mod take_up;
mod writing;

pub use append::{AppendCommand, AppendToUpload};
pub use cancel::CancelUpload;
pub use complete_direct::{CompleteDirect, CompleteDirectCommand};
pub(crate) use context::{Context, clear, expire, unreserve};
pub use create_direct::{CreateDirect, CreateDirectCommand, DirectPart, DirectUpload};
pub use create_resumable::{CreateResumable, CreateResumableCommand};
pub use error::ResumableError;
pub(crate) use plan::part_size;
pub use receive_part::{PartError, ReceivePart, ReceivedPart};
pub use show::ShowUpload;

use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::file::{HEAD_BYTES, MediaType, sniff};
use crate::ids::{FileId, UploadId};
use crate::upload::{Upload, UploadStatus};

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Which.
    pub id: UploadId,
    /// Bytes that are durable.
    pub offset: ByteSize,
    /// How many there will be, where that is known.
    pub length: Option<ByteSize>,
    /// What the client said of it, as it came.
    pub metadata: String,
    /// Until when it can go on, unless more comes.
    pub expires_at: Timestamp,
    /// The file that it is now.
    pub file: Option<FileId>,
}

impl Progress {
    fn of(upload: &Upload) -> Self {
        Self {
            id: upload.id,
            offset: upload.offset,
            length: upload.length,
            metadata: upload.metadata.clone(),
            expires_at: upload.expires_at,
            file: match upload.status {
                UploadStatus::Complete(file) => Some(file),
                UploadStatus::Open | UploadStatus::Expired => None,
            },
        }
    }
}

/// What an upload is, as far as its bytes came.
fn content_type(upload: &Upload) -> MediaType {
    if upload.offset > ByteSize::ZERO && upload.head.is_empty() {
        return upload.claimed_type.clone().unwrap_or_else(MediaType::octet_stream);
    }
    sniff(&upload.head, upload.claimed_type.as_ref())
}

/// Looks at bytes that came, as long as the first ones are wanted. Once they are there what they say takes the place
/// of what the client said.
fn look(upload: &mut Upload, bytes: &[u8]) {
    if bytes.is_empty() || (upload.offset > ByteSize::ZERO && upload.head.is_empty()) {
        return;
    }
    let wanted = HEAD_BYTES - upload.head.len();
    let head = [&upload.head, &bytes[..wanted.min(bytes.len())]].concat();
    upload.head = head.into();
    if upload.head.len() >= HEAD_BYTES {
        upload.claimed_type = Some(sniff(&upload.head, upload.claimed_type.as_ref()));
        upload.head = bytes::Bytes::new();
    }
}
