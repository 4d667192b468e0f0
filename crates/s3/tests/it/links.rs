//! Signed URLs.

use std::time::{Duration, Instant, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest,
    SignatureLocation, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use fm_domain::blobs::{BlobKey, Disposition, DownloadLink, LinkTarget, SignDownload as _};
use fm_domain::clock::Timestamp;
use fm_s3::{S3Settings, S3SignDownload};

use crate::support::{ACCESS, SECRET, key, settings};

/// 2026-01-02T03:04:05Z
pub(crate) const ISSUED: u64 = 1_767_323_045;

fn link(key: BlobKey, name: &str, life: u64) -> DownloadLink {
    let issued_at = Timestamp::from_unix_seconds(i64::try_from(ISSUED).unwrap());
    DownloadLink {
        target: LinkTarget {
            key,
            content_type: "image/png".parse().unwrap(),
            disposition: Disposition::Inline,
            filename: name.parse().unwrap(),
            sha256: None,
        },
        issued_at,
        expires_at: issued_at.plus(Duration::from_secs(life)),
    }
}

async fn url(settings: &S3Settings, link: &DownloadLink) -> String {
    S3SignDownload::new(settings).unwrap().sign(link).await.unwrap().expose().to_owned()
}

#[test]
fn the_origins_are_those_of_the_urls() {
    let origins = |settings: &S3Settings| S3SignDownload::new(settings).unwrap().origins();
    let paths = settings("https://store.example:443/s3");
    assert_eq!(origins(&paths), ["https://store.example"]);
    let hosts = S3Settings { force_path_style: false, ..settings("http://store.example:9000") };
    assert_eq!(origins(&hosts), ["http://files.store.example:9000", "http://thumbnails.store.example:9000"]);
    let elsewhere = S3Settings {
        public_endpoint: "https://public.example".to_owned(),
        ..settings("http://10.0.0.1:9000")
    };
    assert_eq!(origins(&elsewhere), ["https://public.example"]);
}

#[tokio::test]
async fn a_link_says_the_type_of_the_file_whatever_the_store_was_told() {
    let mut link = link(key(), "form", 60);
    link.target.content_type = "multipart/form-data".parse().unwrap();
    let url = url(&settings("http://127.0.0.1:1"), &link).await;
    assert_eq!(parameter(&url, "response-content-type"), "multipart%2Fform-data");
}

pub(crate) fn parameter<'a>(url: &'a str, name: &str) -> &'a str {
    let (_, query) = url.split_once('?').unwrap();
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

/// The signature that the SDK's own signer gives to the same request.
pub(crate) fn theirs(method: &str, url: &str, headers: &[(&str, &str)], life: u64) -> String {
    let (base, query) = url.split_once('?').unwrap();
    let asked: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("X-Amz-")).collect();
    let unsigned = format!("{base}?{}", asked.join("&"));
    let mut signing = SigningSettings::default();
    signing.percent_encoding_mode = PercentEncodingMode::Single;
    signing.payload_checksum_kind = PayloadChecksumKind::NoHeader;
    signing.signature_location = SignatureLocation::QueryParams;
    signing.expires_in = Some(Duration::from_secs(life));
    signing.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    signing.session_token_mode = SessionTokenMode::Include;
    let identity = Credentials::new(ACCESS, SECRET, None, None, "test").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("s3")
        .time(UNIX_EPOCH + Duration::from_secs(ISSUED))
        .settings(signing)
        .build()
        .unwrap()
        .into();
    let request =
        SignableRequest::new(method, &unsigned, headers.iter().copied(), SignableBody::UnsignedPayload)
            .unwrap();
    sign(request, &parameters).unwrap().into_parts().1
}

#[tokio::test]
async fn the_signature_is_the_one_that_the_sdk_would_give() {
    for endpoint in ["http://127.0.0.1:9000", "https://a.b/storage/v1/s3", "https://a.b:443"] {
        for name in ["plain.png", "é ü+&=%\"'.png", "文件 🎉 (1).png"] {
            for life in [1, 3600, 604_800] {
                for key in [key(), BlobKey::thumbnail(key().id)] {
                    let url = url(&settings(endpoint), &link(key, name, life)).await;
                    assert_eq!(
                        parameter(&url, "X-Amz-Signature"),
                        theirs("GET", &url, &[], life),
                        "{name} at {endpoint}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn a_url_holds_the_times_of_its_link_and_no_checksum() {
    let url = url(&settings("https://a.b/storage/v1/s3/"), &link(key(), "a.png", 1800)).await;
    assert!(url.starts_with("https://a.b/storage/v1/s3/files/"), "{url}");
    assert_eq!(parameter(&url, "X-Amz-Date"), "20260102T030405Z");
    assert_eq!(parameter(&url, "X-Amz-Expires"), "1800");
    assert_eq!(parameter(&url, "response-cache-control"), "private%2C%20max-age%3D900");
    assert!(!url.to_ascii_lowercase().contains("checksum"), "{url}");
    assert!(url.is_ascii());
}

#[tokio::test]
async fn a_longer_life_than_a_signature_has_still_ends_on_time() {
    let url = url(&settings("https://a.b"), &link(key(), "a.png", 604_800 + 60)).await;
    assert_eq!(parameter(&url, "X-Amz-Expires"), "604800");
    assert_eq!(parameter(&url, "X-Amz-Date"), "20260102T030505Z");
}

#[tokio::test]
async fn urls_lead_to_the_public_endpoint() {
    let mut settings = settings("http://internal:9000");
    settings.public_endpoint = "https://public.example".to_owned();
    assert!(url(&settings, &link(key(), "a.png", 60)).await.starts_with("https://public.example/files/"));
    settings.force_path_style = false;
    assert!(url(&settings, &link(key(), "a.png", 60)).await.starts_with("https://files.public.example/"));
}

#[tokio::test]
async fn what_a_browser_would_run_is_never_shown() {
    let mut link = link(key(), "a.svg", 60);
    link.target.content_type = "image/svg+xml".parse().unwrap();
    let url = url(&settings("https://a.b"), &link).await;
    assert!(parameter(&url, "response-content-disposition").starts_with("attachment"));
    assert_eq!(parameter(&url, "response-content-type"), "application%2Foctet-stream");
}

#[tokio::test]
async fn a_list_of_a_hundred_urls_costs_little() {
    let signer = S3SignDownload::new(&settings("https://a.b")).unwrap();
    let links: Vec<_> = (0..100).map(|_| link(key(), "a picture of a cat.png", 3600)).collect();
    let mut best = Duration::MAX;
    for round in 0..20 {
        // Each round signs anew: another life is another link.
        let life = 3600 + round;
        let fresh: Vec<_> =
            links.iter().map(|old| link(old.target.key, "a picture of a cat.png", life)).collect();
        let started = Instant::now();
        for link in &fresh {
            signer.sign(link).await.unwrap();
        }
        best = best.min(started.elapsed());
    }
    // Under 20 µs a URL even where nothing is optimised; this only catches a fall back to a signing key per URL and worse.
    assert!(best < Duration::from_millis(20), "{best:?} for 100");
}
