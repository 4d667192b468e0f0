//! Uploads that take many requests: resumable ones (tus), whose bytes come through us, and direct ones, whose bytes go
//! straight to the store. Both are transports of the state machine of every upload (see
//! `files/transfer.rs`): an intent first, then bytes, then one unit from whose commit on the file exists.
//!
//! Any process may acquire such an upload at any time, also while another still works on it. So the row of an upload has
//! an epoch: a request that acquires it raises the epoch, and a request with an older one changes nothing any more, neither
//! in the database (every update names the epoch) nor in the store (every append carries it as its fence).
//!
//! ```text
//! AppendToUpload ─▶ acquire ─▶ Receiver ─┬▶ ChunkSource    reads the body
//!                                        ├▶ OffloadedHasher
//!                                        ├▶ ResumableStore appends
//!                                        └▶ Checkpoints    save how far it is
//!                           └▶ complete ─▶ commit_upload   the file exists
//! ```

mod acquire;
mod append;
mod cancel;
mod checkpoint;
mod chunks;
mod complete;
mod complete_direct;
mod context;
mod create;
mod create_direct;
mod create_resumable;
mod error;
#[cfg(test)]
mod fixture;
mod part_plan;
mod receive;
mod receive_part;
mod resume;

pub use append::{AppendCommand, AppendToUpload};
pub use cancel::CancelUpload;
pub use complete_direct::{CompleteDirect, CompleteDirectCommand};
pub(crate) use context::{Context, expire, release_blob, unreserve};
pub use create_direct::{CreateDirect, CreateDirectCommand, DirectPart, DirectUpload};
pub use create_resumable::{CreateResumable, CreateResumableCommand, CreatedUpload, FirstBytes};
pub use error::ResumableError;
pub(crate) use part_plan::part_size;
pub use receive_part::{PartError, ReceivePart, ReceivedPart};
pub use resume::ResumeUpload;

use crate::ports::{Ports, Settings};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::files::{CharsetCheck, FileName, HEAD_BYTES, MediaType, sniff};
use fm_domain::ids::{FileId, NodeId, UploadId};
use fm_domain::uploads::{Transport, Upload, UploadStatus};

/// Resumable uploads, where they are offered.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct ResumableUploads {
    pub create: CreateResumable,
    pub append: AppendToUpload,
    pub resume: ResumeUpload,
    pub cancel: CancelUpload,
}

impl ResumableUploads {
    /// The use cases on these ports; `None` where they are switched off or the store can't serve them.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings) -> Option<Self> {
        let store = ports.resumable.as_ref().filter(|_| settings.resumable_uploads)?;
        let context = Context::new(ports, settings);
        Some(Self {
            create: CreateResumable::new(&context, store),
            append: AppendToUpload::new(&context, store),
            resume: ResumeUpload::new(&context, store),
            cancel: CancelUpload::new(&context, Transport::Resumable),
        })
    }
}

/// Direct uploads, where they are offered.
pub struct DirectUploads {
    /// Creates them.
    pub create: CreateDirect,
    /// Completes them.
    pub complete: CompleteDirect,
    /// Cancels them.
    pub cancel: CancelUpload,
    /// Takes their parts, where those are sent to ourselves.
    pub receive_part: Option<ReceivePart>,
}

impl DirectUploads {
    /// The use cases on these ports; `None` where they are switched off or the store can't serve them.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings) -> Option<Self> {
        let direct = ports.direct.as_ref().filter(|_| settings.direct_uploads)?;
        let context = Context::new(ports, settings);
        Some(Self {
            create: CreateDirect::new(&context, direct),
            complete: CompleteDirect::new(&context, direct, ports, settings),
            cancel: CancelUpload::new(&context, Transport::Direct),
            receive_part: ReceivePart::new(&context, direct),
        })
    }
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Its id.
    pub id: UploadId,
    /// Bytes that are durable.
    pub offset: ByteSize,
    /// How many there will be, where that is known.
    pub length: Option<ByteSize>,
    /// What the client said of it, unchanged.
    pub metadata: String,
    /// When it expires unless more bytes are received.
    pub expires_at: Timestamp,
    /// The file that it is now.
    pub file: Option<FileId>,
    /// The name that was asked for, where it was taken; only the request that completes an upload is told.
    pub requested_name: Option<FileName>,
    /// The folder that was asked for, where it went away while the bytes came: the file is in the root. Only the request that completes an
    /// upload is told.
    pub moved_from: Option<NodeId>,
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
            requested_name: None,
            moved_from: None,
        }
    }
}

/// The media type of an upload by the bytes received so far, with the charset where all were looked at for it.
fn content_type(upload: &Upload) -> MediaType {
    let found = if upload.offset > ByteSize::ZERO && upload.head.is_empty() {
        upload.claimed_type.clone().unwrap_or_else(MediaType::octet_stream)
    } else {
        sniff(&upload.head, upload.claimed_type.as_ref())
    };
    found.or_charset(upload.whole_charset_check().and_then(CharsetCheck::finish))
}

/// Looks at received bytes until the first [`HEAD_BYTES`] are there. Then the type that they show takes the place of the
/// one that the client claimed.
fn look_at_head(upload: &mut Upload, bytes: &[u8]) {
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
