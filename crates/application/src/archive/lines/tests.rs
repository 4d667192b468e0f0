#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_fuzzing::changed;
use proptest::prelude::*;

use super::{AuditLine, BlobLine, KeyLine, UserLine};
use crate::archive::format::{Line, OperationLine, VersionLine};
use crate::archive::samples::{SEQ, accounts, entry, key, loose_blobs, nodes, now, operations, version};

/// A line of each kind and state.
fn lines() -> Vec<Vec<u8>> {
    let owner = accounts()[1].user.id;
    let users = accounts().map(|account| Line::User(UserLine::of(&account, SEQ)));
    let nodes = nodes().map(|node| Line::of_node(&node));
    let operations = operations().map(|operation| Line::Operation(Box::new(OperationLine::of(&operation))));
    let blobs = loose_blobs().map(|blob| Line::Blob(BlobLine::of(&blob, now())));
    let others = [
        Line::Version(Box::new(VersionLine::of(owner, &version()))),
        Line::Key(KeyLine::of(owner, &key())),
        Line::Audit(AuditLine::of(&entry())),
    ];
    let all = users.into_iter().chain(nodes).chain(operations).chain(blobs).chain(others);
    all.map(|line| serde_json::to_vec(&line).unwrap()).collect()
}

/// What is written of what was read; `None` where it was refused.
fn rewritten(bytes: &[u8]) -> Option<Vec<u8>> {
    let line = match serde_json::from_slice(bytes).ok()? {
        Line::User(line) => {
            let (account, seq) = line.account().ok()?;
            Line::User(UserLine::of(&account, seq))
        }
        Line::Folder(line) => Line::of_node(&line.archived().ok()?),
        Line::File(line) => Line::of_node(&line.archived().ok()?),
        Line::Version(line) => {
            let (owner, version) = line.archived().ok()?;
            Line::Version(Box::new(VersionLine::of(owner, &version)))
        }
        Line::Operation(line) => Line::Operation(Box::new(OperationLine::of(&line.archived().ok()?))),
        Line::Key(line) => {
            let (owner, key) = line.archived().ok()?;
            Line::Key(KeyLine::of(owner, &key))
        }
        Line::Blob(line) => Line::Blob(BlobLine::of(&line.loose().ok()?, now())),
        Line::Audit(line) => Line::Audit(AuditLine::of(&line.entry().ok()?)),
        Line::Export(_) | Line::End(_) => return None,
    };
    Some(serde_json::to_vec(&line).unwrap())
}

#[test]
fn every_line_that_is_written_is_read_as_the_same() {
    for line in lines() {
        assert_eq!(rewritten(&line).map(String::from_utf8), Some(String::from_utf8(line)));
    }
}

proptest! {
    #[test]
    fn a_changed_line_is_refused_or_read_as_what_is_written_again(bytes in changed(lines())) {
        if let Some(once) = rewritten(&bytes) {
            prop_assert_eq!(rewritten(&once), Some(once));
        }
    }
}
