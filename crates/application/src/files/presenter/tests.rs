#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use super::{FilePresenter, content_link, etag};
use crate::files::revision_of;
use crate::files::url_validity::UrlValidity;
use crate::fixture::opened;
use crate::testing::{TestPorts, settings};
use fm_domain::blobs::Disposition;
use fm_domain::clock::{Clock as _, Timestamp};
use fm_domain::files::{File, Revision, ThumbnailState};
use fm_domain::ids::BlobId;
use fm_domain::testing::{CountingIds, FixedClock, a_file};

fn ready(n: u64) -> ThumbnailState {
    ThumbnailState::Ready { blob: BlobId::new(CountingIds::nth(n)), width: 64, height: 43, placeholder: None }
}

#[test]
fn the_tag_changes_with_the_revision_the_thumbnail_and_the_window() {
    let now = FixedClock::NEW_YEAR.now();
    let life = Duration::from_hours(1);
    let mut tags = BTreeSet::new();
    let thumbnails = [
        ThumbnailState::None,
        ThumbnailState::Pending,
        ThumbnailState::Failed { times: 1 },
        ready(1),
        ready(2),
    ];
    for revision in [1, 11, 111] {
        for thumbnail in thumbnails {
            for later in [0, 1, 2] {
                let file = File { revision: Revision::new(revision), thumbnail, ..a_file() };
                let tag = etag(&file, UrlValidity::at(now.plus(life * later), file.id, life).from);
                assert_eq!(revision_of(&tag), Some(file.revision));
                tags.insert(tag);
            }
        }
    }
    assert_eq!(tags.len(), 3 * 5 * 3);
}

#[tokio::test]
async fn a_view_has_urls_of_one_window_and_shows_none_of_them() {
    let presenter = FilePresenter::new(&TestPorts::default().ports(), &settings());
    let view = presenter.view(File { thumbnail: ready(1), ..a_file() }).await.unwrap();
    let left = view.expires_at.since(FixedClock::NEW_YEAR.now());
    assert!(left >= Duration::from_mins(30) && left <= Duration::from_hours(1));
    let thumbnail = view.thumbnail.clone().unwrap();
    assert!(view.download.expose().contains(&a_file().blob.to_string()));
    assert!(thumbnail.expose().contains(&CountingIds::nth(1).to_string()));
    assert_eq!(opened(&thumbnail).target.filename.as_str(), "hello.png");
    let shown = format!("{view:?}");
    assert!(!shown.contains("token="), "{shown}");
}

#[test]
fn what_a_browser_would_run_is_linked_as_bytes_to_be_saved() {
    let at = Timestamp::from_unix_seconds(0);
    let svg = File { content_type: "image/svg+xml".parse().unwrap(), ..a_file() };
    let link = content_link(&svg, Disposition::Inline, at, at);
    assert_eq!(link.target.content_type.as_str(), "application/octet-stream");
    assert_eq!(link.target.disposition, Disposition::Attachment);
    let link = content_link(&a_file(), Disposition::Inline, at, at);
    assert_eq!(
        (link.target.content_type.as_str(), link.target.disposition),
        ("text/plain", Disposition::Inline)
    );
}
