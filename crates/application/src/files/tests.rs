//! Of the use cases that only look, and of renaming.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use super::{
    EditError, FileError, IfMatch, LinkContent, LinkThumbnail, RenameCommand, RenameFile, ShowFile, SignUrl,
    SignUrlCommand, ThumbnailError,
};
use crate::fixture::{access, actor, once, reads_of_file, unavailable};
use crate::ports::Ports;
use crate::testing::{TestPorts, settings};
use fm_domain::access::Right;
use fm_domain::blobs::{Disposition, DownloadLink, SignedUrl};
use fm_domain::clock::Clock as _;
use fm_domain::files::{File, Revision, ThumbnailState, UpdateFile};
use fm_domain::ids::BlobId;
use fm_domain::testing::{CountingIds, Effects, FakeUnitOfWork, FixedClock, PlainLinks, a_file};

fn found(file: Option<File>) -> Ports {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads_of_file(&Effects::default(), file));
    doubles.ports()
}

fn opened(url: &SignedUrl) -> DownloadLink {
    PlainLinks::open(url.expose()).unwrap()
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_found_by_anyone() {
    let id = a_file().id;
    let shown = ShowFile::new(&found(None), &settings()).run(&actor(), id).await;
    assert!(matches!(shown, Err(FileError::NotFound)));
    let linked = LinkContent::new(&found(None), &settings()).run(&actor(), id, Disposition::Inline).await;
    assert!(matches!(linked, Err(FileError::NotFound)));
    let linked = LinkThumbnail::new(&found(None), &settings()).run(&actor(), id).await;
    assert!(matches!(linked, Err(ThumbnailError::NotFound)));
}

#[tokio::test]
async fn the_bytes_are_linked_as_they_were_asked_for() {
    for disposition in [Disposition::Inline, Disposition::Attachment] {
        let ports = found(Some(a_file()));
        let url =
            LinkContent::new(&ports, &settings()).run(&actor(), a_file().id, disposition).await.unwrap();
        let target = opened(&url).target;
        assert_eq!((target.disposition, target.sha256), (disposition, a_file().sha256));
    }
}

#[tokio::test]
async fn a_thumbnail_is_linked_once_it_is_there() {
    let link = async |thumbnail| {
        let ports = found(Some(File { thumbnail, ..a_file() }));
        LinkThumbnail::new(&ports, &settings()).run(&actor(), a_file().id).await
    };
    let ready = ThumbnailState::Ready { blob: BlobId::new(CountingIds::nth(3)), width: 64, height: 1 };
    let target = opened(&link(ready).await.unwrap()).target;
    assert_eq!((target.content_type.as_str(), target.filename.as_str()), ("image/png", "hello.png"));
    assert!(matches!(link(ThumbnailState::Pending).await, Err(ThumbnailError::NotReady { .. })));
    assert!(matches!(link(ThumbnailState::None).await, Err(ThumbnailError::NoThumbnail)));
    assert!(matches!(link(ThumbnailState::Failed).await, Err(ThumbnailError::NoThumbnail)));
}

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

fn renaming(effects: &Effects, file: Option<File>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.files.expect_find_for_update(), "lock", |asked, _| {
        assert_eq!(*asked, access(Right::Write));
        Ok(file.clone())
    });
    unit
}

async fn rename(unit: FakeUnitOfWork, if_match: Option<IfMatch>) -> Result<super::FileView, EditError> {
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.unit(unit);
    let name = "other.txt".parse().unwrap();
    let command = RenameCommand { file: a_file().id, if_match, name };
    RenameFile::new(&doubles.ports(), &settings()).run(&actor(), command).await
}

#[tokio::test]
async fn a_new_name_is_a_new_revision_of_the_same_bytes() {
    let effects = Effects::default();
    let mut unit = renaming(&effects, Some(a_file()));
    once!(effects, unit.files.expect_update(), "update", |after, seen| {
        assert_eq!((seen, after.revision, after.blob), (Revision::FIRST, Revision::new(2), a_file().blob));
        Ok(())
    });
    let file = rename(unit, Some(IfMatch::Revisions(vec![Revision::FIRST]))).await.unwrap().file;
    assert_eq!((file.name.as_str(), file.created_at), ("other.txt", a_file().created_at));
    assert_eq!(effects.seen(), ["lock", "update", "commit"]);
}

#[tokio::test]
async fn a_rename_whose_answer_was_lost_is_read_back() {
    for happened in [true, false] {
        let effects = Effects::default();
        let mut unit = renaming(&effects, Some(a_file())).committing_with(unavailable());
        once!(effects, unit.files.expect_update(), "update", |_, _| Ok(()));
        let after = File {
            name: "other.txt".parse().unwrap(),
            revision: Revision::FIRST.next(),
            updated_at: FixedClock::NEW_YEAR.now(),
            ..a_file()
        };
        let found = if happened { after } else { a_file() };
        let mut doubles = TestPorts::default();
        doubles.db = doubles.db.unit(unit).reads(reads_of_file(&effects, Some(found)));
        let name = "other.txt".parse().unwrap();
        let command = RenameCommand { file: a_file().id, if_match: None, name };
        let outcome = RenameFile::new(&doubles.ports(), &settings()).run(&actor(), command).await;
        assert_eq!(outcome.is_ok(), happened);
        assert_eq!(effects.seen(), ["lock", "update", "commit", "find"]);
    }
}

#[tokio::test]
async fn a_file_that_is_gone_or_has_changed_keeps_its_name() {
    let effects = Effects::default();
    assert!(matches!(rename(renaming(&effects, None), None).await, Err(EditError::NotFound)));
    let other = Some(IfMatch::Revisions(vec![]));
    let outcome = rename(renaming(&effects, Some(a_file())), other).await;
    assert!(matches!(outcome, Err(EditError::PreconditionFailed)));
    let mut unit = renaming(&effects, Some(a_file()));
    once!(effects, unit.files.expect_update(), "update", |_, _| Err(UpdateFile::Stale));
    assert!(matches!(rename(unit, None).await, Err(EditError::PreconditionFailed)));
    assert_eq!(effects.seen(), ["lock", "rollback", "lock", "rollback", "lock", "update", "drop"]);
}
