//! Presigned PUT URLs (AWS Signature Version 4, query parameters), so that the floor's client need not sign.

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
    let host = s3.address.to_string();
    let time = output(Command::new("date").args(["-u", "+%Y%m%dT%H%M%SZ"]))?;
    let signer = Signer {
        access_key: &s3.access.access_key_id,
        secret_key: &s3.access.secret_access_key,
        region: &s3.access.region,
        host: &host,
        time: time.trim(),
    };
    let mut lines = String::new();
    for number in 0..count {
        lines.push_str(&signer.presign("PUT", &format!("/floor/object-{number}"))?);
        lines.push('\n');
    }
    Ok(fs::write(file, lines)?)
}

/// Who signs, and where and when.
struct Signer<'a> {
    access_key: &'a str,
    secret_key: &'a str,
    region: &'a str,
    host: &'a str,
    /// As `20130524T000000Z`.
    time: &'a str,
}

impl Signer<'_> {
    /// The path and query that may be sent with this method for a day.
    fn presign(&self, method: &str, path: &str) -> Outcome<String> {
        let date = self.time.get(..8).ok_or("not a time")?;
        let scope = format!("{date}/{}/s3/aws4_request", self.region);
        let credential = format!("{}/{scope}", self.access_key);
        let credential = utf8_percent_encode(&credential, ENCODED);
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={}&X-Amz-Expires=86400&X-Amz-SignedHeaders=host",
            self.time
        );
        let canonical = format!("{method}\n{path}\n{query}\nhost:{}\n\nhost\nUNSIGNED-PAYLOAD", self.host);
        let hashed = hex::encode(Sha256::digest(canonical.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{hashed}", self.time);
        let mut key = mac(format!("AWS4{}", self.secret_key).as_bytes(), date)?;
        for part in [self.region, "s3", "aws4_request"] {
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
