#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_domain::blobs::{MockDirectStore, MockPartReceiver, PartLimits, WriteId};
use fm_domain::clock::Clock as _;
use fm_domain::files::File;
use fm_domain::jobs::Enqueued;
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, FixedClock, a_file, an_upload};
use fm_domain::uploads::Epoch;

use super::*;
use crate::fixture::{FakeBlobs, actor, enqueued, once, reads_of_file, unavailable};
use crate::jobs::VerifyBlob;
use crate::testing::{DirectDoubles, settings};
use crate::uploads::fixture::{
    Rows, acquiring, cancelling_intent, doubles, filing, filing_afresh, finding, intent_cancelled, reads_of,
    recording_intent,
};

const MIB: u64 = 1024 * 1024;

/// A direct upload of two parts.
fn direct() -> Upload {
    Upload {
        transport: Transport::Direct,
        write: Some(WriteId::new("w".to_owned())),
        length: Some(ByteSize::new(9 * MIB)),
        ..an_upload()
    }
}

/// It, as this completion has it.
fn locked() -> Upload {
    Upload { epoch: Epoch::FIRST.next(), is_locked: true, ..direct() }
}

fn both_parts(tags: [&str; 2]) -> Vec<WrittenPart> {
    let part = |number, mib, tag: &str| WrittenPart {
        number,
        size: ByteSize::new(mib * MIB),
        tag: PartTag::new(tag.to_owned()),
    };
    vec![part(1, 8, tags[0]), part(2, 1, tags[1])]
}

fn told(parts: &[(u32, &str)]) -> Vec<(u32, String)> {
    parts.iter().map(|(number, tag)| (*number, (*tag).to_owned())).collect()
}

/// How the store answers a completion; `None`: it is not asked.
type Answer = Option<Result<StoredBlob, CompleteParts>>;

const WHOLE: StoredBlob = StoredBlob { size: ByteSize::new(9 * MIB) };

/// A completion, and what is there for it.
struct Completion {
    effects: Effects,
    units: Vec<FakeUnitOfWork>,
    reads: Vec<FakeReads>,
    answer: Answer,
    /// Whether the parts were sent to us.
    is_received: bool,
    content: &'static [u8],
}

impl Completion {
    fn of(effects: &Effects, units: Vec<FakeUnitOfWork>, answer: Answer) -> Self {
        let effects = effects.clone();
        Self { effects, units, reads: Vec::new(), answer, is_received: false, content: b"hello" }
    }

    async fn run(self, named: &[(u32, &str)]) -> Result<Uploaded, ResumableError> {
        let mut store = MockDirectStore::new();
        let (least, most) = (ByteSize::new(5 * MIB), ByteSize::new(5 << 30));
        store.expect_part_limits().return_const(PartLimits { least, most, most_parts: 10_000 });
        if let Some(answer) = self.answer {
            let answer = std::sync::Mutex::new(Some(answer));
            once!(self.effects, store.expect_complete(), "complete", |write, fence, parts, size| {
                assert_eq!(*write, direct().part_write().unwrap());
                assert_eq!((fence, size), (1, ByteSize::new(9 * MIB)));
                assert_eq!(parts, both_parts(["a", "b"]));
                answer.lock().unwrap().take().unwrap()
            });
        }
        let mut doubles = doubles(self.units, self.reads);
        let receiver = self.is_received.then(MockPartReceiver::new);
        doubles.direct = Some(DirectDoubles { store, receiver });
        let ports = FakeBlobs::holding(&self.effects, self.content).among(doubles);
        let context = Context::new(&ports, &settings());
        let command = CompleteDirectCommand { upload: an_upload().id, parts: told(named) };
        let direct = ports.direct.as_ref().unwrap();
        CompleteDirect::new(&context, direct, &ports, &settings()).run(&actor(), command).await
    }
}

/// The unit that removes an upload that came to nothing.
fn removing(effects: &Effects) -> FakeUnitOfWork {
    let mut unit = intent_cancelled(effects, finding(effects, Some(locked())));
    once!(effects, unit.uploads.expect_remove(), "remove", |_| Ok(true));
    unit
}

/// The unit that finds the parts that were sent to us.
fn comparing(effects: &Effects, known: Vec<WrittenPart>) -> FakeUnitOfWork {
    let mut unit = FakeUnitOfWork::noting(effects);
    once!(effects, unit.uploads.expect_parts(), "parts", |_| Ok(known.clone()));
    unit
}

#[tokio::test]
async fn the_file_is_what_its_first_bytes_say_and_the_rest_is_verified_later() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut last = filing(&effects, &rows);
    once!(effects, last.jobs.expect_enqueue(), "enqueue", |job| {
        assert_eq!(enqueued::<VerifyBlob>(job).blob, an_upload().blob);
        Ok(Enqueued::Added)
    });
    let units = vec![acquiring(&effects, direct(), &rows), last];
    let mut completion = Completion::of(&effects, units, Some(Ok(WHOLE)));
    completion.content = b"\x89PNG\r\n\x1a\n0000";
    let uploaded = completion.run(&[(2, "b"), (1, "a")]).await.unwrap();
    assert!(uploaded.fresh);
    assert_eq!(uploaded.path, Some(format!("/{}", uploaded.view.file.name)));
    let file = uploaded.view.file;
    assert_eq!((file.content_type.as_str(), file.sha256), ("image/png", None));
    assert_eq!((file.blob, file.size), (an_upload().blob, ByteSize::new(9 * MIB)));
    assert_eq!(rows.all()[0], (locked(), Epoch::FIRST));
    assert_eq!(rows.last().status, UploadStatus::Complete(file.id));
    assert_eq!(
        effects.seen(),
        [
            "find",
            "update",
            "commit",
            "complete",
            "get",
            "update",
            "mark stored",
            "enter",
            "insert",
            "enqueue",
            "commit"
        ]
    );
}

#[tokio::test]
async fn with_parts_that_are_missing_doubled_or_unknown_the_upload_is_gone() {
    for parts in
        [&[][..], &[(1, "a")], &[(1, "a"), (1, "a")], &[(1, "a"), (3, "b")], &[(1, "a"), (2, "b"), (3, "c")]]
    {
        let (effects, rows) = (Effects::default(), Rows::default());
        let units = vec![acquiring(&effects, direct(), &rows), removing(&effects)];
        let outcome = Completion::of(&effects, units, None).run(parts).await;
        assert!(matches!(outcome, Err(ResumableError::PartMismatch)));
        assert_eq!(effects.seen()[3..], ["find", "cancel intent", "enqueue", "remove", "commit"]);
    }
}

#[tokio::test]
async fn with_parts_that_the_store_does_not_know_so_the_upload_is_gone() {
    let short = StoredBlob { size: ByteSize::new(9 * MIB - 1) };
    for answer in [Err(CompleteParts::Mismatch), Ok(short)] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let units = vec![acquiring(&effects, direct(), &rows), removing(&effects)];
        let outcome = Completion::of(&effects, units, Some(answer)).run(&[(1, "a"), (2, "b")]).await;
        assert!(matches!(outcome, Err(ResumableError::PartMismatch)));
        assert_eq!(effects.seen()[3..], ["complete", "find", "cancel intent", "enqueue", "remove", "commit"]);
    }
}

#[tokio::test]
async fn with_parts_that_are_too_large_for_the_store_the_upload_is_gone() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![acquiring(&effects, direct(), &rows), removing(&effects)];
    let refused = Some(Err(CompleteParts::TooLarge));
    let outcome = Completion::of(&effects, units, refused).run(&[(1, "a"), (2, "b")]).await;
    assert!(matches!(outcome, Err(ResumableError::TooLargeForStore)));
    assert_eq!(effects.seen()[3..], ["complete", "find", "cancel intent", "enqueue", "remove", "commit"]);
}

#[tokio::test]
async fn an_upload_that_was_never_begun_has_no_parts() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let never_begun = Upload { write: None, ..direct() };
    let units = vec![acquiring(&effects, never_begun, &rows), removing(&effects)];
    let outcome = Completion::of(&effects, units, None).run(&[(1, "a"), (2, "b")]).await;
    assert!(matches!(outcome, Err(ResumableError::PartMismatch)));
}

#[tokio::test]
async fn parts_that_were_sent_to_us_are_compared_with_those_that_were_received() {
    let mut smaller = both_parts(["a", "b"]);
    smaller[1].size = ByteSize::new(MIB - 1);
    for known in [both_parts(["a", "x"]), smaller, both_parts(["a", "b"])[..1].to_vec()] {
        let (effects, rows) = (Effects::default(), Rows::default());
        let units =
            vec![acquiring(&effects, direct(), &rows), comparing(&effects, known), removing(&effects)];
        let mut completion = Completion::of(&effects, units, None);
        completion.is_received = true;
        let outcome = completion.run(&[(1, "a"), (2, "b")]).await;
        assert!(matches!(outcome, Err(ResumableError::PartMismatch)));
        assert_eq!(effects.seen()[3..6], ["parts", "rollback", "find"]);
    }
}

#[tokio::test]
async fn parts_that_were_received_as_they_are_named_become_the_file() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let mut last = filing(&effects, &rows);
    last.jobs.expect_enqueue().times(1).returning(|_| Ok(Enqueued::Added));
    let known = both_parts(["\"a\"", "b"]);
    let units = vec![acquiring(&effects, direct(), &rows), comparing(&effects, known), last];
    let mut completion = Completion::of(&effects, units, Some(Ok(WHOLE)));
    completion.is_received = true;
    assert!(completion.run(&[(1, "a"), (2, "b")]).await.unwrap().fresh);
    assert_eq!(effects.seen()[3..6], ["parts", "rollback", "complete"]);
}

#[tokio::test]
async fn an_upload_without_bytes_becomes_an_empty_blob_whose_hash_is_known() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let empty = Upload { write: None, length: Some(ByteSize::ZERO), ..direct() };
    let units =
        vec![acquiring(&effects, empty, &rows), recording_intent(&effects), filing_afresh(&effects, &rows)];
    let file = Completion::of(&effects, units, None).run(&[]).await.unwrap().view.file;
    assert_eq!((file.size, file.sha256), (ByteSize::ZERO, Some(HashState::new().finish())));
    assert_ne!(file.blob, an_upload().blob);
    assert_eq!(effects.seen()[3..8], ["record intent", "commit", "put files", "update", "cancel intent"]);
}

#[tokio::test]
async fn an_empty_blob_that_becomes_no_file_is_given_up() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let empty = Upload { write: None, length: Some(ByteSize::ZERO), ..direct() };
    let mut last = FakeUnitOfWork::noting(&effects);
    once!(effects, last.uploads.expect_update(), "update", |_, _| Err(unavailable().into()));
    let units = vec![
        acquiring(&effects, empty, &rows),
        recording_intent(&effects),
        last,
        cancelling_intent(&effects),
    ];
    let outcome = Completion::of(&effects, units, None).run(&[]).await;
    assert!(matches!(outcome, Err(ResumableError::Store(PortError::Unavailable(_)))));
    assert_eq!(effects.seen()[6..], ["update", "drop", "cancel intent", "commit", "delete files"]);
}

fn complete() -> Upload {
    Upload { status: UploadStatus::Complete(a_file().id), epoch: locked().epoch.next(), ..direct() }
}

#[tokio::test]
async fn a_second_completion_finds_the_file() {
    let effects = Effects::default();
    let mut completion = Completion::of(&effects, vec![finding(&effects, Some(complete()))], None);
    completion.reads = vec![reads_of_file(&effects, Some(a_file()))];
    let uploaded = completion.run(&[]).await.unwrap();
    assert_eq!((uploaded.fresh, uploaded.view.file), (false, a_file()));
    assert_eq!(effects.seen(), ["find", "rollback", "find"]);
}

#[tokio::test]
async fn a_file_that_was_removed_since_is_not_found() {
    let effects = Effects::default();
    let mut completion = Completion::of(&effects, vec![finding(&effects, Some(complete()))], None);
    completion.reads = vec![reads_of_file(&effects, None)];
    assert!(matches!(completion.run(&[]).await, Err(ResumableError::NotFound)));
}

#[tokio::test]
async fn an_unknown_upload_a_resumable_one_and_one_whose_time_is_over_are_refused() {
    let over = Upload { expires_at: FixedClock::NEW_YEAR.now(), ..direct() };
    let expired = Upload { status: UploadStatus::Expired, ..direct() };
    for (found, is_expired) in
        [(None, false), (Some(an_upload()), false), (Some(over), true), (Some(expired), true)]
    {
        let effects = Effects::default();
        let outcome = Completion::of(&effects, vec![finding(&effects, found)], None).run(&[]).await;
        assert_eq!(matches!(outcome, Err(ResumableError::Expired)), is_expired);
        assert_eq!(matches!(outcome, Err(ResumableError::NotFound)), !is_expired);
        assert_eq!(effects.seen(), ["find", "rollback"]);
    }
}

/// Completes an upload that another completion has; `found` is what became of it.
async fn lose(found: Upload, file: Option<File>) -> Result<Uploaded, ResumableError> {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![acquiring(&effects, direct(), &rows)];
    let mut completion = Completion::of(&effects, units, Some(Err(CompleteParts::Gone)));
    completion.reads = vec![reads_of(&effects, Some(found))];
    completion.reads.extend(file.map(|file| reads_of_file(&effects, Some(file))));
    let outcome = completion.run(&[(1, "a"), (2, "b")]).await;
    assert_eq!(effects.seen()[3..5], ["complete", "look"]);
    outcome
}

#[tokio::test]
async fn a_completion_that_another_one_outran_gets_its_file() {
    let uploaded = lose(complete(), Some(a_file())).await.unwrap();
    assert_eq!((uploaded.fresh, uploaded.view.file), (false, a_file()));
}

#[tokio::test]
async fn an_upload_that_another_completion_still_has_is_taken_over() {
    let outcome = lose(locked(), None).await;
    assert!(matches!(outcome, Err(ResumableError::TakenOver { .. })));
    let outcome = lose(Upload { status: UploadStatus::Expired, ..locked() }, None).await;
    assert!(matches!(outcome, Err(ResumableError::Expired)));
}

#[tokio::test]
async fn wrong_parts_do_not_give_up_what_another_completion_has() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let others = Upload { epoch: locked().epoch.next(), ..locked() };
    let units = vec![acquiring(&effects, direct(), &rows), finding(&effects, Some(others.clone()))];
    let mut completion = Completion::of(&effects, units, None);
    completion.reads = vec![reads_of(&effects, Some(others))];
    let outcome = completion.run(&[(1, "a")]).await;
    assert!(matches!(outcome, Err(ResumableError::TakenOver { .. })));
    assert_eq!(effects.seen()[3..], ["find", "rollback", "look"]);
}

#[tokio::test]
async fn a_store_that_fails_leaves_the_upload_for_another_completion() {
    let (effects, rows) = (Effects::default(), Rows::default());
    let units = vec![acquiring(&effects, direct(), &rows)];
    let answer = Some(Err(unavailable().into()));
    let outcome = Completion::of(&effects, units, answer).run(&[(1, "a"), (2, "b")]).await;
    assert!(matches!(outcome, Err(ResumableError::Store(PortError::Unavailable(_)))));
    assert_eq!(effects.seen(), ["find", "update", "commit", "complete"]);
}
