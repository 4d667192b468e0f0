use super::IfMatch;
use crate::files::Revision;

#[test]
fn an_edit_is_allowed_by_a_star_or_its_own_revision() {
    let seen = Revision::new(3);
    let revisions =
        |numbers: &[u64]| IfMatch::Revisions(numbers.iter().copied().map(Revision::new).collect());
    assert!(IfMatch::allows(None, seen));
    assert!(IfMatch::allows(Some(&IfMatch::Any), seen));
    assert!(IfMatch::allows(Some(&revisions(&[1, 3])), seen));
    assert!(!IfMatch::allows(Some(&revisions(&[2, 4])), seen));
    assert!(!IfMatch::allows(Some(&revisions(&[])), seen));
}

#[test]
fn an_edit_is_not_allowed_in_a_revision_that_is_excepted() {
    let revisions = |numbers: &[u64]| numbers.iter().copied().map(Revision::new).collect::<Vec<_>>();
    let but = Some(IfMatch::AnyBut(revisions(&[3])));
    assert!(!IfMatch::allows(but.as_ref(), Revision::new(3)));
    assert!(IfMatch::allows(but.as_ref(), Revision::new(4)));
    assert_eq!(IfMatch::except(None, revisions(&[3])), but);
    assert_eq!(IfMatch::except(Some(IfMatch::Any), revisions(&[3])), but);
    assert_eq!(IfMatch::except(None, Vec::new()), None);
    assert_eq!(IfMatch::except(but, revisions(&[4])), Some(IfMatch::AnyBut(revisions(&[4, 3]))));
    let both = IfMatch::except(Some(IfMatch::Revisions(revisions(&[3, 4]))), revisions(&[3]));
    assert_eq!(both, Some(IfMatch::Revisions(revisions(&[4]))));
}
