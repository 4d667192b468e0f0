//! Presigned URLs by AWS Signature Version 4.
//!
//! The SDK's own way builds a whole request with its endpoint, its interceptors and a fresh signing key for each URL.
//! What is signed here has few forms, and the signing key serves a whole day: two hashes and one HMAC are left.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use chrono::{DateTime, Utc};
use fm_domain::clock::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

use crate::endpoint::BucketAddress;

/// What the signature counts as plain: `unreserved` of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Days whose keys are kept: links of one window may have been issued on two.
const DAYS: usize = 8;

/// A request to be signed.
pub(crate) struct Presigned<'a> {
    pub(crate) method: &'static str,
    pub(crate) address: &'a BucketAddress,
    /// Plain ASCII that needs no encoding.
    pub(crate) key: &'a str,
    pub(crate) signed_at: Timestamp,
    /// From then on; in seconds, 1 to 604,800.
    pub(crate) expires_in: u64,
    /// Exactly how many bytes have to be sent, if that is to be signed.
    pub(crate) content_length: Option<u64>,
    /// The rest of the query, in the order of the names, which begin with a small letter.
    pub(crate) query: &'a [(&'a str, &'a str)],
}

/// The longest life that a signature can have, in seconds.
const LONGEST_LIFE: i64 = 604_800;

/// From when on and for how many seconds a signature is good that has to end on time. A longer life than a signature
/// has counts from a week before its end.
pub(crate) fn life(issued_at: Timestamp, expires_at: Timestamp) -> (Timestamp, u64) {
    let ends = expires_at.unix_seconds();
    // At least a second: what is expired when it is signed is expired for the store too.
    let starts = issued_at.unix_seconds().clamp(ends - LONGEST_LIFE, ends - 1);
    (Timestamp::from_unix_seconds(starts), u64::try_from(ends - starts).unwrap_or(1))
}

/// Signs with one access key, for one region.
pub(crate) struct Signer {
    region: String,
    access_key_id: String,
    secret_access_key: String,
    /// By day since 1970.
    keys: Cache<i64, [u8; 32]>,
}

impl Signer {
    pub(crate) fn new(region: String, access_key_id: String, secret_access_key: String) -> Self {
        Self { region, access_key_id, secret_access_key, keys: Cache::new(DAYS) }
    }

    /// The URL.
    pub(crate) fn presign(&self, request: &Presigned<'_>) -> String {
        let time = DateTime::<Utc>::from(request.signed_at).format("%Y%m%dT%H%M%SZ").to_string();
        let day = time.get(..8).unwrap_or_default();
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let BucketAddress { origin, host, path } = request.address;
        let (length, signed) = match request.content_length {
            Some(length) => (format!("content-length:{length}\n"), "content-length;host"),
            None => (String::new(), "host"),
        };
        let query = self.query(request, &time, &scope, signed);
        let Presigned { method, key, .. } = request;
        let canonical =
            format!("{method}\n{path}{key}\n{query}\n{length}host:{host}\n\n{signed}\nUNSIGNED-PAYLOAD");
        let hash = hex::encode(Sha256::digest(canonical));
        let signature = calculate_signature(
            self.key(request.signed_at),
            format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}").as_bytes(),
        );
        format!("{origin}{path}{key}?{query}&X-Amz-Signature={signature}")
    }

    /// In the order of the names, as it is signed.
    fn query(&self, request: &Presigned<'_>, time: &str, scope: &str, signed: &str) -> String {
        let encoded = |text| utf8_percent_encode(text, ENCODED);
        let mut query = String::with_capacity(512);
        // Writing to a string can't fail.
        let _ = write!(
            query,
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={id}%2F{scope}&X-Amz-Date={time}\
             &X-Amz-Expires={expires}&X-Amz-SignedHeaders={signed}",
            id = encoded(&self.access_key_id),
            scope = encoded(scope),
            expires = request.expires_in,
            signed = encoded(signed),
        );
        for (name, value) in request.query {
            let _ = write!(query, "&{name}={}", encoded(value));
        }
        query
    }

    fn key(&self, at: Timestamp) -> [u8; 32] {
        let day = at.unix_seconds().div_euclid(86_400);
        if let Some(key) = self.keys.get(&day) {
            return key;
        }
        let since = Duration::from_secs(u64::try_from(at.unix_seconds()).unwrap_or(0));
        let derived = generate_signing_key(&self.secret_access_key, UNIX_EPOCH + since, &self.region, "s3");
        let mut key = [0; 32];
        for (byte, derived) in key.iter_mut().zip(derived.as_ref()) {
            *byte = *derived;
        }
        self.keys.insert(day, key);
        key
    }
}
