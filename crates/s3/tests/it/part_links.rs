//! Signed parts.

use std::time::Duration;

use fm_domain::blobs::{BlobKey, PartLink, PartWrite, SignParts as _, WriteId};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::ids::{UploadId, UserId};
use fm_s3::{S3Settings, S3SignParts};

use crate::links::{ISSUED, parameter, theirs};
use crate::support::{ACCESS, SECRET, key, settings};

fn link(key: BlobKey, upload: &str, number: u32, size: u64, life: u64) -> PartLink {
    let issued_at = Timestamp::from_unix_seconds(i64::try_from(ISSUED).unwrap());
    PartLink {
        owner: UserId::new(uuid::Uuid::now_v7()),
        upload: UploadId::new(uuid::Uuid::now_v7()),
        write: PartWrite { key, id: WriteId::new(upload.to_owned()) },
        number,
        size: ByteSize::new(size),
        issued_at,
        expires_at: issued_at.plus(Duration::from_secs(life)),
    }
}

async fn url(settings: &S3Settings, link: &PartLink) -> String {
    let signed = S3SignParts::new(settings).unwrap().sign(link).await.unwrap();
    assert_eq!(
        (signed.method, signed.headers.as_slice()),
        ("PUT", &[][..]),
        "nothing that a browser can't set"
    );
    signed.url.expose().to_owned()
}

#[tokio::test]
async fn the_signature_is_the_one_that_the_sdk_would_give_with_the_length() {
    for endpoint in ["http://127.0.0.1:9000", "https://a.b/storage/v1/s3", "https://a.b:443"] {
        for upload in ["plain", "a+b/c=d&e é~", "2~aAbB._-"] {
            for (number, size, life) in [(1, 1, 1), (10_000, 5_368_709_120, 604_800)] {
                for key in [key(), BlobKey::thumbnail(key().id)] {
                    let url = url(&settings(endpoint), &link(key, upload, number, size, life)).await;
                    let length = size.to_string();
                    assert_eq!(
                        parameter(&url, "X-Amz-Signature"),
                        theirs("PUT", &url, &[("content-length", &length)], life),
                        "{upload} at {endpoint}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn a_url_leads_to_the_public_endpoint_with_the_times_of_its_link() {
    let mut settings = settings("http://internal:9000");
    settings.public_endpoint = "https://a.b/storage/v1/s3/".to_owned();
    let url = url(&settings, &link(key(), "an upload", 7, 5, 1800)).await;
    assert!(url.starts_with("https://a.b/storage/v1/s3/files/"), "{url}");
    for (name, value) in [
        ("X-Amz-Date", "20260102T030405Z"),
        ("X-Amz-Expires", "1800"),
        ("X-Amz-SignedHeaders", "content-length%3Bhost"),
        ("partNumber", "7"),
        ("uploadId", "an%20upload"),
    ] {
        assert_eq!(parameter(&url, name), value, "{name}");
    }
}

#[tokio::test]
async fn a_longer_life_than_a_signature_has_still_ends_on_time() {
    let url = url(&settings("https://a.b"), &link(key(), "an upload", 1, 5, 604_800 + 60)).await;
    assert_eq!(parameter(&url, "X-Amz-Expires"), "604800");
    assert_eq!(parameter(&url, "X-Amz-Date"), "20260102T030505Z");
}

#[test]
fn a_signer_shows_no_key() {
    let text = format!("{:?}", S3SignParts::new(&settings("https://a.b")).unwrap());
    assert!(!text.contains(SECRET) && !text.contains(ACCESS), "{text}");
}
