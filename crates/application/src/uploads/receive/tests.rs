#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod unchecked;

use std::sync::Arc;

use fm_domain::accounts::{Account, StorageUse};
use fm_domain::error::PortError;
use fm_domain::files::{Charset, CharsetCheck};
use fm_domain::testing::{Effects, FakeReads, FakeUnitOfWork, an_account, an_upload};
use fm_domain::uploads::Checksum;
use futures_util::{StreamExt as _, stream};
use tokio::sync::Notify;

use super::*;
use crate::fixture::{once, reads_of_account, sha256, unavailable};
use crate::ports::Settings;
use crate::testing::settings;
use crate::uploads::fixture::{
    FakeStore, Fault, Rows, acquired, begun_with, broken, cancelling_intent, context, doubles, filing_afresh,
    name_of, pieces, reads_of, recording_intent, request, saving, state, with_quota,
};

/// What `hello world` has to match.
const CHECKSUM: &str = "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=";

/// A request, and what is there for it.
struct Reception {
    effects: Effects,
    rows: Rows,
    units: Vec<FakeUnitOfWork>,
    reads: Vec<FakeReads>,
    settings: Settings,
    upload: Upload,
    checksum: Option<Checksum>,
    body_length: Option<u64>,
    /// Bytes that this request has received before, and not saved.
    unsaved: u64,
}

impl Reception {
    /// Of an upload of so many bytes, none of which are there. `saves` units of work write its row.
    fn of(length: u64, saves: usize) -> Self {
        let (effects, rows) = (Effects::default(), Rows::default());
        Self {
            units: (0..saves).map(|_| saving(&effects, &rows)).collect(),
            reads: Vec::new(),
            settings: settings(),
            upload: Upload { length: Some(ByteSize::new(length)), ..acquired() },
            checksum: None,
            body_length: None,
            unsaved: 0,
            effects,
            rows,
        }
    }

    fn stepwise(&self) -> FakeStore {
        FakeStore::stepwise(&self.effects)
    }

    fn checked(self, checksum: &str) -> Self {
        Self { checksum: Some(checksum.parse().unwrap()), ..self }
    }

    /// Receives the body, and releases the upload after an error.
    async fn receive(
        self,
        store: FakeStore,
        body: ByteStream,
    ) -> (Result<Option<Placed>, ResumableError>, Upload) {
        let context = context(&self.effects, doubles(self.units, self.reads), &self.settings);
        let request = AppendRequest {
            checksum: self.checksum,
            body_length: self.body_length.map(ByteSize::new),
            ..request(self.upload.offset.bytes())
        };
        let mut receiver = Receiver::new(&context, &store, self.upload, &request);
        receiver.checkpoints.count(self.unsaved);
        let outcome = receiver.receive(body).await;
        if let Err(error) = &outcome {
            receiver.release(error).await.unwrap();
        }
        (outcome, receiver.into_upload())
    }
}

#[tokio::test]
async fn each_chunk_is_appended_made_durable_and_saved_before_the_next_is_read() {
    let reception = Reception::of(10, 4);
    let (effects, rows, store) = (reception.effects.clone(), reception.rows.clone(), reception.stepwise());
    let (outcome, upload) = reception.receive(store, pieces(&["abc", "defgh", "ij"])).await;
    assert_eq!(outcome.unwrap(), None);
    assert!(upload.is_whole());
    assert_eq!(
        effects.seen(),
        [
            "begin text/plain",
            "update",
            "commit",
            "append abcd at 0",
            "sync",
            "update",
            "commit",
            "prune begun begun+4",
            "append efgh at 4",
            "sync",
            "update",
            "commit",
            "prune begun+4 begun+4+4",
            "append the last ij at 8",
            "sync",
            "update",
            "commit",
            "prune begun+4+4 begun+4+4+2",
        ]
    );
    assert_eq!(rows.offsets(), [0, 4, 8, 10]);
    assert_eq!(rows.states(), ["begun", "begun+4", "begun+4+4", "begun+4+4+2"]);
    let written = rows.all();
    let of = |row: usize| (written[row].0.hash.finish(), written[row].0.head.clone());
    assert_eq!(of(0), (sha256(b""), "".into()));
    assert_eq!(of(1), (sha256(b"abcd"), "abcd".into()));
    assert_eq!(of(3), (sha256(b"abcdefghij"), "abcdefghij".into()));
    assert!(written.iter().all(|(row, seen)| row.is_locked && *seen == acquired().epoch));
}

#[tokio::test]
async fn a_pipelined_store_with_nothing_to_remember_is_saved_at_the_end() {
    let reception = Reception::of(10, 2);
    let (effects, rows) = (reception.effects.clone(), reception.rows.clone());
    let store = FakeStore::pipelined(&effects);
    let (outcome, _) = reception.receive(store, pieces(&["abcdefghij"])).await;
    assert_eq!(outcome.unwrap(), None);
    let seen = effects.seen();
    assert_eq!(seen[..4], ["begin text/plain", "update", "commit", "append a at 0"]);
    assert_eq!(seen[seen.len() - 4..], ["append the last j at 9", "sync", "update", "commit"]);
    let appended = seen.iter().filter_map(|effect| effect.strip_prefix("append "));
    let appended = appended.map(|effect| effect.trim_start_matches("the last "));
    let bytes: String = appended.filter_map(|effect| effect.split(' ').next()).collect();
    assert_eq!(bytes, "abcdefghij");
    assert_eq!(rows.offsets(), [0, 10]);
    assert_eq!(rows.last().hash.finish(), sha256(b"abcdefghij"));
}

/// The first append ends only when the second piece was asked for.
#[tokio::test]
async fn the_next_chunk_is_received_while_a_pipelined_store_writes() {
    let reception = Reception::of(10, 2);
    let asked = Arc::new(Notify::new());
    let store = FakeStore::pipelined(&reception.effects).failing("append", Fault::After(Arc::clone(&asked)));
    let body = stream::iter(["a", "bcdefghij"]).map(move |piece| {
        if piece != "a" {
            asked.notify_one();
        }
        Ok(piece.into())
    });
    let rows = reception.rows.clone();
    let received = reception.receive(store, body.boxed());
    let (outcome, _) = tokio::time::timeout(std::time::Duration::from_mins(2), received).await.unwrap();
    assert_eq!(outcome.unwrap(), None);
    assert_eq!(rows.last().offset, ByteSize::new(10));
}

#[tokio::test]
async fn a_pipelined_store_is_saved_midway_once_enough_was_received() {
    let mut reception = Reception::of(10, 3);
    reception.unsaved = 1 << 40;
    let (effects, rows) = (reception.effects.clone(), reception.rows.clone());
    let (outcome, _) = reception.receive(FakeStore::pipelined(&effects), pieces(&["abcdefghij"])).await;
    assert_eq!(outcome.unwrap(), None);
    assert_eq!(effects.seen()[3..7], ["append abcd at 0", "sync", "update", "commit"]);
    assert_eq!(rows.offsets(), [0, 4, 10]);
    assert_eq!(rows.all()[1].0.hash.finish(), sha256(b"abcd"));
}

/// The last append ends only when the body has: a checkpoint that did not wait for it would tell of too many bytes.
#[tokio::test]
async fn a_checkpoint_of_a_pipelined_store_tells_of_appends_that_have_finished_alone() {
    let reception = Reception::of(20, 8);
    let (effects, rows) = (reception.effects.clone(), reception.rows.clone());
    let store = FakeStore::pipelined_with_states(&effects);
    let (outcome, upload) = reception.receive(store, pieces(&["abcdefghijkl", "mnopq", "rst"])).await;
    assert_eq!(outcome.unwrap(), None);
    assert!(upload.is_whole());
    assert!(rows.offsets().len() > 2, "it is saved midway: {:?}", rows.offsets());
    for (row, _) in rows.all() {
        let state = name_of(&row.state.unwrap());
        let appended: u64 = state.split('+').skip(1).map(|bytes| bytes.parse::<u64>().unwrap()).sum();
        assert_eq!(ByteSize::new(appended), row.offset, "the state {state} has other bytes than are counted");
    }
}

#[tokio::test]
async fn the_charset_of_a_text_is_found_over_many_requests() {
    let texts = ["Gr\u{fc}\u{df}".as_bytes(), b"Gr\xfc\xdfe", b"\xff\xfea\0b\0"];
    for (bytes, expected) in texts.into_iter().zip([Some("utf-8"), None, Some("utf-16")]) {
        let (first, second) = bytes.split_at(3);
        let mut check = CharsetCheck::default();
        let mut upload = acquired();
        for piece in [first, second] {
            let mut reception = Reception::of(bytes.len() as u64, 1);
            reception.upload =
                Upload { length: reception.upload.length, charset_check: Some(check), ..upload };
            reception.upload.state = Some(state("kept"));
            let (rows, store) = (reception.rows.clone(), reception.stepwise());
            let body = stream::iter([Ok(piece.to_vec().into())]).boxed();
            assert_eq!(reception.receive(store, body).await.0.unwrap(), None);
            upload = rows.last();
            check = upload.charset_check.clone().unwrap();
        }
        assert!(upload.is_whole());
        assert_eq!(crate::uploads::content_type(&upload).charset().map(Charset::as_str), expected);
        // Bytes that another version of the program received, which looks at no charset.
        let unseen = Upload { charset_check: Some(CharsetCheck::default()), ..upload };
        assert_eq!(crate::uploads::content_type(&unseen).charset(), None);
    }
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was_left() {
    let mut reception = Reception::of(20, 1);
    reception.upload = begun_with(reception.upload, "abc");
    let (effects, rows, store) = (reception.effects.clone(), reception.rows.clone(), reception.stepwise());
    let (outcome, _) = reception.receive(store, pieces(&["de"])).await;
    assert_eq!(outcome.unwrap(), None);
    assert_eq!(effects.seen(), ["append de at 3", "sync", "update", "commit", "prune kept kept+2"]);
    let row = rows.last();
    assert_eq!((row.offset, row.hash.finish()), (ByteSize::new(5), sha256(b"abcde")));
    assert!(!row.is_locked, "the next request finds it free");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_kept_as_far_as_it_came() {
    let reception = Reception::of(10, 3);
    let (effects, rows, store) = (reception.effects.clone(), reception.rows.clone(), reception.stepwise());
    let (outcome, _) = reception.receive(store, broken("abcdef")).await;
    assert!(matches!(outcome, Err(ResumableError::Body(BodyError::Aborted))));
    assert_eq!(effects.seen()[8..12], ["append ef at 4", "sync", "update", "commit"]);
    assert_eq!(rows.offsets(), [0, 4, 6]);
    assert!(!rows.last().is_locked, "it is released with what arrived");
    assert_eq!(rows.last().hash.finish(), sha256(b"abcdef"));
}

#[tokio::test]
async fn a_body_that_breaks_off_before_its_first_byte_leaves_the_upload_free() {
    let reception = Reception::of(10, 1);
    let (effects, rows, store) = (reception.effects.clone(), reception.rows.clone(), reception.stepwise());
    let (outcome, _) = reception.receive(store, broken("")).await;
    assert!(matches!(outcome, Err(ResumableError::Body(BodyError::Aborted))));
    assert_eq!(effects.seen(), ["update", "commit"]);
    assert!(!rows.last().is_locked && rows.last().state.is_none());
}

#[tokio::test]
async fn of_a_body_that_is_too_long_its_last_chunk_does_not_count() {
    let reception = Reception::of(6, 3);
    let (effects, rows, store) = (reception.effects.clone(), reception.rows.clone(), reception.stepwise());
    let (outcome, _) = reception.receive(store, pieces(&["abcdef", "g"])).await;
    let limit = ByteSize::new(6);
    assert!(matches!(outcome, Err(ResumableError::Body(error)) if error == BodyError::TooLarge { limit }));
    assert_eq!(rows.offsets(), [0, 4, 4]);
    assert!(!rows.last().is_locked);
    assert!(!effects.seen().contains(&"append the last ef at 4".to_owned()));
}

#[tokio::test]
async fn an_upload_of_unknown_length_may_not_pass_the_cap() {
    let mut reception = Reception::of(0, 1);
    reception.upload.length = None;
    reception.settings.max_resumable = ByteSize::new(3);
    let store = reception.stepwise();
    let (outcome, _) = reception.receive(store, pieces(&["abcd"])).await;
    let limit = ByteSize::new(3);
    assert!(matches!(outcome, Err(ResumableError::Body(error)) if error == BodyError::TooLarge { limit }));
}

fn keeping(reserved: u64) -> Account {
    let storage = StorageUse { reserved: ByteSize::new(reserved), ..StorageUse::default() };
    Account { storage, ..an_account() }
}

#[tokio::test]
async fn an_upload_of_unknown_length_is_received_as_far_as_the_quota_goes() {
    let mut reception = Reception::of(0, 3);
    let effects = reception.effects.clone();
    once!(effects, reception.units[1].users.expect_reserve(), "reserve", |_, bytes, _| {
        assert_eq!(bytes, ByteSize::new(4));
        Ok(())
    });
    reception.upload.length = None;
    reception.settings = with_quota(6);
    reception.reads =
        vec![reads_of_account(&effects, Some(keeping(0))), reads_of_account(&effects, Some(keeping(4)))];
    let (rows, store) = (reception.rows.clone(), reception.stepwise());
    let (outcome, _) = reception.receive(store, pieces(&["hello world"])).await;
    assert!(matches!(outcome, Err(ResumableError::Body(BodyError::QuotaExceeded))));
    assert_eq!(rows.offsets(), [0, 4, 4]);
    assert_eq!(rows.last().reserved, ByteSize::new(4));
    assert_eq!(effects.seen()[5..8], ["sync", "update", "reserve"]);
}

#[tokio::test]
async fn an_upload_of_unknown_length_is_not_received_where_the_quota_is_used_up() {
    let mut reception = Reception::of(0, 1);
    let effects = reception.effects.clone();
    reception.upload.length = None;
    reception.settings = with_quota(6);
    reception.reads = vec![reads_of_account(&effects, Some(keeping(6)))];
    let store = reception.stepwise();
    let (outcome, _) = reception.receive(store, pieces(&["hello world"])).await;
    assert!(matches!(outcome, Err(ResumableError::QuotaExceeded)));
    assert_eq!(effects.seen(), ["find user", "update", "commit"]);
}

#[tokio::test]
async fn a_store_that_has_another_writer_means_that_the_upload_was_taken_over() {
    let reception = Reception::of(10, 1);
    let effects = reception.effects.clone();
    let store = reception.stepwise().failing("append", Fault::Gone);
    let (outcome, _) = reception.receive(store, pieces(&["abcdef"])).await;
    assert!(matches!(outcome, Err(ResumableError::TakenOver { .. })));
    // Nothing is released: it is the other's.
    assert_eq!(effects.seen(), ["begin text/plain", "update", "commit", "append abcd at 0"]);
}

#[tokio::test]
async fn an_upload_whose_store_fails_is_released_with_a_state_that_no_late_append_reaches() {
    for (call, offsets, last) in [
        ("append", vec![0, 0], "begun<begun"),
        // The append was answered: the next one at its place counts instead.
        ("sync", vec![0, 0], "begun"),
        ("begin", vec![0], "none"),
    ] {
        let reception = Reception::of(10, offsets.len());
        let rows = reception.rows.clone();
        let store = reception.stepwise().failing(call, Fault::Unavailable);
        let (outcome, _) = reception.receive(store, pieces(&["abcdef"])).await;
        assert!(matches!(outcome, Err(ResumableError::Store(PortError::Unavailable(_)))), "{call}");
        assert_eq!(rows.offsets(), offsets, "{call}");
        assert_eq!(rows.states().last().unwrap(), last, "{call}");
        assert!(!rows.last().is_locked, "{call}");
    }
}

#[tokio::test]
async fn an_upload_is_not_released_while_it_is_unknown_what_was_saved() {
    let mut reception = Reception::of(10, 1);
    let (effects, rows) = (reception.effects.clone(), reception.rows.clone());
    reception.units.push(saving(&effects, &rows).committing_with(unavailable()));
    reception.reads = vec![reads_of(&effects, Some(acquired()))];
    let store = reception.stepwise();
    let (outcome, _) = reception.receive(store, pieces(&["abcdef"])).await;
    assert!(matches!(outcome, Err(ResumableError::Store(PortError::Unavailable(_)))));
    assert_eq!(effects.seen()[3..], ["append abcd at 0", "sync", "update", "commit", "look"]);
}

#[tokio::test]
async fn a_whole_upload_in_one_chunk_is_a_file_at_once_in_a_fresh_blob() {
    let mut reception = Reception::of(4, 0);
    let (effects, rows) = (reception.effects.clone(), reception.rows.clone());
    reception.units = vec![recording_intent(&effects), filing_afresh(&effects, &rows)];
    reception.body_length = Some(4);
    let store = reception.stepwise();
    let (outcome, _) = reception.receive(store, pieces(&["ab", "cd"])).await;
    let file = outcome.unwrap().unwrap().file;
    assert_ne!(file.blob, an_upload().blob);
    assert_eq!((file.size, file.sha256), (ByteSize::new(4), Some(sha256(b"abcd"))));
    assert_eq!(
        effects.seen(),
        [
            "record intent",
            "commit",
            "put abcd as text/plain",
            "update",
            "cancel intent",
            "enqueue",
            "mark stored",
            "enter",
            "insert",
            "commit"
        ]
    );
}

#[tokio::test]
async fn the_intent_of_a_fresh_blob_is_cancelled_when_the_file_can_not_be_made() {
    let mut reception = Reception::of(4, 0);
    let (effects, rows) = (reception.effects.clone(), reception.rows.clone());
    let mut last = FakeUnitOfWork::noting(&effects);
    once!(effects, last.uploads.expect_update(), "update", |_, _| Err(unavailable().into()));
    reception.units =
        vec![recording_intent(&effects), last, cancelling_intent(&effects), saving(&effects, &rows)];
    let store = reception.stepwise();
    let (outcome, _) = reception.receive(store, pieces(&["abcd"])).await;
    assert!(matches!(outcome, Err(ResumableError::Store(PortError::Unavailable(_)))));
    assert_eq!(
        effects.seen()[3..],
        ["update", "drop", "cancel intent", "commit", "delete files", "update", "commit"]
    );
    assert_eq!((rows.last().offset, rows.last().is_locked), (ByteSize::ZERO, false));
}

#[tokio::test]
async fn a_whole_upload_in_one_chunk_is_checked_before_it_is_stored() {
    let mut reception = Reception::of(4, 1).checked(CHECKSUM);
    reception.body_length = Some(4);
    let effects = reception.effects.clone();
    let store = reception.stepwise();
    let (outcome, _) = reception.receive(store, pieces(&["abcd"])).await;
    assert!(matches!(outcome, Err(ResumableError::ChecksumMismatch)));
    assert_eq!(effects.seen(), ["update", "commit"]);
}
