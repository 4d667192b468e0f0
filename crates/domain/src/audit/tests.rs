#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use super::*;
use crate::clock::Clock as _;
use crate::ids::{AuditEntryId, UserId};
use crate::testing::{CountingIds, FixedClock, PlainMacs};

#[test]
fn actions_have_names_of_their_own_by_which_they_are_found() {
    let names: BTreeSet<&str> = AuditAction::ALL.iter().map(AuditAction::as_str).collect();
    assert_eq!(names.len(), AuditAction::ALL.len());
    for action in AuditAction::ALL {
        assert_eq!(action.as_str().parse(), Ok(action.clone()));
        let is_dotted = action.as_str().split('.').filter(|part| !part.is_empty()).count() == 2;
        assert!(is_dotted, "{action}");
    }
    assert_eq!("session.destroyed".parse::<AuditAction>(), Err(UnknownAction));
    assert_eq!("SESSION.CREATED".parse::<AuditAction>(), Err(UnknownAction));
}

#[test]
fn the_documents_tell_of_every_action_and_of_no_other() {
    let document = include_str!("../../../../docs/ARCHITECTURE.md");
    let (_, chapter) = document.split_once("## The audit trail").unwrap();
    let (chapter, _) = chapter.split_once("\n## ").unwrap();
    let cells = chapter.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let told: Vec<&str> = cells.flat_map(|(actions, _)| actions.split("` `")).collect();
    assert_eq!(told.len(), AuditAction::ALL.len(), "each is told of once: {told:?}");
    let told: BTreeSet<&str> = told.into_iter().collect();
    assert_eq!(told, AuditAction::ALL.iter().map(AuditAction::as_str).collect());
}

#[test]
fn an_action_of_a_newer_version_is_kept_as_it_was_stored() {
    let stored = AuditAction::from("share.created".to_owned());
    assert_eq!(stored.as_str(), "share.created");
    assert!(!AuditAction::ALL.contains(&stored));
    assert_eq!(AuditAction::from("link.created".to_owned()), AuditAction::LINK_CREATED);
}

fn user(number: u64) -> UserId {
    UserId::new(CountingIds::nth(number))
}

#[test]
fn a_cursor_leads_back_to_its_place_in_its_own_list_alone() {
    let now = FixedClock::NEW_YEAR.now();
    let key = AuditKey(now, AuditEntryId::new(CountingIds::nth(7)));
    let all = AuditFilter::default();
    let of_one = AuditFilter { account: Some(user(1)), ..all.clone() };
    let lists = [
        all.clone(),
        of_one.clone(),
        AuditFilter { account: Some(user(2)), ..all.clone() },
        AuditFilter { action: Some(AuditAction::FILE_REMOVED), ..of_one.clone() },
        AuditFilter { action: Some(AuditAction::LINK_CREATED), ..of_one },
        AuditFilter { since: Some(now), ..all.clone() },
        AuditFilter { until: Some(now), ..all },
    ];
    for (at, list) in lists.iter().enumerate() {
        let cursor = encode_audit_cursor(key, list, &PlainMacs).unwrap();
        for (other, filter) in lists.iter().enumerate() {
            let read = decode_audit_cursor(&cursor, filter, &PlainMacs);
            assert_eq!(read.ok(), (at == other).then_some(key), "{list:?} {filter:?}");
        }
    }
}

#[test]
fn a_cursor_of_another_make_is_refused() {
    use crate::files::{FileFilter, FileSort, PageKey, SortOrder, encode_cursor};
    use crate::ids::FileId;

    let now = FixedClock::NEW_YEAR.now();
    let of_files = PageKey::CreatedAt(now, FileId::new(CountingIds::nth(7)));
    let order = SortOrder::Descending;
    let foreign = encode_cursor(&of_files, user(1), &FileFilter::default(), order, &PlainMacs).unwrap();
    assert_eq!(of_files.sort(), FileSort::CreatedAt);
    let filter = AuditFilter { account: Some(user(1)), ..AuditFilter::default() };
    let own = encode_audit_cursor(AuditKey(now, AuditEntryId::new(CountingIds::nth(7))), &filter, &PlainMacs);
    let own = own.unwrap();
    for text in ["", ".", "x", &foreign, &own[1..], &own[..own.len() - 1]] {
        assert!(decode_audit_cursor(text, &filter, &PlainMacs).is_err(), "{text}");
    }
}
