use super::{LastNumbers, MOST_NAMES};
use crate::tree::fixture::{name, node};

#[test]
fn a_name_has_a_number_of_its_own_in_each_folder() {
    let numbers = LastNumbers::default();
    assert_eq!(numbers.get(node(1), &name("a.txt")), None);
    numbers.keep(node(1), &name("a.txt"), 7);
    numbers.clone().keep(node(1), &name("A.TXT"), 8);
    assert_eq!(numbers.get(node(1), &name("a.txt")), Some(8), "in any case");
    assert_eq!(numbers.get(node(2), &name("a.txt")), None);
    assert_eq!(numbers.get(node(1), &name("b.txt")), None);
}

#[test]
fn so_many_names_are_remembered_at_most() {
    let numbers = LastNumbers::default();
    for number in 0..MOST_NAMES {
        numbers.keep(node(1), &name(&format!("{number}.txt")), 2);
    }
    assert_eq!(numbers.get(node(1), &name("0.txt")), Some(2));
    numbers.keep(node(1), &name("one.txt"), 3);
    assert_eq!(numbers.get(node(1), &name("0.txt")), None);
    assert_eq!(numbers.get(node(1), &name("one.txt")), Some(3));
}
