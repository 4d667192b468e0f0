#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fm_fuzzing::changed;
use proptest::prelude::*;

use super::{AuditLine, BlobLine, FileLine, KeyLine, UserLine};
use crate::archive::format::Line;
use crate::archive::samples::{accounts, entry, files, key, loose_blobs, now};

/// A line of each kind and state.
fn lines() -> Vec<Vec<u8>> {
    let owner = accounts()[1].user.id;
    let users = accounts().map(|account| Line::User(UserLine::of(&account)));
    let files = files().map(|file| Line::File(Box::new(FileLine::of(&file))));
    let blobs = loose_blobs().map(|blob| Line::Blob(BlobLine::of(&blob, now())));
    let others = [Line::Key(KeyLine::of(owner, &key())), Line::Audit(AuditLine::of(&entry()))];
    let all = users.into_iter().chain(files).chain(blobs).chain(others);
    all.map(|line| serde_json::to_vec(&line).unwrap()).collect()
}

/// What is written of what was read; `None` where it was refused.
fn rewritten(bytes: &[u8]) -> Option<Vec<u8>> {
    let line = match serde_json::from_slice(bytes).ok()? {
        Line::User(line) => Line::User(UserLine::of(&line.account().ok()?)),
        Line::File(line) => Line::File(Box::new(FileLine::of(&line.archived().ok()?))),
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
