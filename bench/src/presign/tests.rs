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
