#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use super::Signer;

fn signer() -> Signer {
    Signer {
        access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        region: "us-east-1".to_owned(),
        host: "examplebucket.s3.amazonaws.com".to_owned(),
        time: "20130524T000000Z".to_owned(),
    }
}

/// The example of Amazon's own documentation of query-string authentication.
#[test]
fn the_documented_example_gets_its_documented_signature() {
    let url = signer().presign("GET", "/test.txt", &[]).unwrap();
    assert!(
        url.ends_with("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"),
        "{url}"
    );
}

#[test]
fn parameters_are_encoded_and_signed() {
    let presign = |id: &str| signer().presign("PUT", "/a", &[("partNumber", "7"), ("uploadId", id)]).unwrap();
    let signature = |url: &str| url.rsplit_once('=').unwrap().1.to_owned();
    let (one, other) = (presign("a/b"), presign("a+b"));
    assert!(one.contains("&X-Amz-SignedHeaders=host&partNumber=7&uploadId=a%2Fb&X-Amz-Signature="), "{one}");
    assert_ne!(signature(&one), signature(&other));
}
