#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use crate::files::{FileError, SignUrl, SignUrlCommand};
use crate::fixture::{a_unit_of_the_trail, actor, by_ada, found, noted, opened, reads_of_file};
use crate::testing::TestPorts;
use fm_domain::audit::AuditAction;
use fm_domain::blobs::Disposition;
use fm_domain::clock::Clock as _;
use fm_domain::testing::{Effects, FixedClock, a_file};

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

#[tokio::test]
async fn a_link_is_recorded_and_none_that_was_not_made() {
    let command = SignUrlCommand {
        file: a_file().id,
        expires_in: Duration::from_secs(7),
        disposition: Disposition::Attachment,
    };
    for file in [Some(a_file()), None] {
        let effects = Effects::default();
        let mut doubles = TestPorts::default();
        let (unit, trail) = a_unit_of_the_trail(&effects);
        doubles.db = doubles.db.reads(reads_of_file(&effects, file.clone())).unit(unit);
        let is_made = SignUrl::new(&doubles.ports()).run(&actor(), command).await.is_ok();
        assert_eq!(is_made, file.is_some());
        let expected = file.map(|file| by_ada(AuditAction::LINK_CREATED, Some(file.id.uuid())));
        assert_eq!(noted(&trail), expected.into_iter().collect::<Vec<_>>());
    }
}
