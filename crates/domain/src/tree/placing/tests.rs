use super::{Placing, Precondition, UnknownPrecondition};
use crate::files::{IfMatch, Revision};
use crate::tree::OnConflict;

fn revisions(numbers: &[u64]) -> IfMatch {
    IfMatch::Revisions(numbers.iter().copied().map(Revision::new).collect())
}

#[test]
fn a_precondition_is_read_back_as_it_was_stored() {
    let all = [
        (Precondition::Free, "free"),
        (Precondition::Matches(IfMatch::Any), "*"),
        (Precondition::Matches(revisions(&[])), ""),
        (Precondition::Matches(revisions(&[7])), "7"),
        (Precondition::Matches(revisions(&[1, 12])), "1,12"),
    ];
    for (precondition, stored) in all {
        assert_eq!(precondition.to_string(), stored);
        assert_eq!(stored.parse(), Ok(precondition), "{stored}");
    }
    for text in ["taken", "1,", ",", "-1", "1, 2", "99999999999999999999"] {
        assert_eq!(text.parse::<Precondition>(), Err(UnknownPrecondition), "{text}");
    }
}

#[test]
fn revisions_restrict_a_replacement_alone() {
    let placing = |on_conflict, precondition| Placing { on_conflict, precondition, ..Placing::default() };
    let known = || Some(Precondition::Matches(revisions(&[3])));
    assert_eq!(placing(OnConflict::Replace, known()).replaces_only(), Some(&revisions(&[3])));
    assert_eq!(placing(OnConflict::Replace, None).replaces_only(), None);
    assert_eq!(placing(OnConflict::Rename, known()).replaces_only(), None);
    assert_eq!(placing(OnConflict::Fail, Some(Precondition::Free)).replaces_only(), None);
}
