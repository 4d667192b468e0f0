//! Signed URLs without a secret: they say in plain text what they lead to, and can be read back.

use std::fmt::Write as _;

use async_trait::async_trait;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::blobs::{
    BlobKey, Disposition, DownloadLink, LinkTarget, PartLink, PartWrite, SignDownload, SignParts, SignedPart,
    SignedUrl, WriteId,
};
use crate::body::ByteSize;
use crate::clock::Timestamp;
use crate::error::PortResult;
use crate::files::{FileName, Sha256};
use crate::ids::{BlobId, UploadId, UserId};

/// What is escaped in a field: all but letters, digits, and the marks of ids and names.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// Signs downloads as `http://files.test/<bucket>/<blob>?…`.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainLinks;

impl PlainLinks {
    /// What a URL of ours leads to, to the second.
    #[must_use]
    pub fn open(url: &str) -> Option<DownloadLink> {
        let fields = Fields::of(url)?;
        let sha256 = match fields.text("sha256")?.as_str() {
            "" => None,
            hash => Some(Sha256::parse(hash)?),
        };
        let disposition =
            if fields.text("as")? == "inline" { Disposition::Inline } else { Disposition::Attachment };
        let key = BlobKey {
            bucket: fields.text("bucket")?.parse().ok()?,
            id: BlobId::parse(&fields.text("blob")?)?,
        };
        Some(DownloadLink {
            target: LinkTarget {
                key,
                content_type: fields.text("type")?.parse().ok()?,
                disposition,
                filename: FileName::from_stored(&fields.text("name")?).ok()?,
                sha256,
            },
            issued_at: fields.time("from")?,
            expires_at: fields.time("until")?,
        })
    }
}

#[async_trait]
impl SignDownload for PlainLinks {
    async fn sign(&self, link: &DownloadLink) -> PortResult<SignedUrl> {
        let target = &link.target;
        let disposition = if target.disposition == Disposition::Inline { "inline" } else { "attachment" };
        Ok(Fields::default()
            .add("bucket", target.key.bucket.as_str())
            .add("blob", &target.key.id.to_string())
            .add("type", target.content_type.as_str())
            .add("as", disposition)
            .add("name", target.filename.as_str())
            .add("sha256", &target.sha256.map(|hash| hash.to_string()).unwrap_or_default())
            .add("from", &link.issued_at.unix_seconds().to_string())
            .add("until", &link.expires_at.unix_seconds().to_string())
            .url("blob"))
    }
}

/// Signs parts as `http://files.test/part?…`.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainPartLinks;

impl PlainPartLinks {
    /// What a URL of ours allows to send, to the second.
    #[must_use]
    pub fn open(url: &str) -> Option<PartLink> {
        let fields = Fields::of(url)?;
        let key = BlobKey {
            bucket: fields.text("bucket")?.parse().ok()?,
            id: BlobId::parse(&fields.text("blob")?)?,
        };
        Some(PartLink {
            owner: UserId::parse(&fields.text("owner")?)?,
            upload: UploadId::parse(&fields.text("upload")?)?,
            write: PartWrite { key, id: WriteId::new(fields.text("write")?) },
            number: fields.text("number")?.parse().ok()?,
            size: ByteSize::new(fields.text("size")?.parse().ok()?),
            issued_at: fields.time("from")?,
            expires_at: fields.time("until")?,
        })
    }
}

#[async_trait]
impl SignParts for PlainPartLinks {
    async fn sign(&self, link: &PartLink) -> PortResult<SignedPart> {
        let url = Fields::default()
            .add("owner", &link.owner.to_string())
            .add("upload", &link.upload.to_string())
            .add("bucket", link.write.key.bucket.as_str())
            .add("blob", &link.write.key.id.to_string())
            .add("write", link.write.id.as_str())
            .add("number", &link.number.to_string())
            .add("size", &link.size.bytes().to_string())
            .add("from", &link.issued_at.unix_seconds().to_string())
            .add("until", &link.expires_at.unix_seconds().to_string())
            .url("part");
        Ok(SignedPart { method: "PUT", url, headers: Vec::new() })
    }
}

/// The query of a URL.
#[derive(Default)]
struct Fields(String);

impl Fields {
    fn of(url: &str) -> Option<Self> {
        let (origin, query) = url.split_once('?')?;
        origin.starts_with("http://files.test/").then(|| Self(query.to_owned()))
    }

    fn add(mut self, name: &str, value: &str) -> Self {
        let separator = if self.0.is_empty() { "" } else { "&" };
        let value = utf8_percent_encode(value, ESCAPED);
        // Writing to a string can't fail.
        let _written = write!(self.0, "{separator}{name}={value}");
        self
    }

    fn url(self, path: &str) -> SignedUrl {
        SignedUrl::new(&format!("http://files.test/{path}?{}", self.0))
    }

    fn text(&self, wanted: &str) -> Option<String> {
        let mut fields = self.0.split('&').filter_map(|field| field.split_once('='));
        let (_, value) = fields.find(|(name, _)| *name == wanted)?;
        percent_decode_str(value).decode_utf8().ok().map(Into::into)
    }

    fn time(&self, name: &str) -> Option<Timestamp> {
        Some(Timestamp::from_unix_seconds(self.text(name)?.parse().ok()?))
    }
}
