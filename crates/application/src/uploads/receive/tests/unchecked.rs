//! Bytes whose checksum is not compared yet: they count as a whole or not at all.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn bytes_with_a_checksum_count_once_it_matches() {
    let reception = Reception::of(20, 4).checked(CHECKSUM);
    let (effects, rows, store) = (reception.effects.clone(), reception.rows.clone(), reception.stepwise());
    let (outcome, _) = reception.receive(store, pieces(&["hello ", "world"])).await;
    assert_eq!(outcome.unwrap(), None);
    assert_eq!(rows.offsets(), [0, 0, 0, 11], "the state is saved before the bytes count");
    assert_eq!(
        rows.states(),
        ["begun", "begun<begun+4", "begun<begun+4+4", "begun+4+4+3"],
        "what does not count yet is never mixed up with what comes next"
    );
    assert_eq!(effects.seen().iter().filter(|effect| *effect == "sync").count(), 1);
    assert_eq!(rows.last().hash.finish(), sha256(b"hello world"));
}

#[tokio::test]
async fn of_bytes_that_do_not_match_their_checksum_none_counts() {
    let reception = Reception::of(20, 4).checked(CHECKSUM);
    let (effects, rows, store) = (reception.effects.clone(), reception.rows.clone(), reception.stepwise());
    let (outcome, _) = reception.receive(store, pieces(&["hello ", "worlD"])).await;
    assert!(matches!(outcome, Err(ResumableError::ChecksumMismatch)));
    assert_eq!(rows.offsets(), [0, 0, 0, 0]);
    let released = rows.last();
    assert_eq!(released.state, Some(state("begun")), "the next try takes the place of this one in the store");
    assert_eq!((released.is_locked, released.hash.finish()), (false, sha256(b"")));
    assert_eq!(released.head, "");
    assert!(!effects.seen().iter().any(|effect| effect == "sync" || effect.starts_with("append rlD")));
}

#[tokio::test]
async fn of_a_body_with_a_checksum_that_breaks_off_none_counts() {
    let reception = Reception::of(20, 3).checked(CHECKSUM);
    let (rows, store) = (reception.rows.clone(), reception.stepwise());
    let (outcome, _) = reception.receive(store, broken("hello ")).await;
    assert!(matches!(outcome, Err(ResumableError::Body(BodyError::Aborted))));
    assert_eq!(rows.offsets(), [0, 0, 0]);
    assert_eq!(rows.states(), ["begun", "begun<begun+4", "begun"]);
    assert!(!rows.last().is_locked);
}

/// A store whose second append fails: the bytes of both may be there.
#[tokio::test]
async fn an_append_without_an_answer_is_told_to_the_store_beside_those_before_it() {
    let reception = Reception::of(20, 2).checked(CHECKSUM);
    let rows = reception.rows.clone();
    let mut upload = acquired();
    upload.length = Some(ByteSize::new(20));
    upload.state = Some(state("kept"));
    let store = reception.stepwise().failing("append", Fault::Pause(Duration::ZERO));
    let store = store.failing("append", Fault::Unavailable);
    let reception = Reception { upload, ..reception };
    let (outcome, _) = reception.receive(store, pieces(&["hello ", "world"])).await;
    assert!(matches!(outcome, Err(ResumableError::Store(PortError::Unavailable(_)))));
    assert_eq!(rows.states(), ["kept<kept+4", "kept<kept+4"]);
}
