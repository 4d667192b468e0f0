use super::{LastNumbers, MOST_NAMES, PlacedName};
use crate::tree::fixture::{name, node};

/// A name in one of the folders.
fn placed(folder: u64, text: &str) -> PlacedName {
    PlacedName::new(node(folder), &name(text))
}

#[test]
fn a_name_has_a_number_of_its_own_in_each_folder() {
    let numbers = LastNumbers::default();
    assert_eq!(numbers.get(&placed(1, "a.txt")), None);
    numbers.remember(placed(1, "a.txt"), 7);
    numbers.clone().remember(placed(1, "A.TXT"), 8);
    assert_eq!(numbers.get(&placed(1, "a.txt")), Some(8), "in any case");
    assert_eq!(numbers.get(&placed(2, "a.txt")), None);
    assert_eq!(numbers.get(&placed(1, "b.txt")), None);
}

#[test]
fn so_many_names_are_remembered_at_most_and_not_all_are_forgotten_for_one_more() {
    let numbers = LastNumbers::default();
    let names: Vec<PlacedName> =
        (0..4 * MOST_NAMES).map(|number| placed(1, &format!("{number}.txt"))).collect();
    for name in &names {
        numbers.remember(name.clone(), 2);
        assert_eq!(numbers.get(name), Some(2), "the last one");
    }
    let remembered = names.iter().filter(|name| numbers.get(name).is_some()).count();
    assert!((MOST_NAMES / 2..=MOST_NAMES).contains(&remembered), "{remembered}");
}
