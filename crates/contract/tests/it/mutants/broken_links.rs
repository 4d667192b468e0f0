//! Signers of URLs with one fault, each with a fake server that believes them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use fm_contract::{Fetched, SignDownloadHarness};
use fm_domain::blobs::{
    BlobKey, BlobStore, Bucket, ByteRange, Disposition, DownloadLink, GetBlob, SignDownload, SignedUrl,
};
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;
use fm_memory::{ManualClock, MemoryBlobStore};
use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};

use crate::mutants::{mutants, passes_decorated};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    IgnoresExpiry,
    ChecksNothing,
    SignsTheKeyAlone,
    NeverSignsTheSame,
    IgnoresRanges,
    RangesAreOneByteLate,
    ForgetsNames,
    AlwaysAttaches,
    ForgetsTheBucket,
    ServesNothing,
    ForgivesAMinute,
    ServesNoEmptyBlob,
    CachesUrlsOfABlob,
    GivesTheTypeOfEveryBlobAsBinary,
}

const ORIGIN: &str = "https://fake.example/";

struct Fake {
    blobs: MemoryBlobStore,
    fault: Fault,
    /// URLs that were signed, by what a careless cache goes by.
    signed: Mutex<HashMap<(BlobKey, Disposition, Timestamp), String>>,
}

/// Every byte as `%XX`.
fn escaped(text: &str) -> String {
    hex::encode_upper(text)
        .as_bytes()
        .chunks(2)
        .flat_map(|digits| [b'%', digits[0], digits[1]])
        .map(char::from)
        .collect()
}

fn refusal(status: u16) -> Fetched {
    Fetched { status, headers: Vec::new(), body: Bytes::from_static(b"no") }
}

/// `bytes=a-b`, `bytes=a-` or `bytes=-n`.
fn parsed(range: &str) -> ByteRange {
    let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) => ByteRange::Between { first, last },
        (Ok(first), Err(_)) => ByteRange::From { first },
        (Err(_), Ok(length)) => ByteRange::Last { length },
        (Err(_), Err(_)) => panic!("{range} is no range"),
    }
}

impl Fake {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn mac(&self, path: &str, query: &str) -> String {
        let query = if self.is(Fault::SignsTheKeyAlone) { "" } else { query };
        hex::encode(Sha256::new().chain_update("secret").chain_update(path).chain_update(query).finalize())
    }

    async fn serve(&self, url: &str, range: Option<&str>) -> Option<Fetched> {
        let (path, query) = url.strip_prefix(ORIGIN)?.split_once('?')?;
        let (signed, mac) = query.rsplit_once("&mac=")?;
        if self.mac(path, signed) != mac && !self.is(Fault::ChecksNothing) {
            return None;
        }
        let field =
            |name: &str| signed.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let grace = if self.is(Fault::ForgivesAMinute) { 60 } else { 0 };
        if field("expires")?.parse::<u64>().ok()? + grace <= now && !self.is(Fault::IgnoresExpiry) {
            return None;
        }
        let (bucket, id) = path.split_once('/')?;
        let key = BlobKey { bucket: bucket.parse::<Bucket>().ok()?, id: BlobId::parse(id)? };
        let range = range.filter(|_| !self.is(Fault::IgnoresRanges)).map(parsed);
        let name = if self.is(Fault::ForgetsNames) { "file" } else { field("name")? };
        let disposition = if self.is(Fault::AlwaysAttaches) { "attachment" } else { field("show")? };
        let binary = self.is(Fault::GivesTheTypeOfEveryBlobAsBinary);
        let content_type = if binary { "application/octet-stream" } else { field("type")? };
        let headers = vec![
            ("Content-Type".to_owned(), content_type.to_owned()),
            ("Content-Disposition".to_owned(), format!("{disposition}; filename*=UTF-8''{name}")),
        ];
        Some(self.answer(&key, range, headers).await)
    }

    async fn answer(
        &self,
        key: &BlobKey,
        range: Option<ByteRange>,
        mut headers: Vec<(String, String)>,
    ) -> Fetched {
        let reader = match self.blobs.get(key, range).await {
            Ok(reader) if reader.size.bytes() == 0 && self.is(Fault::ServesNoEmptyBlob) => {
                return refusal(404);
            }
            Ok(reader) if !self.is(Fault::ServesNothing) => reader,
            Err(GetBlob::Range(_)) => return refusal(416),
            Ok(_) | Err(GetBlob::NotFound | GetBlob::Store(_)) => return refusal(404),
        };
        let mut status = 200;
        if let Some(range) = reader.range {
            status = 206;
            let first = range.first + u64::from(self.is(Fault::RangesAreOneByteLate));
            headers.push((
                "content-range".to_owned(),
                format!("bytes {first}-{}/{}", range.last, reader.size.bytes()),
            ));
        }
        let body: Bytes = reader.bytes.try_collect::<Vec<Bytes>>().await.unwrap().concat().into();
        headers.push(("content-length".to_owned(), body.len().to_string()));
        Fetched { status, headers, body }
    }
}

#[async_trait]
impl SignDownload for Fake {
    async fn sign(&self, link: &DownloadLink) -> PortResult<SignedUrl> {
        let target = &link.target;
        let bucket = if self.is(Fault::ForgetsTheBucket) { Bucket::Files } else { target.key.bucket };
        let path = format!("{}/{}", bucket.as_str(), target.key);
        let mut query = format!(
            "expires={}&type={}&show={}&name={}",
            link.expires_at.unix_seconds(),
            target.content_type,
            target.disposition.as_str(),
            escaped(target.filename.as_str()),
        );
        if self.is(Fault::NeverSignsTheSame) {
            query = format!("{query}&at={}", uuid::Uuid::now_v7());
        }
        let mac = self.mac(&path, &query);
        let url = format!("{ORIGIN}{path}?{query}&mac={mac}");
        if self.is(Fault::CachesUrlsOfABlob) {
            let known = (target.key, target.disposition, link.expires_at);
            return Ok(SignedUrl::new(self.signed.lock().unwrap().entry(known).or_insert(url)));
        }
        Ok(SignedUrl::new(&url))
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        struct $name(Arc<Fake>);

        #[async_trait]
        impl SignDownloadHarness for $name {
            async fn fresh() -> Self {
                let clock = ManualClock::new(Timestamp::from_unix_seconds(1_750_000_000));
                let blobs = MemoryBlobStore::new(Arc::new(clock));
                Self(Arc::new(Fake { blobs, fault: $fault, signed: Mutex::default() }))
            }

            fn blobs(&self) -> Arc<dyn BlobStore> {
                Arc::new(self.0.blobs.clone())
            }

            fn signer(&self) -> Arc<dyn SignDownload> {
                self.0.clone()
            }

            async fn fetch(&self, url: &str, range: Option<&str>) -> Fetched {
                self.0.serve(url, range).await.unwrap_or_else(|| refusal(403))
            }
        }
    };
}

mutants! {
    a_signer_without_a_fault_breaks_no_rule: broken(Fault::None) => sign_download, [];
    a_signer_whose_urls_never_expire: broken(Fault::IgnoresExpiry) => sign_download,
        ["LINK-03", "LINK-09"];
    a_signer_that_checks_nothing: broken(Fault::ChecksNothing) => sign_download, ["LINK-04"];
    a_signer_that_signs_the_key_alone: broken(Fault::SignsTheKeyAlone) => sign_download, ["LINK-04"];
    a_signer_that_never_signs_the_same: broken(Fault::NeverSignsTheSame) => sign_download, ["LINK-02"];
    a_server_that_ignores_ranges: broken(Fault::IgnoresRanges) => sign_download, ["LINK-05"];
    a_server_whose_ranges_are_one_byte_late: broken(Fault::RangesAreOneByteLate) => sign_download, ["LINK-05"];
    a_signer_that_forgets_names: broken(Fault::ForgetsNames) => sign_download, ["LINK-06", "LINK-10"];
    a_signer_that_always_attaches: broken(Fault::AlwaysAttaches) => sign_download, ["LINK-06"];
    a_signer_that_forgets_the_bucket: broken(Fault::ForgetsTheBucket) => sign_download, ["LINK-07"];
    a_server_that_serves_nothing: broken(Fault::ServesNothing) => sign_download,
        ["LINK-01", "LINK-05", "LINK-06", "LINK-09", "LINK-10"];
    a_server_that_forgives_a_minute: broken(Fault::ForgivesAMinute) => sign_download, ["LINK-09"];
    a_signer_that_caches_urls_of_a_blob: broken(Fault::CachesUrlsOfABlob) => sign_download, ["LINK-10"];
    a_server_that_gives_the_type_of_every_blob_as_binary: broken(Fault::GivesTheTypeOfEveryBlobAsBinary) =>
        sign_download, ["LINK-06", "LINK-10"];
    a_server_that_serves_no_empty_blob: broken(Fault::ServesNoEmptyBlob) => sign_download, ["LINK-09"];
}

passes_decorated! {
    a_decorated_signer_breaks_no_rule: broken(Fault::None) => sign_download
}
