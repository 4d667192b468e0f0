//! Blobs of parts that clients send to the program, which writes them here in pieces named by their offsets.

use async_trait::async_trait;
use bytes::Bytes;
use fm_domain::blobs::{
    BlobKey, CompleteParts, DirectStore, PartLimits, PartReceiver, PartWrite, StoredBlob, WriteId, WritePart,
    WrittenPart,
};
use fm_domain::body::{ByteSize, PartBytes};
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use futures_util::TryStreamExt as _;
use opendal::ErrorKind;
use uuid::Uuid;

use super::unfinished::{Outcome, Piece, Write, fresh_name};
use super::{OpendalBlobStore, failed};

const LIMITS: PartLimits =
    PartLimits { least: ByteSize::new(1), most: ByteSize::new(5 << 30), most_parts: 10_000 };

/// The write that `begin` named; none of ours has another form of name.
fn named(write: &PartWrite) -> Option<Write<'_>> {
    Some(Write { key: &write.key, name: Uuid::parse_str(write.id.as_str()).ok()? })
}

fn place(write: Write<'_>, offset: u64) -> String {
    format!("{}at-{offset}", write.folder())
}

impl OpendalBlobStore {
    /// Whether no caller came with a higher fence; from now on none with a lower one is let in. A fence is an object of
    /// its own, so that two nodes that raise it at once both leave theirs.
    async fn admits(&self, write: Write<'_>, fence: u64) -> PortResult<bool> {
        let fences = format!("{}fences/", write.folder());
        let ours = format!("{fences}{fence}");
        if self.size_of(&ours).await?.is_none() {
            self.operator.write(&ours, Bytes::new()).await.map_err(failed)?;
        }
        let mut seen = self.operator.lister(&fences).await.map_err(failed)?;
        while let Some(entry) = seen.try_next().await.map_err(failed)? {
            if entry.name().parse::<u64>().is_ok_and(|other| other > fence) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The pieces that the parts are made of; `None` when bytes are missing. A part that was sent again has new pieces from
    /// its first byte on, each of them ends where the next begins, and old ones between them are not met.
    async fn pieces(&self, write: Write<'_>, parts: &[WrittenPart]) -> PortResult<Option<Vec<Piece>>> {
        let (mut pieces, mut offset) = (Vec::new(), 0);
        let mut parts: Vec<&WrittenPart> = parts.iter().collect();
        parts.sort_by_key(|part| part.number);
        for part in parts {
            let end = offset + part.size.bytes();
            while offset < end {
                let path = place(write, offset);
                let Some(stored) = self.size_of(&path).await?.filter(|stored| *stored > 0) else {
                    return Ok(None);
                };
                let length = stored.min(end - offset);
                pieces.push(Piece { path, length });
                offset += length;
            }
        }
        Ok(Some(pieces))
    }
}

#[async_trait]
impl DirectStore for OpendalBlobStore {
    fn part_limits(&self) -> PartLimits {
        LIMITS
    }

    async fn begin(&self, key: &BlobKey, _content_type: &MediaType) -> PortResult<WriteId> {
        Ok(WriteId::new(self.begin_write(key).await?.to_string()))
    }

    async fn complete(
        &self,
        write: &PartWrite,
        fence: u64,
        parts: &[WrittenPart],
        size: ByteSize,
    ) -> Result<StoredBlob, CompleteParts> {
        let write = named(write).ok_or(CompleteParts::Gone)?;
        let mut pieces = None;
        if self.is_under_way(write).await? {
            if !self.admits(write, fence).await? {
                return Err(CompleteParts::Gone);
            }
            pieces = self.pieces(write, parts).await?;
        }
        match self.put_together(write, pieces, size).await? {
            Outcome::Whole => Ok(StoredBlob { size }),
            Outcome::Mismatch => Err(CompleteParts::Mismatch),
            Outcome::Gone => Err(CompleteParts::Gone),
        }
    }
}

#[async_trait]
impl PartReceiver for OpendalBlobStore {
    async fn write(
        &self,
        write: &PartWrite,
        offset: ByteSize,
        fence: u64,
        bytes: PartBytes,
    ) -> Result<(), WritePart> {
        let write = named(write).ok_or(WritePart::Gone)?;
        if !self.is_under_way(write).await? || !self.admits(write, fence).await? {
            return Err(WritePart::Gone);
        }
        // It takes the place of the piece before in one step: a writer that is cut off leaves that one whole.
        let incoming = format!("{}incoming-{}", write.folder(), fresh_name());
        if !self.store_piece(write, &incoming, bytes).await? {
            return Err(WritePart::Gone);
        }
        match self.operator.rename(&incoming, &place(write, offset.bytes())).await {
            Ok(()) if self.is_under_way(write).await? => Ok(()),
            Ok(()) => {
                self.remove_folder(&write.folder()).await?;
                Err(WritePart::Gone)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Err(WritePart::Gone),
            Err(error) => Err(failed(error).into()),
        }
    }

    async fn sync(&self, _write: &PartWrite) -> PortResult<()> {
        // OpenDAL syncs each piece when it closes it.
        Ok(())
    }
}
