//! Signers of parts with one fault, each with a fake server that believes them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use fm_contract::{Fetched, SignPartsHarness};
use fm_domain::blobs::{
    BlobKey, BlobStore, DirectStore, PartLink, PartReceiver as _, PartWrite, SignParts, SignedPart,
    SignedUrl, WriteId,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::PortResult;
use fm_domain::ids::BlobId;
use fm_memory::{ManualClock, MemoryBlobStore};
use sha2::{Digest as _, Sha256};

use crate::mutants::{mutants, passes_decorated};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    TakesNothing,
    LosesBytes,
    IgnoresTheSize,
    BeginsAnewAfterTheEnd,
    ChecksNothing,
    SignsThePathAlone,
    IgnoresExpiry,
    TakesEachUrlOnce,
    CutsWhatIsTooLong,
}

const ORIGIN: &str = "https://fake.example/";

struct Fake {
    blobs: MemoryBlobStore,
    fault: Fault,
    used: Mutex<HashSet<String>>,
}

fn answer(status: u16) -> Fetched {
    Fetched { status, headers: Vec::new(), body: Bytes::new() }
}

impl Fake {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn mac(&self, path: &str, query: &str) -> String {
        let query = if self.is(Fault::SignsThePathAlone) { "" } else { query };
        hex::encode(Sha256::new().chain_update("secret").chain_update(path).chain_update(query).finalize())
    }

    /// Takes a part to a memory that writes at any place: a part of one number has a place of its own.
    async fn take(&self, url: &str, bytes: Bytes) -> Option<Fetched> {
        let (path, query) = url.strip_prefix(ORIGIN)?.split_once('?')?;
        let (signed, mac) = query.rsplit_once("&mac=")?;
        if self.mac(path, signed) != mac && !self.is(Fault::ChecksNothing) {
            return None;
        }
        let field = |name: &str| -> Option<u64> {
            let field = signed.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
            field?.parse().ok()
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        if field("expires")? <= now && !self.is(Fault::IgnoresExpiry) {
            return None;
        }
        if !self.used.lock().unwrap().insert(url.to_owned()) && self.is(Fault::TakesEachUrlOnce) {
            return None;
        }
        let size = usize::try_from(field("size")?).ok()?;
        let cuts = bytes.len() > size && self.is(Fault::CutsWhatIsTooLong);
        let bytes = if cuts { bytes.slice(..size) } else { bytes };
        if field("size")? != bytes.len() as u64 && !self.is(Fault::IgnoresTheSize) {
            return None;
        }
        let key = BlobKey::file(BlobId::parse(path)?);
        if self.is(Fault::TakesNothing) {
            return Some(answer(500));
        }
        if self.is(Fault::BeginsAnewAfterTheEnd) {
            DirectStore::begin(&self.blobs, &key, &"text/plain".parse().unwrap()).await.unwrap();
            if self.blobs.head(&key).await.unwrap().is_some() {
                return Some(answer(200));
            }
        }
        let write = PartWrite { key, id: WriteId::new(String::new()) };
        let offset = ByteSize::new(field("number")? - 1);
        let bytes = if self.is(Fault::LosesBytes) { Bytes::from(vec![0; bytes.len()]) } else { bytes };
        let written = self.blobs.write(&write, offset, 1, bytes.into()).await;
        Some(answer(if written.is_ok() { 200 } else { 404 }))
    }
}

#[async_trait]
impl SignParts for Fake {
    async fn sign(&self, link: &PartLink) -> PortResult<SignedPart> {
        let path = link.write.key.to_string();
        let query = format!(
            "number={}&size={}&expires={}",
            link.number,
            link.size.bytes(),
            link.expires_at.unix_seconds()
        );
        let mac = self.mac(&path, &query);
        let url = SignedUrl::new(&format!("{ORIGIN}{path}?{query}&mac={mac}"));
        Ok(SignedPart { method: "PUT", url, headers: Vec::new() })
    }
}

macro_rules! broken {
    ($name:ident, $fault:expr) => {
        struct $name(Arc<Fake>);

        #[async_trait]
        impl SignPartsHarness for $name {
            async fn fresh() -> Self {
                let clock = ManualClock::new(Timestamp::from_unix_seconds(1_750_000_000));
                let blobs = MemoryBlobStore::new(Arc::new(clock));
                Self(Arc::new(Fake { blobs, fault: $fault, used: Mutex::default() }))
            }

            fn blobs(&self) -> Arc<dyn BlobStore> {
                Arc::new(self.0.blobs.clone())
            }

            fn parts(&self) -> Arc<dyn DirectStore> {
                Arc::new(self.0.blobs.clone())
            }

            fn signer(&self) -> Arc<dyn SignParts> {
                self.0.clone()
            }

            async fn send(&self, part: &SignedPart, bytes: Bytes) -> Fetched {
                self.0.take(part.url.expose(), bytes).await.unwrap_or_else(|| answer(403))
            }
        }
    };
}

mutants! {
    a_signer_without_a_fault_breaks_no_rule: broken(Fault::None) => sign_parts, [];
    a_server_that_takes_nothing: broken(Fault::TakesNothing) => sign_parts,
        ["PARTLINK-01", "PARTLINK-02", "PARTLINK-03"];
    a_server_that_loses_bytes: broken(Fault::LosesBytes) => sign_parts,
        ["PARTLINK-01", "PARTLINK-02", "PARTLINK-03"];
    a_server_that_ignores_the_size: broken(Fault::IgnoresTheSize) => sign_parts, ["PARTLINK-02"];
    a_server_that_begins_anew_after_the_end: broken(Fault::BeginsAnewAfterTheEnd) => sign_parts,
        ["PARTLINK-02"];
    a_server_that_takes_each_url_once: broken(Fault::TakesEachUrlOnce) => sign_parts, ["PARTLINK-01", "PARTLINK-02"];
    a_server_that_cuts_what_is_too_long: broken(Fault::CutsWhatIsTooLong) => sign_parts, ["PARTLINK-02"];
    a_server_that_checks_nothing: broken(Fault::ChecksNothing) => sign_parts, ["PARTLINK-03"];
    a_signer_that_signs_the_path_alone: broken(Fault::SignsThePathAlone) => sign_parts, ["PARTLINK-03"];
    a_signer_whose_urls_never_expire: broken(Fault::IgnoresExpiry) => sign_parts, ["PARTLINK-03"];
}

passes_decorated! {
    a_decorated_signer_breaks_no_rule: broken(Fault::None) => sign_parts
}
