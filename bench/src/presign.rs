//! Presigned PUT URLs (AWS Signature Version 4, query parameters), so that the floor's client need not sign.

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use crate::Outcome;

/// Everything but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Who signs, and where and when.
pub(crate) struct Signer<'a> {
    pub(crate) access_key: &'a str,
    pub(crate) secret_key: &'a str,
    pub(crate) region: &'a str,
    pub(crate) host: &'a str,
    /// As `20130524T000000Z`.
    pub(crate) time: &'a str,
}

impl Signer<'_> {
    /// The path and query that may be sent with this method for a day.
    pub(crate) fn presign(&self, method: &str, path: &str) -> Outcome<String> {
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
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::Signer;

    /// The example of Amazon's own documentation of query-string authentication.
    #[test]
    fn the_documented_example_gets_its_documented_signature() {
        let signer = Signer {
            access_key: "AKIAIOSFODNN7EXAMPLE",
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            region: "us-east-1",
            host: "examplebucket.s3.amazonaws.com",
            time: "20130524T000000Z",
        };
        let url = signer.presign("GET", "/test.txt").unwrap();
        assert!(
            url.ends_with("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"),
            "{url}"
        );
    }
}
