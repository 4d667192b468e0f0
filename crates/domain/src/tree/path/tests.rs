#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{Ancestor, InvalidPath, MAX_PATH_BYTES, TreePath};
use crate::files::{FileName, InvalidFileName};
use crate::ids::NodeId;
use crate::testing::CountingIds;

fn names(text: &str) -> Vec<String> {
    TreePath::parse(text).unwrap().names().iter().map(ToString::to_string).collect()
}

#[test]
fn slashes_that_separate_nothing_do_not_count() {
    for text in ["a/b", "/a/b", "a/b/", "//a///b//"] {
        assert_eq!(names(text), ["a", "b"], "{text}");
    }
    for text in ["", "/", "///"] {
        assert!(TreePath::parse(text).unwrap().is_empty(), "{text}");
    }
}

#[test]
fn a_path_leads_downwards_alone() {
    for text in [".", "a/../b", "a/./b", "../a"] {
        assert_eq!(TreePath::parse(text), Err(InvalidPath::Dots), "{text}");
        assert_eq!(TreePath::of_stored(text), Err(InvalidPath::Dots), "{text}");
    }
}

#[test]
fn every_segment_is_a_name() {
    assert_eq!(TreePath::parse("a/\u{7}"), Err(InvalidPath::Name(InvalidFileName::Control)));
    assert_eq!(TreePath::parse("a/ /b"), Err(InvalidPath::Name(InvalidFileName::Blank)));
    assert_eq!(TreePath::parse("a\\b"), Err(InvalidPath::Name(InvalidFileName::Separator)));
    let stored = "x\u{200b}y";
    assert!(TreePath::parse(stored).is_err());
    assert_eq!(TreePath::of_stored(stored).unwrap().names(), [FileName::from_stored(stored).unwrap()]);
}

#[test]
fn a_path_has_at_most_16_kib() {
    let longest = "a/".repeat(MAX_PATH_BYTES / 2);
    assert_eq!(TreePath::parse(&longest).unwrap().names().len(), MAX_PATH_BYTES / 2);
    assert_eq!(TreePath::parse(&format!("{longest}a")), Err(InvalidPath::TooLong));
}

#[test]
fn whatever_path_is_accepted_can_be_written_out_and_read_again() {
    let rendered = |text: &str| TreePath::parse(text).map(|path| TreePath::render(path.names()));
    let longest = "a/".repeat(MAX_PATH_BYTES / 2);
    let again = rendered(&longest).unwrap();
    assert_eq!(TreePath::of_stored(&again), TreePath::parse(&longest));
    // Of three bytes NFC makes six.
    let grows = "\u{958}/".repeat(MAX_PATH_BYTES / 4);
    assert_eq!(rendered(&grows), Err(InvalidPath::TooLong));
    assert_eq!(rendered("\u{958}/\u{958}").unwrap().len(), 14);
    assert_eq!(rendered(&format!("{}bb", "a/".repeat(MAX_PATH_BYTES / 2 - 1))), Err(InvalidPath::TooLong));
}

#[test]
fn names_are_found_by_their_keys() {
    assert_eq!(TreePath::parse("Äpfel/CAFE\u{301}").unwrap().keys(), ["äpfel", "café"]);
}

#[test]
fn the_directory_of_a_file_leaves_its_name_out() {
    assert_eq!(TreePath::parse("a/b/c.txt").unwrap().directory(), TreePath::parse("a/b").unwrap());
    assert!(TreePath::parse("c.txt").unwrap().directory().is_empty());
    assert!(TreePath::default().directory().is_empty());
}

#[test]
fn a_path_is_written_from_the_root() {
    assert_eq!(TreePath::render(TreePath::parse("a/b").unwrap().names()), "/a/b");
    assert_eq!(TreePath::render([]), "/");
}

#[test]
fn the_path_of_an_item_begins_below_the_root() {
    let folder = |name: Option<&str>| Ancestor {
        id: NodeId::new(CountingIds::nth(1)),
        name: name.map(|name| name.parse().unwrap()),
    };
    let (root, work) = (folder(None), folder(Some("Work")));
    let name: FileName = "a.txt".parse().unwrap();
    assert_eq!(TreePath::below(&[], None), "/", "the root");
    assert_eq!(TreePath::below(std::slice::from_ref(&root), Some(&name)), "/a.txt");
    assert_eq!(TreePath::below(&[root, work], Some(&name)), "/Work/a.txt");
}
