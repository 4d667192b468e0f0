use super::revision_of;
use fm_domain::files::Revision;

#[test]
fn only_our_own_tags_stand_for_a_revision() {
    assert_eq!(revision_of("r12-n-5f"), Some(Revision::new(12)));
    for tag in ["", "r", "r-n-1", "12-n-1", "rx-n", "r+1-n", "r12", "r99999999999999999999-n", "\"r1-n-1\""] {
        assert_eq!(revision_of(tag), None, "{tag}");
    }
}
