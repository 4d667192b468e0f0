#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use crate::files::{FileError, SignUrl, SignUrlCommand};
use crate::fixture::{actor, found, opened};
use fm_domain::blobs::Disposition;
use fm_domain::clock::Clock as _;
use fm_domain::testing::{FixedClock, a_file};

#[tokio::test]
async fn a_signed_url_lives_exactly_as_long_as_was_asked() {
    let command = SignUrlCommand {
        file: a_file().id,
        expires_in: Duration::from_secs(7),
        disposition: Disposition::Attachment,
    };
    let link = SignUrl::new(&found(Some(a_file()))).run(&actor(), command).await.unwrap();
    assert_eq!(link.expires_at, FixedClock::NEW_YEAR.now().plus(Duration::from_secs(7)));
    assert_eq!(opened(&link.url).expires_at, link.expires_at);
    assert!(matches!(SignUrl::new(&found(None)).run(&actor(), command).await, Err(FileError::NotFound)));
}
