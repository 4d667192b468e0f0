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
