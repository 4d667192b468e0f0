#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use fm_application::testing::{TestPorts, settings};
use fm_application::wiring::{Ports, Settings};
use fm_domain::blobs::{BlobKey, Disposition, DownloadLink, LinkTarget};
use fm_domain::clock::{Clock as _, Timestamp};
use fm_domain::testing::{FixedClock, PlainMacs, a_file};

use super::{Forbidden, LinkVerifier, VerifiedLink};
use crate::links::SelfSignedLinks;

/// What a link that expires this many seconds after new year is at `now`.
async fn verify(seconds: u64, now: Timestamp, settings: &Settings) -> Result<VerifiedLink, Forbidden> {
    let file = a_file();
    let target = LinkTarget {
        key: BlobKey::file(file.blob),
        content_type: file.content_type,
        disposition: Disposition::Attachment,
        filename: file.name,
        sha256: file.sha256,
    };
    let issued_at = FixedClock::NEW_YEAR.now();
    let expires_at = issued_at.plus(Duration::from_secs(seconds));
    let ports = Ports {
        clock: Arc::new(FixedClock(now)),
        links: Arc::new(SelfSignedLinks::new("http://files.test", Arc::new(PlainMacs))),
        ..TestPorts::default().ports()
    };
    let url = ports.links.sign(&DownloadLink { target, issued_at, expires_at }).await.unwrap();
    let token = url.expose().split_once("?token=").unwrap().1;
    LinkVerifier::new(&ports, settings).download(file.blob, token)
}

#[tokio::test]
async fn a_link_works_until_the_second_it_expires() {
    let start = FixedClock::NEW_YEAR.now();
    let link = verify(10, start.plus(Duration::from_millis(2_500)), &settings()).await.unwrap();
    assert_eq!(
        (link.max_age, link.expires_at),
        (Duration::from_secs(8), start.plus(Duration::from_secs(10)))
    );
    let last = start.plus(Duration::from_secs(10)).minus(Duration::from_micros(1));
    assert!(verify(10, last, &settings()).await.is_ok());
    assert_eq!(verify(10, start.plus(Duration::from_secs(10)), &settings()).await, Err(Forbidden));
}

#[tokio::test]
async fn links_are_not_served_where_the_store_serves_them() {
    let elsewhere = Settings { serves_blobs: false, ..settings() };
    assert_eq!(verify(10, FixedClock::NEW_YEAR.now(), &elsewhere).await, Err(Forbidden));
}

#[tokio::test]
async fn a_tampered_link_is_forbidden() {
    let ports = TestPorts::default().ports();
    assert_eq!(LinkVerifier::new(&ports, &settings()).download(a_file().blob, "e30.AAAA"), Err(Forbidden));
}
