#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use futures_util::FutureExt as _;
use proptest::prelude::*;

use super::SelfSignedLinks;
use fm_domain::blobs::{BlobKey, Bucket, Disposition, DownloadLink, LinkTarget, SignDownload as _};
use fm_domain::clock::Timestamp;
use fm_domain::files::{FileName, Sha256};
use fm_domain::ids::BlobId;
use fm_domain::testing::{CountingIds, PlainMacs};

fn sign(base: &str, link: &DownloadLink) -> String {
    let links = SelfSignedLinks::new(base, Arc::new(PlainMacs));
    links.sign(link).now_or_never().unwrap().unwrap().expose().to_owned()
}

fn token(link: &DownloadLink) -> String {
    sign("http://files.test", link).split_once("?token=").unwrap().1.to_owned()
}

fn blob() -> BlobId {
    BlobId::new(CountingIds::nth(1))
}

fn any_link() -> impl Strategy<Value = DownloadLink> {
    let name = "\\PC{1,30}".prop_filter_map("a name", |text| text.parse::<FileName>().ok());
    (any::<bool>(), any::<bool>(), name, any::<Option<[u8; 32]>>(), 0_i64..1 << 40).prop_map(
        |(thumbnail, inline, filename, sha256, expires_at)| DownloadLink {
            target: LinkTarget {
                key: BlobKey {
                    bucket: if thumbnail { Bucket::Thumbnails } else { Bucket::Files },
                    id: blob(),
                },
                content_type: "image/png".parse().unwrap(),
                disposition: if inline { Disposition::Inline } else { Disposition::Attachment },
                filename,
                sha256: sha256.map(Sha256::new),
            },
            issued_at: Timestamp::from_unix_seconds(0),
            expires_at: Timestamp::from_unix_seconds(expires_at),
        },
    )
}

fn a_link() -> DownloadLink {
    DownloadLink {
        target: LinkTarget {
            key: BlobKey::file(blob()),
            content_type: "text/plain".parse().unwrap(),
            disposition: Disposition::Attachment,
            filename: "hello.txt".parse().unwrap(),
            sha256: None,
        },
        issued_at: Timestamp::from_unix_seconds(0),
        expires_at: Timestamp::from_unix_seconds(100),
    }
}

#[test]
fn the_url_stands_under_the_base_with_or_without_its_slash() {
    let url = sign("https://example.org/app", &a_link());
    assert!(url.starts_with(&format!("https://example.org/app/v1/blobs/{}?token=", blob())), "{url}");
    assert_eq!(sign("https://example.org/app/", &a_link()), url);
}

#[test]
fn a_token_opens_no_other_blob() {
    let other = BlobId::new(CountingIds::nth(2));
    assert!(SelfSignedLinks::open(other, &token(&a_link()), &PlainMacs).is_none());
}

#[test]
fn what_is_no_token_opens_nothing() {
    for text in ["", ".", "a.b", "abc", &token(&a_link())[1..], &format!("{}.x", token(&a_link()))] {
        assert!(SelfSignedLinks::open(blob(), text, &PlainMacs).is_none(), "{text:?}");
    }
}

/// Links live for up to a week: these were made before the codec of claims.
#[test]
fn links_that_were_given_out_before_still_open_and_are_still_made() {
    let picture = LinkTarget {
        key: BlobKey { bucket: Bucket::Thumbnails, id: blob() },
        content_type: "image/png".parse().unwrap(),
        disposition: Disposition::Inline,
        filename: "Größe \"1\".png".parse().unwrap(),
        sha256: Some(Sha256::new([7; 32])),
    };
    for (link, text) in [
        (
            a_link(),
            concat!(
                "eyJlIjoxMDAsInQiOiJ0ZXh0L3BsYWluIiwibiI6ImhlbGxvLnR4dCJ9",
                ".yPmFX3k2Dpf691oHVadvpm52yOhhFhS4rI8jIfphhRg"
            ),
        ),
        (
            DownloadLink { target: picture, ..a_link() },
            concat!(
                "eyJiIjp0cnVlLCJlIjoxMDAsImkiOnRydWUsInQiOiJpbWFnZS9wbmciLCJuIjoiR3LDtsOfZSBcIjFcIi5wbmciLCJo",
                "IjoiMDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNzA3MDcwNyJ9",
                ".o4sIPft4zEPt48p2aoGO8AKm2LRbjyZQOt_hR_d1jVM"
            ),
        ),
    ] {
        let opened = SelfSignedLinks::open(blob(), text, &PlainMacs);
        assert_eq!(opened, Some((link.target.clone(), link.expires_at)));
        assert_eq!(token(&link), text);
    }
}

proptest! {
    #[test]
    fn a_token_leads_to_what_was_signed(link in any_link()) {
        let token = token(&link);
        prop_assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
        prop_assert_eq!(SelfSignedLinks::open(blob(), &token, &PlainMacs), Some((link.target, link.expires_at)));
    }

    #[test]
    fn equal_links_have_equal_urls(link in any_link()) {
        prop_assert_eq!(sign("http://a", &link), sign("http://a", &link.clone()));
    }

    #[test]
    fn a_token_with_any_changed_byte_opens_nothing(link in any_link(), at in any::<prop::sample::Index>(), other in 0_u8..128) {
        let mut bytes = token(&link).into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != other);
        bytes[at] = other;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(SelfSignedLinks::open(blob(), &changed, &PlainMacs).is_none());
    }
}
