//! With which access each use case asks the database, and that it asks nothing without it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{DirectDoubles, MockDirectStore, MockResumableStore, PartLimits};
use crate::files::{
    FileError, ListCommand, ListError, PreviewError, ReplaceCommand, SignUrlCommand, ThumbnailError,
    UploadCommand, UploadError,
};
use crate::fixture::{access, actor, body, entered, sha256};
use crate::testing::{TestPorts, settings};
use crate::tree::{DeleteCommand, EditCommand, TreeError};
use crate::uploads::{
    AppendCommand, CompleteDirectCommand, CreateDirectCommand, CreateResumableCommand, ResumableError,
};
use crate::wiring::{Presence, UseCases};
use fm_domain::access::{Access, Actor, Right, Scopes};
use fm_domain::blobs::Disposition;
use fm_domain::body::ByteSize;
use fm_domain::files::{FileFilter, FileSort, SortOrder};
use fm_domain::idempotency::{Claimed, FinishedUpload, IdempotencyKey};
use fm_domain::previews::PreviewSize;
use fm_domain::testing::{FakeReads, FakeUnitOfWork, a_file, an_account, an_upload};
use fm_domain::tree::{OnConflict, Placing};
use futures_util::{StreamExt as _, stream};

/// What a database is asked with.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<Access>>>);

impl Asked {
    /// Notes it; the answer is that there is no such thing.
    fn none<T>(&self, access: &Access) -> Option<T> {
        self.0.lock().unwrap().push(access.clone());
        None
    }

    fn all(&self) -> Vec<Access> {
        self.0.lock().unwrap().clone()
    }
}

/// Expects this call of a mock, any number of times, and finds nothing.
macro_rules! finds_nothing {
    ($asked:expr, $expectation:expr) => {{
        let asked = $asked.clone();
        $expectation.returning(move |access, _| Ok(asked.none(access)));
    }};
}

fn unit(asked: &Asked) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::default();
    unit.drives.expect_enter().returning(|_, _, _| Ok(entered()));
    finds_nothing!(asked, unit.nodes.expect_find());
    unit.nodes.expect_find_trashed().returning(|_, _| Ok(None));
    finds_nothing!(asked, unit.files.expect_find_for_update());
    finds_nothing!(asked, unit.uploads.expect_find_for_update());
    finds_nothing!(asked, unit.uploads.expect_find_by_key());
    unit.keys.expect_claim().returning(|_, _| {
        let (file, name, sha256) = (a_file().id, "hello.txt".parse().unwrap(), sha256(b"hello"));
        Ok(Claimed::Done(FinishedUpload { file, name, sha256 }))
    });
    unit
}

fn reads(asked: &Asked) -> FakeReads {
    let mut reads = FakeReads::default();
    finds_nothing!(asked, reads.files.expect_find());
    finds_nothing!(asked, reads.uploads.expect_find());
    reads.users.expect_find().returning(|_| Ok(Some(an_account())));
    let listed = asked.clone();
    reads.files.expect_list().returning(move |access, _, _| Ok(listed.none(access).into_iter().collect()));
    reads
}

/// All use cases on a database that has nothing, but for a finished upload with every idempotency key.
fn use_cases(asked: &Asked) -> Box<UseCases> {
    let mut store = MockDirectStore::new();
    let (least, most) = (ByteSize::new(1), ByteSize::new(1 << 24));
    store.expect_part_limits().return_const(PartLimits { least, most, most_parts: 10_000 });
    let direct = Some(DirectDoubles { store, receiver: None });
    let mut doubles =
        TestPorts { direct, resumable: Some(MockResumableStore::new()), ..TestPorts::default() };
    // An upload reads its quota too.
    doubles.db = doubles.db.unit(unit(asked)).reads(reads(asked)).reads(reads(asked));
    Box::new(UseCases::new(&doubles.ports(), &settings()))
}

/// Asserts that a use case asks once, with this right, and that it asks nothing and refuses without it. `run` says
/// whether it was refused.
async fn asks(what: &str, right: Right, run: impl AsyncFn(&UseCases, &Actor) -> bool) {
    let asked = Asked::default();
    assert!(!run(&use_cases(&asked), &actor()).await, "{what} with every scope");
    assert_eq!(asked.all(), [access(right)], "{what}");

    let others = Right::ALL.into_iter().filter(|other| *other != right).fold(Scopes::NONE, Scopes::with);
    let asked = Asked::default();
    assert!(run(&use_cases(&asked), &actor().limited_to(others)).await, "{what} without the scope");
    assert_eq!(asked.all(), [], "{what} without the scope");
}

fn key() -> IdempotencyKey {
    "key".parse().unwrap()
}

#[tokio::test]
async fn whatever_shows_files_asks_for_the_right_to_read() {
    let id = a_file().id;
    asks("show", Right::Read, async |all, actor| {
        matches!(all.files.show.run(actor, id).await, Err(FileError::Denied(_)))
    })
    .await;
    asks("list", Right::Read, async |all, actor| {
        let (filter, sort, order) = (FileFilter::default(), FileSort::Name, SortOrder::Ascending);
        let command = ListCommand { filter, sort, order, limit: 1, cursor: None };
        matches!(all.files.list.run(actor, command).await, Err(ListError::Denied(_)))
    })
    .await;
    asks("link to the content", Right::Read, async |all, actor| {
        let linked = all.files.link_content.run(actor, id, Disposition::Inline).await;
        matches!(linked, Err(FileError::Denied(_)))
    })
    .await;
    asks("link to the thumbnail", Right::Read, async |all, actor| {
        matches!(all.files.link_thumbnail.run(actor, id).await, Err(ThumbnailError::Denied(_)))
    })
    .await;
    asks("link to a preview", Right::Read, async |all, actor| {
        let (size, present) = (PreviewSize::Small, Presence::default());
        let linked = all.files.link_preview.run(actor, id, size, Duration::ZERO, &present).await;
        matches!(linked, Err(PreviewError::Denied(_)))
    })
    .await;
    asks("sign a URL", Right::Read, async |all, actor| {
        let (expires_in, disposition) = (settings().signed_url_ttl, Disposition::Inline);
        let command = SignUrlCommand { file: id, expires_in, disposition };
        matches!(all.files.sign_url.run(actor, command).await, Err(FileError::Denied(_)))
    })
    .await;
}

#[tokio::test]
async fn whatever_makes_or_changes_files_asks_for_the_right_to_write() {
    let file = a_file().id;
    asks("upload", Right::Write, async |all, actor| {
        let command = UploadCommand::new(Some(key()), body(&["hello"]));
        matches!(all.files.upload.run(actor, command).await, Err(UploadError::Denied(_)))
    })
    .await;
    asks("replace the content", Right::Write, async |all, actor| {
        let command = ReplaceCommand { file, if_match: None, modified_at: None, body: body(&["hello"]) };
        matches!(all.files.replace_content.run(actor, command).await, Err(UploadError::Denied(_)))
    })
    .await;
    asks("rename", Right::Write, async |all, actor| {
        let command = EditCommand {
            item: file.into(),
            kind: None,
            if_match: None,
            name: Some(a_file().name),
            parent: None,
            on_conflict: OnConflict::Fail,
            modified_at: None,
        };
        matches!(all.tree.edit.run(actor, command).await, Err(TreeError::Denied(_)))
    })
    .await;
    asks("make the thumbnail again", Right::Write, async |all, actor| {
        matches!(all.files.remake_thumbnail.run(actor, file).await, Err(ThumbnailError::Denied(_)))
    })
    .await;
}

#[tokio::test]
async fn deleting_a_file_asks_for_the_right_to_delete() {
    asks("delete", Right::Delete, async |all, actor| {
        let command =
            DeleteCommand { item: a_file().id.into(), kind: None, if_match: None, recursive: false };
        matches!(all.tree.delete.run(actor, command).await, Err(TreeError::Denied(_)))
    })
    .await;
}

#[tokio::test]
async fn resumable_uploads_ask_for_the_right_to_write() {
    let upload = an_upload().id;
    asks("create", Right::Write, async |all, actor| {
        let command = CreateResumableCommand {
            placing: Placing::default(),
            key: Some(key()),
            name: an_upload().name,
            length: an_upload().length,
            claimed_type: None,
            metadata: String::new(),
            first: None,
        };
        let created = Box::pin(all.resumable.as_ref().unwrap().create.run(actor, command)).await;
        matches!(created, Err(ResumableError::Denied(_)))
    })
    .await;
    asks("append", Right::Write, async |all, actor| {
        let command = AppendCommand {
            upload,
            offset: ByteSize::ZERO,
            length: None,
            checksum: None,
            body: stream::empty().boxed(),
            body_length: None,
        };
        let appended = Box::pin(all.resumable.as_ref().unwrap().append.run(actor, command)).await;
        matches!(appended, Err(ResumableError::Denied(_)))
    })
    .await;
    asks("resume", Right::Write, async |all, actor| {
        let resumed = Box::pin(all.resumable.as_ref().unwrap().resume.run(actor, upload)).await;
        matches!(resumed, Err(ResumableError::Denied(_)))
    })
    .await;
    asks("cancel", Right::Write, async |all, actor| {
        let cancelled = all.resumable.as_ref().unwrap().cancel.run(actor, upload).await;
        matches!(cancelled, Err(ResumableError::Denied(_)))
    })
    .await;
}

#[tokio::test]
async fn direct_uploads_ask_for_the_right_to_write() {
    let upload = an_upload().id;
    asks("create", Right::Write, async |all, actor| {
        let (name, size) = (an_upload().name, ByteSize::new(5));
        let command = CreateDirectCommand {
            key: Some(key()),
            name,
            placing: Placing::default(),
            size,
            claimed_type: None,
            sha256: None,
        };
        let created = all.direct.as_ref().unwrap().create.run(actor, command).await;
        matches!(created, Err(ResumableError::Denied(_)))
    })
    .await;
    asks("complete", Right::Write, async |all, actor| {
        let command = CompleteDirectCommand { upload, parts: Vec::new() };
        let completed = all.direct.as_ref().unwrap().complete.run(actor, command).await;
        matches!(completed, Err(ResumableError::Denied(_)))
    })
    .await;
    asks("cancel", Right::Write, async |all, actor| {
        let cancelled = all.direct.as_ref().unwrap().cancel.run(actor, upload).await;
        matches!(cancelled, Err(ResumableError::Denied(_)))
    })
    .await;
}
