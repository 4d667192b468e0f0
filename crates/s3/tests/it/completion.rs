//! How a blob of many parts is completed: what the server answers, and what is asked of the requests.

use std::sync::atomic::{AtomicUsize, Ordering};

use fm_domain::blobs::BlobKey;
use fm_s3_testing::{Answer, Request, ScriptedServer};

use crate::wire::obliging;

/// Codes by which a server says that the parts are not those that it has.
pub(crate) const WRONG_PARTS: [&str; 11] = [
    "InvalidPart",
    "InvalidPartOrder",
    "EntityTooSmall",
    "S3Error",
    "MissingPart",
    "InvalidChecksum",
    "InvalidRequest",
    "InvalidArgument",
    "MalformedXML",
    "BadDigest",
    "InvalidDigest",
];

/// How servers, and proxies before them, say that something is too large.
pub(crate) const TOO_LARGE: [(u16, &str); 3] = [(413, "EntityTooLarge"), (400, "EntityTooLarge"), (413, "")];

/// Errors that say nothing of parts and do not pass.
pub(crate) const OTHER_ERRORS: [(u16, &str); 12] = [
    (400, "AuthorizationHeaderMalformed"),
    (400, "AuthorizationQueryParametersError"),
    (400, "RequestTimeTooSkewed"),
    (400, "ExpiredToken"),
    (400, "InvalidToken"),
    (400, "TokenRefreshRequired"),
    (400, "MissingSecurityHeader"),
    (400, "InvalidAccessKeyId"),
    (400, "SignatureDoesNotMatch"),
    (400, "NoSuchBucket"),
    (403, "AccessDenied"),
    (404, "NoSuchBucket"),
];

pub(crate) fn completes(request: &Request) -> bool {
    request.method == "POST" && request.target.contains("uploadId")
}

pub(crate) fn done() -> Answer {
    Answer::xml(200, "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
}

/// Loses the first answer, and knows nothing of the upload then.
pub(crate) fn lost(tries: usize) -> Answer {
    if tries == 0 { Answer::HangUp } else { Answer::error(404, "NoSuchUpload") }
}

pub(crate) fn deleted(seen: &[Request]) -> usize {
    seen.iter().filter(|request| request.method == "DELETE").count()
}

/// A server that answers the n-th request to complete like this, with an object of such a size, if any.
pub(crate) async fn completing(
    answer: impl Fn(usize) -> Answer + Send + Sync + 'static,
    size: Option<usize>,
) -> ScriptedServer {
    let tries = AtomicUsize::new(0);
    let server = ScriptedServer::start(move |request| match (completes(request), size) {
        (true, _) => answer(tries.fetch_add(1, Ordering::SeqCst)),
        (false, None) if request.method == "HEAD" => Answer::status(404),
        (false, size) => obliging(size.unwrap_or(0))(request),
    });
    server.await.unwrap()
}

/// A server that has another upload of the key, and does not end it.
pub(crate) async fn with_another_upload(key: BlobKey) -> ScriptedServer {
    let listed = format!(
        "<ListMultipartUploadsResult><Upload><Key>{key}</Key><UploadId>other</UploadId></Upload>\
         <IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
    );
    let server = ScriptedServer::start(move |request| match request.method.as_str() {
        "GET" => Answer::xml(200, &listed),
        "DELETE" => Answer::error(503, "SlowDown"),
        _ => obliging(100)(request),
    });
    server.await.unwrap()
}

/// The other upload was to be ended.
pub(crate) fn assert_ends_the_other(seen: &[Request]) {
    let aborted = seen.iter().find(|request| request.method == "DELETE").unwrap();
    assert!(aborted.target.contains("uploadId=other"), "{}", aborted.target);
}

/// Part 2 with the tag `early` and part 7 with the tag `"late"`, in this order, and nothing is removed.
pub(crate) fn assert_names_both_parts(seen: &[Request]) {
    let request = seen.iter().find(|request| completes(request)).unwrap();
    let xml = String::from_utf8(request.body.clone()).unwrap();
    let place = |text: &str| xml.find(text).unwrap_or_else(|| unreachable!("{text} is not in {xml}"));
    let order = [place("early"), place("<PartNumber>2<"), place("&quot;late&quot;"), place("<PartNumber>7<")];
    assert!(order[..2].iter().max() < order[2..].iter().min(), "{xml}");
    assert_eq!(deleted(seen), 0);
}
