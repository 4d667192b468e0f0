//! Presigned URLs (AWS Signature Version 4, query parameters), so that clients of floors need not sign.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use fm_testkit::Outcome;
use fm_testkit::process::output;
use fm_testkit::s3::S3Process;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// Everything but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Writes a file with presigned paths, one a line, each to PUT an object of its own into the bucket `floor`.
pub(crate) fn write_put_paths(s3: &S3Process, count: usize, file: &Path) -> Outcome<()> {
    let signer = Signer::of(s3)?;
    let mut lines = String::new();
    for number in 0..count {
        lines.push_str(&signer.presign("PUT", &format!("/floor/object-{number}"), &[])?);
        lines.push('\n');
    }
    Ok(fs::write(file, lines)?)
}

/// Who signs, and where and when.
pub(crate) struct Signer {
    access_key: String,
    secret_key: String,
    region: String,
    host: String,
    /// As `20130524T000000Z`.
    time: String,
}

impl Signer {
    /// With the key of this server, from now on.
    pub(crate) fn of(s3: &S3Process) -> Outcome<Self> {
        let time = output(Command::new("date").args(["-u", "+%Y%m%dT%H%M%SZ"]))?;
        Ok(Self {
            access_key: s3.access.access_key_id.clone(),
            secret_key: s3.access.secret_access_key.clone(),
            region: s3.access.region.clone(),
            host: s3.address.to_string(),
            time: time.trim().to_owned(),
        })
    }

    /// The path and query that may be sent with this method for a day. The parameters are in the order of their names,
    /// which are sorted behind `X-Amz-`: lower-case letters are.
    pub(crate) fn presign(&self, method: &str, path: &str, parameters: &[(&str, &str)]) -> Outcome<String> {
        let date = self.time.get(..8).ok_or("not a time")?;
        let scope = format!("{date}/{}/s3/aws4_request", self.region);
        let credential = format!("{}/{scope}", self.access_key);
        let credential = utf8_percent_encode(&credential, ENCODED);
        let mut query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={}&X-Amz-Expires=86400&X-Amz-SignedHeaders=host",
            self.time
        );
        for (name, value) in parameters {
            write!(query, "&{name}={}", utf8_percent_encode(value, ENCODED))?;
        }
        let canonical = format!("{method}\n{path}\n{query}\nhost:{}\n\nhost\nUNSIGNED-PAYLOAD", self.host);
        let hashed = hex::encode(Sha256::digest(canonical.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{hashed}", self.time);
        let mut key = mac(format!("AWS4{}", self.secret_key).as_bytes(), date)?;
        for part in [self.region.as_str(), "s3", "aws4_request"] {
            key = mac(&key, part)?;
        }
        let signature = hex::encode(mac(&key, &text)?);
        Ok(format!("{path}?{query}&X-Amz-Signature={signature}"))
    }
}

fn mac(key: &[u8], text: &str) -> Outcome<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key)?;
    mac.update(text.as_bytes());
    Ok(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests;
