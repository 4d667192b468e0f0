//! Lines of items and of old versions.

use fm_domain::archive::{ArchivedNode, ArchivedTrash};
use fm_domain::body::ByteSize;
use fm_domain::files::{File, MediaType, Placeholder, Revision, ThumbnailState, VersionNumber};
use fm_domain::ids::{BlobId, DriveId, FileId, NodeId, UserId};
use fm_domain::tree::{Folder, Item, Label, Seq, Version};
use uuid::Uuid;

use super::format::{FileLine, FolderLine, Line, ThumbnailLine, TrashLine, VersionLine};
use super::lines::{Read, hash, id, invalid, moment, name, number, size, small, text};

fn revision(number_of: u64) -> Read<Revision> {
    match number("revision", number_of)? {
        0 => Err(invalid("revision", "is counted from 1")),
        number => Ok(Revision::new(number)),
    }
}

fn version(field: &'static str, number: u32) -> Read<VersionNumber> {
    match small(field, number)? {
        0 => Err(invalid(field, "is counted from 1")),
        number => Ok(VersionNumber::new(number)),
    }
}

fn content_type(text: &str) -> Read<MediaType> {
    text.parse::<MediaType>().map_err(|error| invalid("content_type", &error))
}

impl Line {
    /// The line of an item.
    pub(super) fn of_node(archived: &ArchivedNode) -> Self {
        match &archived.item {
            Item::Folder(folder) => Self::Folder(Box::new(FolderLine::of(folder, archived))),
            Item::File(file) => Self::File(Box::new(FileLine::of(file, archived))),
        }
    }
}

impl TrashLine {
    fn of(trash: &ArchivedTrash) -> Self {
        match trash {
            ArchivedTrash::Top { at, path } => Self::Top { at: at.unix_micros(), path: path.clone() },
            ArchivedTrash::Below { top } => Self::Below { top: top.uuid() },
        }
    }

    /// How an item with this id stands to the trash.
    fn trash(self, of: Uuid) -> Read<ArchivedTrash> {
        Ok(match self {
            Self::Top { at, path } => {
                ArchivedTrash::Top { at: moment("trash.at", at)?, path: text("trash.path", path)? }
            }
            Self::Below { top } if top == of => return Err(invalid("trash.top", "is the item itself")),
            Self::Below { top } => ArchivedTrash::Below { top: NodeId::new(id("trash.top", top)?) },
        })
    }
}

impl FolderLine {
    /// A root has no line: its parent and its name are never asked for.
    fn of(folder: &Folder, archived: &ArchivedNode) -> Self {
        Self {
            id: folder.id.uuid(),
            owner: folder.drive.owner().uuid(),
            parent: folder.parent.unwrap_or(NodeId::root(folder.drive)).uuid(),
            name: folder.name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
            revision: folder.revision.number(),
            changed: archived.changed.number(),
            created_at: folder.created_at.unix_micros(),
            updated_at: folder.updated_at.unix_micros(),
            modified_at: folder.modified_at.unix_micros(),
            trash: archived.trash.as_ref().map(TrashLine::of),
        }
    }

    pub(super) fn archived(self) -> Read<ArchivedNode> {
        let folder = Folder {
            id: NodeId::new(id("id", self.id)?),
            drive: DriveId::new(id("owner", self.owner)?),
            parent: Some(NodeId::new(id("parent", self.parent)?)),
            name: Some(name(&self.name)?),
            revision: revision(self.revision)?,
            created_at: moment("created_at", self.created_at)?,
            updated_at: moment("updated_at", self.updated_at)?,
            modified_at: moment("modified_at", self.modified_at)?,
        };
        Ok(ArchivedNode {
            trash: self.trash.map(|trash| trash.trash(self.id)).transpose()?,
            changed: Seq::new(number("changed", self.changed)?),
            thumbnail_size: None,
            item: folder.into(),
        })
    }
}

impl FileLine {
    fn of(file: &File, archived: &ArchivedNode) -> Self {
        Self {
            id: file.id.uuid(),
            owner: file.owner.uuid(),
            name: file.name.as_str().to_owned(),
            content_type: file.content_type.to_string(),
            size: file.size.bytes(),
            sha256: file.sha256.map(|hash| hash.to_string()),
            blob: file.blob.uuid(),
            thumbnail: ThumbnailLine::of(&file.thumbnail, archived.thumbnail_size),
            revision: file.revision.number(),
            created_at: file.created_at.unix_micros(),
            updated_at: file.updated_at.unix_micros(),
            parent: Some(file.parent.uuid()),
            version: Some(file.version.number()),
            content_at: Some(file.content_at.unix_micros()),
            modified_at: Some(file.modified_at.unix_micros()),
            changed: archived.changed.number(),
            trash: archived.trash.as_ref().map(TrashLine::of),
        }
    }

    pub(super) fn archived(self) -> Read<ArchivedNode> {
        let (thumbnail, thumbnail_size) = self.thumbnail.state()?;
        let owner = UserId::new(id("owner", self.owner)?);
        let root = NodeId::root(DriveId::of_user(owner)).uuid();
        let content_at = self.content_at.unwrap_or(self.created_at);
        let file = File {
            id: FileId::new(id("id", self.id)?),
            owner,
            parent: NodeId::new(id("parent", self.parent.unwrap_or(root))?),
            name: name(&self.name)?,
            content_type: content_type(&self.content_type)?,
            size: size("size", self.size)?,
            sha256: self.sha256.map(|text| hash("sha256", &text)).transpose()?,
            blob: BlobId::new(id("blob", self.blob)?),
            version: version("version", self.version.unwrap_or(VersionNumber::FIRST.number()))?,
            thumbnail,
            revision: revision(self.revision)?,
            created_at: moment("created_at", self.created_at)?,
            updated_at: moment("updated_at", self.updated_at)?,
            content_at: moment("content_at", content_at)?,
            modified_at: moment("modified_at", self.modified_at.unwrap_or(content_at))?,
        };
        Ok(ArchivedNode {
            trash: self.trash.map(|trash| trash.trash(self.id)).transpose()?,
            changed: Seq::new(number("changed", self.changed)?),
            thumbnail_size,
            item: file.into(),
        })
    }
}

impl VersionLine {
    pub(super) fn of(owner: UserId, version: &Version) -> Self {
        Self {
            owner: owner.uuid(),
            file: version.file.uuid(),
            number: version.number.number(),
            content_type: version.content_type.to_string(),
            size: version.size.bytes(),
            sha256: version.sha256.map(|hash| hash.to_string()),
            blob: version.blob.uuid(),
            created_by: version.created_by.uuid(),
            created_at: version.created_at.unix_micros(),
            replaced_at: version.replaced_at.unix_micros(),
            is_pinned: version.is_pinned,
            label: version.label.as_ref().map(ToString::to_string),
        }
    }

    pub(super) fn archived(self) -> Read<(UserId, Version)> {
        let label = self.label.as_deref().map(str::parse::<Label>).transpose();
        let read = Version {
            file: FileId::new(id("file", self.file)?),
            number: version("number", self.number)?,
            content_type: content_type(&self.content_type)?,
            size: size("size", self.size)?,
            sha256: self.sha256.map(|text| hash("sha256", &text)).transpose()?,
            blob: BlobId::new(id("blob", self.blob)?),
            created_by: UserId::new(id("created_by", self.created_by)?),
            created_at: moment("created_at", self.created_at)?,
            replaced_at: moment("replaced_at", self.replaced_at)?,
            is_pinned: self.is_pinned,
            label: label.map_err(|error| invalid("label", &error))?,
        };
        Ok((UserId::new(id("owner", self.owner)?), read))
    }
}

impl ThumbnailLine {
    /// A thumbnail that does not count as stored is made again.
    fn of(state: &ThumbnailState, size: Option<ByteSize>) -> Self {
        match (*state, size) {
            (ThumbnailState::None, _) => Self::None,
            (ThumbnailState::Pending, _) | (ThumbnailState::Ready { .. }, None) => Self::Pending,
            (ThumbnailState::Failed { times }, _) => Self::Failed { times },
            (ThumbnailState::Ready { blob, width, height, placeholder }, Some(size)) => Self::Ready {
                blob: blob.uuid(),
                width,
                height,
                size: size.bytes(),
                placeholder: placeholder.map(|placeholder| placeholder.to_string()),
            },
        }
    }

    fn state(self) -> Read<(ThumbnailState, Option<ByteSize>)> {
        Ok(match self {
            Self::None => (ThumbnailState::None, None),
            Self::Pending => (ThumbnailState::Pending, None),
            Self::Failed { times } => {
                (ThumbnailState::Failed { times: small("thumbnail.times", times)? }, None)
            }
            Self::Ready { width: 0, .. } | Self::Ready { height: 0, .. } => {
                return Err(invalid("thumbnail", "has no pixels"));
            }
            Self::Ready { blob, width, height, size: bytes, placeholder } => {
                let placeholder = placeholder.map(|text| {
                    Placeholder::parse(&text)
                        .ok_or_else(|| invalid("thumbnail.placeholder", "is no ThumbHash"))
                });
                let state = ThumbnailState::Ready {
                    blob: BlobId::new(id("thumbnail.blob", blob)?),
                    width: small("thumbnail.width", width)?,
                    height: small("thumbnail.height", height)?,
                    placeholder: placeholder.transpose()?,
                };
                (state, Some(size("thumbnail.size", bytes)?))
            }
        })
    }
}
