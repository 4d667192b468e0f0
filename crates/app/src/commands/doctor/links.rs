//! Links that the store signs: they are followed from here as clients follow them, at its public endpoint.

use std::time::Duration;

use bytes::Bytes;
use fm_domain::blobs::{
    DirectStore, Disposition, DownloadLink, LinkTarget, PartLink, PartTag, PartWrite, SignDownload,
    SignParts, SignedPart, WrittenPart,
};
use fm_domain::body::ByteSize;
use fm_domain::clock::Timestamp;
use fm_domain::error::{Cause, chain};
use fm_domain::files::MediaType;
use fm_domain::ids::{IdSource, UploadId, UserId};
use fm_http::CorsOrigins;
use http::header::{
    ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
};
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, CONTENT_LENGTH, ETAG, HeaderMap, HeaderName, ORIGIN};
use http::{Method, Request, Response, StatusCode};

use super::blob_store::{SIZE, Scratch};
use super::recorder::Recorder;
use crate::adapters::{Diagnosis, OpenBlobStore, OpenDirect};
use crate::config::Config;
use crate::http_client::Sender;

/// How long the links live.
const LIFE: Duration = Duration::from_mins(5);

/// The most that is read of an answer.
const MOST_READ: usize = 1 << 20;

const PUBLIC: &str = "let S3_PUBLIC_ENDPOINT be the address by which clients reach the store (a proxy before it must keep host, path \
    and query as they are), and see whether this machine reaches it too";

const CORS: &str = "let the store allow the origin with the method PUT, and expose ETag (put-bucket-cors, or the proxy before it); \
    browsers can't upload directly until then, other clients can";

/// Follows links.
pub(super) struct Links<'a> {
    pub(super) config: &'a Config,
    pub(super) now: Timestamp,
    pub(super) ids: &'a dyn IdSource,
}

impl Links<'_> {
    pub(super) async fn check_download(
        &self,
        recorder: &mut Recorder,
        opened: &OpenBlobStore,
        scratch: &Scratch,
    ) {
        match &opened.links {
            Some(links) => {
                recorder.check("signed download", self.download(&**links, scratch)).await;
            }
            None => recorder.note("signed download", Diagnosis::fine("the program serves downloads itself")),
        }
    }

    pub(super) async fn check_upload(
        &self,
        recorder: &mut Recorder,
        opened: &OpenBlobStore,
        scratch: &Scratch,
    ) {
        match &opened.direct {
            _ if !self.config.uploads.direct => {}
            Some(OpenDirect::Signed(store, signer)) => {
                let begun = self.begin(&**store, &**signer, scratch);
                let Some((write, part)) = recorder.obtain("begin parts", begun).await else {
                    recorder.skip(&["signed upload", "complete parts", "cors"], "begin parts");
                    return;
                };
                let uploaded = self.upload(&part, scratch);
                match recorder.obtain("signed upload", uploaded).await {
                    Some(tag) => {
                        recorder.check("complete parts", complete(&**store, &write, tag)).await;
                    }
                    None => recorder.skip(&["complete parts"], "signed upload"),
                }
                match self.origin() {
                    Some(origin) => {
                        recorder.check("cors", cors(&part, &origin)).await;
                    }
                    None => recorder.note(
                        "cors",
                        Diagnosis::fine("no page of another origin is expected: neither CORS_ORIGINS nor PUBLIC_URL is set"),
                    ),
                }
            }
            Some(OpenDirect::Received(..)) => {
                recorder.note(
                    "signed upload",
                    Diagnosis::fine("the program receives the parts of direct uploads itself"),
                );
            }
            None => {}
        }
    }

    async fn download(&self, links: &dyn SignDownload, scratch: &Scratch) -> Diagnosis {
        let tried = async {
            let target = LinkTarget {
                key: scratch.file,
                content_type: MediaType::octet_stream(),
                disposition: Disposition::Attachment,
                filename: "doctor.bin".parse()?,
                sha256: None,
            };
            let link = DownloadLink { target, issued_at: self.now, expires_at: self.now.plus(LIFE) };
            let url = links.sign(&link).await?;
            let request = Request::get(url.expose()).header("range", "bytes=100-1099").body(Bytes::new())?;
            let answer = send(url.expose(), request).await?;
            Ok::<_, Cause>((answer.status(), answer.into_body()))
        };
        match tried.await {
            Ok((StatusCode::PARTIAL_CONTENT, bytes)) if bytes == scratch.bytes.slice(100..1_100) => {
                Diagnosis::fine("a signed URL of the public endpoint gives a range of the blob")
            }
            Ok((StatusCode::OK, bytes)) if bytes == scratch.bytes => Diagnosis::warning(
                "a signed URL of the public endpoint gives the blob, but no range of it",
                "let the proxy before the store pass the field Range on: players can't seek without it",
            ),
            Ok((status, body)) => Diagnosis::failure(
                format!("a signed URL of the public endpoint was answered {}", told(status, &body)),
                PUBLIC,
            ),
            Err(error) => Diagnosis::failure(
                format!("the public endpoint gives no answer: {}", chain(error.as_ref())),
                PUBLIC,
            ),
        }
    }

    async fn begin(
        &self,
        store: &dyn DirectStore,
        signer: &dyn SignParts,
        scratch: &Scratch,
    ) -> Result<((PartWrite, SignedPart), Diagnosis), Diagnosis> {
        let tried = async {
            let id = store.begin(&scratch.direct, &MediaType::octet_stream()).await?;
            let write = PartWrite { key: scratch.direct, id };
            let link = PartLink {
                owner: UserId::new(self.ids.uuid()),
                upload: UploadId::new(self.ids.uuid()),
                write: write.clone(),
                number: 1,
                size: ByteSize::new(SIZE as u64),
                issued_at: self.now,
                expires_at: self.now.plus(LIFE),
            };
            let part = signer.sign(&link).await?;
            Ok::<_, Cause>((write, part))
        };
        let begun = tried.await;
        let begun =
            begun.map_err(|error| Diagnosis::failure(chain(error.as_ref()), super::blob_store::LOOK))?;
        Ok((begun, Diagnosis::fine("an upload in parts was begun")))
    }

    /// Sends a part as a client does; the tag of it.
    async fn upload(&self, part: &SignedPart, scratch: &Scratch) -> Result<(PartTag, Diagnosis), Diagnosis> {
        let origin = self.origin();
        let tried = async {
            let mut request = Request::builder().method(part.method).uri(part.url.expose());
            request = request.header(CONTENT_LENGTH, SIZE);
            for (name, value) in &part.headers {
                request = request.header(name, value);
            }
            if let Some(origin) = &origin {
                request = request.header(ORIGIN, origin);
            }
            send(part.url.expose(), request.body(scratch.bytes.clone())?).await
        };
        let answer = tried.await.map_err(|error| {
            Diagnosis::failure(
                format!("the public endpoint gives no answer: {}", chain(error.as_ref())),
                PUBLIC,
            )
        })?;
        if !answer.status().is_success() {
            let told = told(answer.status(), answer.body());
            return Err(Diagnosis::failure(
                format!("a signed PUT to the public endpoint was answered {told}"),
                PUBLIC,
            ));
        }
        let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
        let tag = tag.map(|tag| PartTag::new(tag.to_owned())).ok_or_else(|| {
            Diagnosis::failure(
                "the answer to a signed PUT has no ETag",
                "let the proxy before the store pass ETag on",
            )
        })?;
        let is_exposed = lists(answer.headers(), &ACCESS_CONTROL_EXPOSE_HEADERS, "etag");
        let diagnosis = match origin {
            Some(origin) if !is_exposed => {
                Diagnosis::warning(format!("pages of {origin} can't read the ETag of a part"), CORS)
            }
            _ => Diagnosis::fine("a part was sent by a signed PUT to the public endpoint"),
        };
        Ok((tag, diagnosis))
    }

    /// The origin of pages that upload.
    fn origin(&self) -> Option<String> {
        let http = &self.config.http;
        let listed = match &http.cors {
            CorsOrigins::List(origins) => origins.first().cloned(),
            CorsOrigins::Any => Some("https://doctor.invalid".to_owned()),
        };
        listed.or_else(|| http.public_url.as_deref().map(origin_of))
    }
}

/// `scheme://host[:port]` of a URL.
fn origin_of(url: &str) -> String {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    url[..end].to_owned()
}

async fn complete(store: &dyn DirectStore, write: &PartWrite, tag: PartTag) -> Diagnosis {
    let size = ByteSize::new(SIZE as u64);
    match store.complete(write, 1, &[WrittenPart { number: 1, size, tag }], size).await {
        Ok(_) => Diagnosis::fine("the blob was put together of its parts"),
        Err(error) => Diagnosis::failure(chain(&error), super::blob_store::LOOK),
    }
}

/// What a browser asks before it sends a part.
async fn cors(part: &SignedPart, origin: &str) -> Diagnosis {
    let tried = async {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri(part.url.expose())
            .header(ORIGIN, origin)
            .header(ACCESS_CONTROL_REQUEST_METHOD, part.method);
        send(part.url.expose(), request.body(Bytes::new())?).await
    };
    match tried.await {
        Ok(answer) => preflight(answer.status(), answer.headers(), origin, part.method),
        Err(error) => {
            Diagnosis::warning(format!("a preflight has no answer: {}", chain(error.as_ref())), CORS)
        }
    }
}

fn preflight(status: StatusCode, headers: &HeaderMap, origin: &str, method: &str) -> Diagnosis {
    let allows = lists(headers, &ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        || lists(headers, &ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let is_method = lists(headers, &ACCESS_CONTROL_ALLOW_METHODS, method)
        || lists(headers, &ACCESS_CONTROL_ALLOW_METHODS, "*");
    if status.is_success() && allows && is_method {
        return Diagnosis::fine(format!("pages of {origin} may send parts to the store"));
    }
    Diagnosis::warning(
        format!("pages of {origin} may not send parts to the store: the preflight was answered {status}"),
        CORS,
    )
}

/// Whether a field lists an item, in whatever case.
fn lists(headers: &HeaderMap, name: &HeaderName, item: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|listed| listed.trim().eq_ignore_ascii_case(item))
}

async fn send(url: &str, request: Request<Bytes>) -> Result<Response<Bytes>, Cause> {
    Sender::new(url.starts_with("https:"))?.send(request, MOST_READ).await
}

/// A status, and the code in the body of an S3 error: of what else it says nothing is told.
fn told(status: StatusCode, body: &[u8]) -> String {
    let body = String::from_utf8_lossy(body);
    let code =
        body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    let plain = |code: &str| code.chars().filter(char::is_ascii_alphanumeric).take(64).collect::<String>();
    code.map_or_else(|| status.to_string(), |code| format!("{} {}", status.as_u16(), plain(code)))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use http::header::{ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, HeaderMap, HeaderValue};

    use super::{origin_of, preflight, told};
    use crate::adapters::Verdict;

    #[test]
    fn an_origin_has_no_path() {
        assert_eq!(origin_of("https://files.example.com/base/of"), "https://files.example.com");
        assert_eq!(origin_of("http://[::1]:8080"), "http://[::1]:8080");
    }

    #[test]
    fn of_an_error_only_the_code_is_told() {
        let body = b"<Error><Code>SignatureDoesNotMatch</Code><StringToSign>secret</StringToSign></Error>";
        assert_eq!(told(StatusCode::FORBIDDEN, body), "403 SignatureDoesNotMatch");
        assert_eq!(told(StatusCode::BAD_GATEWAY, b"secret"), "502 Bad Gateway");
    }

    #[test]
    fn a_preflight_must_allow_origin_and_method() {
        let answered = |origin: &'static str, methods: &'static str, status| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static(origin));
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
            preflight(status, &headers, "https://app.example", "PUT").verdict
        };
        assert_eq!(answered("*", "GET, PUT", StatusCode::OK), Verdict::Fine);
        assert_eq!(answered("https://app.example", "put", StatusCode::NO_CONTENT), Verdict::Fine);
        assert_eq!(answered("https://other.example", "PUT", StatusCode::OK), Verdict::Warning);
        assert_eq!(answered("*", "GET", StatusCode::OK), Verdict::Warning);
        assert_eq!(answered("*", "PUT", StatusCode::FORBIDDEN), Verdict::Warning);
    }
}
