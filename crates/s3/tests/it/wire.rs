//! What is sent: nothing that a plain S3 server would not understand.

use fm_domain::blobs::{BlobStore as _, Bucket, ByteRange, DirectStore, GetBlob, ListBlobs as _, PutHint};
use fm_domain::body::ByteSize;
use fm_domain::files::MediaType;
use fm_domain::uploads::ResumableStore;
use fm_s3::S3BlobStore;
use fm_s3_testing::{Answer, Request, ScriptedServer};
use futures_util::TryStreamExt as _;

use crate::support::{body, hint, key, read, store};

const PART: usize = S3BlobStore::PART_SIZE;

/// A server that takes everything, and says of each object that it has `size` bytes.
pub(crate) fn obliging(size: usize) -> impl Fn(&Request) -> Answer + Send + Sync {
    move |request| match (request.method.as_str(), request.target.as_str()) {
        ("POST", target) if target.contains("uploads") => Answer::xml(
            200,
            "<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>",
        ),
        ("POST", _) => {
            Answer::xml(200, "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
        }
        ("PUT", _) => Answer::stored(),
        ("HEAD", _) => Answer::Whole {
            status: 200,
            headers: vec![("Content-Length", size.to_string())],
            body: Vec::new(),
        },
        ("GET", target) if target.contains("uploads") => Answer::xml(
            200,
            "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>",
        ),
        ("GET", target) if target.contains("uploadId") => {
            Answer::xml(200, "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>")
        }
        ("GET", target) if target.contains("list-type") => {
            Answer::xml(200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
        }
        _ => Answer::status(204),
    }
}

pub(crate) fn assert_plain(request: &Request) {
    let names: Vec<_> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    for name in &names {
        assert!(!name.starts_with("x-amz-checksum"), "{name}");
        assert!(!name.starts_with("x-amz-sdk-checksum"), "{name}");
        assert!(!name.starts_with("x-amz-trailer"), "{name}");
        assert!(!name.starts_with("if-"), "{name}");
        assert!(
            !["content-encoding", "transfer-encoding", "expect", "x-amz-decoded-content-length"]
                .contains(name)
        );
    }
    assert!(request.header("content-length").is_some() || request.method != "PUT");
    assert!(!request.target.contains("checksum"), "{}", request.target);
}

#[tokio::test]
async fn a_small_body_is_one_plain_request() {
    let server = ScriptedServer::start(obliging(0)).await.unwrap();
    for length in [0, 1, PART] {
        for declared in [Some(length), None] {
            store(server.endpoint()).put(&key(), body(length), &hint(declared)).await.unwrap();
        }
    }
    let seen = server.seen();
    assert_eq!(seen.len(), 6);
    for request in &seen {
        assert_eq!(request.method, "PUT");
        assert_plain(request);
        assert_eq!(request.header("content-type"), Some("image/png"));
        assert_eq!(request.header("content-disposition"), Some("attachment"));
        assert_eq!(request.header("cache-control"), Some("private, max-age=1800"));
        assert_eq!(request.header("x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
        assert_eq!(request.header("content-length"), Some(request.body.len().to_string().as_str()));
    }
}

#[tokio::test]
async fn a_large_body_comes_in_plain_parts_and_its_size_is_asked_for() {
    let length = 2 * PART + 1;
    let server = ScriptedServer::start(obliging(length)).await.unwrap();
    let stored = store(server.endpoint()).put(&key(), body(length), &hint(None)).await.unwrap();
    assert_eq!(stored.size.bytes(), length as u64);
    let seen = server.seen();
    let mut steps: Vec<_> =
        seen.iter().map(|request| (request.method.as_str(), request.body.len())).collect();
    // Two parts are sent at once, and either may be there first.
    steps[1..4].sort_unstable();
    assert_eq!(steps[..4], [("POST", 0), ("PUT", 1), ("PUT", PART), ("PUT", PART)]);
    assert_eq!((steps[4].0, steps[5]), ("POST", ("HEAD", 0)));
    seen.iter().for_each(assert_plain);
    assert_eq!(seen[0].header("content-disposition"), Some("attachment"));
    assert_eq!(seen[0].header("cache-control"), Some("private, max-age=1800"));
    let parts = String::from_utf8(seen[4].body.clone()).unwrap();
    assert_eq!(parts.matches("<ETag>&quot;tag&quot;</ETag>").count(), 3, "{parts}");
}

#[tokio::test]
async fn the_path_of_the_endpoint_stays_in_front_of_the_bucket() {
    let server = ScriptedServer::start(obliging(0)).await.unwrap();
    let key = key();
    for path in ["/storage/v1/s3", "/storage/v1/s3/"] {
        let endpoint = format!("{}{path}", server.endpoint());
        store(&endpoint).put(&key, body(1), &hint(None)).await.unwrap();
    }
    for request in server.seen() {
        let (path, _) = request.target.split_once('?').unwrap();
        assert_eq!(path, format!("/storage/v1/s3/files/{key}"));
    }
}

#[tokio::test]
async fn deleting_touches_no_subresource_of_the_object() {
    let server = ScriptedServer::start(obliging(0)).await.unwrap();
    let key = key();
    store(server.endpoint()).delete(&key).await.unwrap();
    let seen = server.seen();
    assert!(
        seen[0].target.starts_with("/files/?") && seen[0].target.contains("uploads"),
        "{}",
        seen[0].target
    );
    let incomplete = format!("prefix={key}.incomplete-");
    assert!(
        seen[1].target.starts_with("/files") && seen[1].target.contains(&incomplete),
        "{}",
        seen[1].target
    );
    assert_eq!((seen[2].method.as_str(), seen.len()), ("DELETE", 3));
    assert_eq!(seen[2].target, format!("/files/{key}?x-id=DeleteObject"));
}

#[tokio::test]
async fn an_empty_object_without_a_length_is_an_empty_blob() {
    let server = ScriptedServer::start(obliging(0)).await.unwrap();
    let head = store(server.endpoint()).head(&key()).await.unwrap().unwrap();
    assert_eq!(head.size.bytes(), 0);
}

#[tokio::test]
async fn a_range_asks_for_it_and_says_what_came() {
    let server = ScriptedServer::start(|request| {
        assert_eq!(request.header("range"), Some("bytes=2-4"));
        let headers = vec![("Content-Range", "bytes 2-4/10".to_owned())];
        Answer::Whole { status: 206, headers, body: b"cde".to_vec() }
    })
    .await
    .unwrap();
    let range = Some(ByteRange::Between { first: 2, last: 4 });
    let reader = store(server.endpoint()).get(&key(), range).await.unwrap();
    assert_eq!((reader.size.bytes(), reader.range.unwrap().first, reader.range.unwrap().last), (10, 2, 4));
    assert_eq!(read(reader).await.unwrap(), b"cde");
}

#[tokio::test]
async fn a_range_outside_the_blob_is_refused_with_its_size() {
    let server = ScriptedServer::start(|request| match request.method.as_str() {
        "HEAD" => Answer::Whole {
            status: 200,
            headers: vec![("Content-Length", "10".to_owned())],
            body: Vec::new(),
        },
        _ => Answer::error(416, "InvalidRange"),
    })
    .await
    .unwrap();
    for range in
        [ByteRange::From { first: 10 }, ByteRange::From { first: u64::MAX }, ByteRange::Last { length: 0 }]
    {
        let refused = store(server.endpoint()).get(&key(), Some(range)).await.unwrap_err();
        assert!(matches!(refused, GetBlob::Range(outside) if outside.size.bytes() == 10), "{range:?}");
    }
}

#[tokio::test]
async fn a_listing_follows_every_page_and_leaves_strangers_out() {
    let (first, second) = (key(), key());
    let (a, b) = (first.to_string(), second.to_string());
    let server = ScriptedServer::start(move |request| {
        let object = |key: &str| {
            format!("<Contents><Key>{key}</Key><Size>3</Size><LastModified>2026-01-02T03:04:05.678Z</LastModified></Contents>")
        };
        let page = if request.target.contains("continuation-token=next") {
            format!("<IsTruncated>false</IsTruncated>{}", object(&b))
        } else {
            let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken>";
            format!("{more}{}{}", object(&a), object("other/program"))
        };
        Answer::xml(200, &format!("<ListBucketResult>{page}</ListBucketResult>"))
    })
    .await
    .unwrap();
    let listed: Vec<_> =
        store(server.endpoint()).list(Bucket::Files).await.unwrap().try_collect().await.unwrap();
    assert_eq!(listed.iter().map(|blob| blob.key).collect::<Vec<_>>(), [first, second]);
    assert_eq!(listed[0].written_at.to_string(), "2026-01-02T03:04:05.678000Z");
}

#[tokio::test]
async fn a_multipart_type_is_stored_as_bytes_and_linked_by_its_name() {
    for (declared, stored) in [
        ("multipart/form-data", "application/octet-stream"),
        ("Multipart/Mixed; boundary=x", "application/octet-stream"),
        ("multipart/x", "application/octet-stream"),
        ("message/rfc822", "message/rfc822"),
        ("application/multipart", "application/multipart"),
    ] {
        let server = ScriptedServer::start(obliging(PART + 1)).await.unwrap();
        let store = store(server.endpoint());
        let content_type: MediaType = declared.parse().unwrap();
        // One request at once, parts, and one request while it comes.
        for (length, declared) in [(1, None), (PART + 1, None), (PART + 1, Some(PART + 1))] {
            let hint = PutHint {
                owner: None,
                length: declared.map(|length| ByteSize::new(length as u64)),
                content_type: content_type.clone(),
            };
            store.put(&key(), body(length), &hint).await.unwrap();
        }
        store.put_bytes(&key(), bytes::Bytes::from("a").into(), &content_type).await.unwrap();
        ResumableStore::begin(&store, &key(), &content_type).await.unwrap();
        DirectStore::begin(&store, &key(), &content_type).await.unwrap();
        let told: Vec<String> = server
            .seen()
            .iter()
            // A part has no type of its own.
            .filter(|request| !request.target.contains("partNumber"))
            .filter_map(|request| request.header("content-type").map(ToOwned::to_owned))
            .filter(|told| told != "application/xml")
            .collect();
        assert_eq!(told, vec![stored; 6], "{declared}");
    }
}
