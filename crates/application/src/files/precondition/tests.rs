use super::{IfMatch, revision_of};
use fm_domain::files::Revision;

#[test]
fn only_our_own_tags_stand_for_a_revision() {
    assert_eq!(revision_of("r12-n-5f"), Some(Revision::new(12)));
    for tag in ["", "r", "r-n-1", "12-n-1", "rx-n", "r+1-n", "r12", "r99999999999999999999-n", "\"r1-n-1\""] {
        assert_eq!(revision_of(tag), None, "{tag}");
    }
}

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
