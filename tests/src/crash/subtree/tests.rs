//! What is told of folders that are found otherwise than they can be.

use super::*;

fn living(name: &str, files: &[(&str, &str)]) -> State {
    let content = files.iter().map(|(path, hash)| ((*path).to_owned(), Some((*hash).to_owned())));
    let place = Place::Living { parent: "root".to_owned(), name: name.to_owned() };
    State { place, content: content.collect() }
}

fn folder() -> State {
    living("tree", &[("/a", "1"), ("/b", "2")])
}

/// A folder whose way into the trash was cut off.
fn cut_off() -> Subtree {
    let mut subtree = Subtree::new(folder(), false);
    subtree.may_become(folder().trashed());
    subtree
}

#[test]
fn what_was_cut_off_has_happened_or_has_not() {
    let mut subtree = cut_off();
    assert_eq!(subtree.known(), None);
    assert_eq!(subtree.compare("id", &folder()), Some(0));
    assert_eq!(subtree.known(), Some(&folder()));
    assert_eq!(subtree.compare("id", &folder()), Some(0));
    let mut subtree = cut_off();
    assert_eq!(subtree.compare("id", &folder().trashed()), Some(1));
    assert_eq!((subtree.known(), subtree.lives()), (Some(&folder().trashed()), false));
}

#[test]
#[should_panic(expected = "where only")]
fn a_part_of_a_folder_is_caught() {
    let part = living("tree", &[("/a", "1")]);
    cut_off().compare("id", &part.trashed());
}

#[test]
#[should_panic(expected = "where only")]
fn other_bytes_are_caught() {
    cut_off().compare("id", &living("tree", &[("/a", "1"), ("/b", "3")]));
}

#[test]
#[should_panic(expected = "where only")]
fn an_acknowledged_change_that_is_undone_is_caught() {
    let mut subtree = cut_off();
    subtree.has_become();
    subtree.compare("id", &folder());
}

#[test]
fn an_operation_is_waited_for() {
    let mut subtree = Subtree { goes_on: true, ..cut_off() };
    subtree.has_become();
    let part = living("tree", &[("/a", "1")]).trashed();
    assert_eq!((subtree.compare("id", &part), subtree.known()), (None, None));
    assert_eq!(subtree.compare("id", &folder().trashed()), Some(0));
    assert_eq!(subtree.known(), Some(&folder().trashed()));
}

#[test]
fn with_the_trash_goes_what_is_in_it() {
    let mut subtree = cut_off();
    subtree.leave_the_trash();
    assert_eq!(subtree.states, [folder(), State::GONE]);
}
