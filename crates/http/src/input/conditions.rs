//! Conditional requests (RFC 9110, section 13).

use actix_web::http::header::{self, HeaderMap, HeaderName};
use fm_application::files::revision_of;
use fm_domain::files::{IfMatch, Revision};

use crate::problem::Problem;

/// An entity tag as it stands in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tag<'a> {
    weak: bool,
    opaque: &'a str,
}

/// What proxies append to a tag when they compress an answer: `"r1-x-gzip"` (Apache), `"r1-x--gzip"` (Jetty).
const COMPRESSED: [&str; 8] = ["--gzip", "-gzip", ";gzip", "--br", "-br", "-zstd", "-deflate", ";br"];

/// `If-Match`, if it was sent: the revisions that its tags name. 400 when it is no list of tags.
///
/// A weak tag of ours counts too, although RFC 9110 (section 13.1.1) compares strongly: we give out none, so a proxy made it
/// out of a strong one when it compressed the answer. The revision that it names is the same.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<IfMatch>, Problem> {
    let Some(lists) = lists(headers, &header::IF_MATCH)? else { return Ok(None) };
    let read = if_match_of(&lists);
    read.map(Some).ok_or_else(|| Problem::malformed("If-Match is not a list of entity tags"))
}

/// The revisions in which what is there may be changed or deleted: those of `If-Match`, but none that `If-None-Match` names, and none at all
/// for its `*`, which asks that nothing is there (RFC 9110, section 13.1.2). 400 when `If-Match` is no list of tags.
pub(crate) fn precondition(headers: &HeaderMap) -> Result<Option<IfMatch>, Problem> {
    let if_match = if_match(headers)?;
    if none_match_any(headers) {
        return Ok(Some(IfMatch::Revisions(Vec::new())));
    }
    let lists = lists(headers, &header::IF_NONE_MATCH).ok().flatten().unwrap_or_default();
    Ok(IfMatch::except(if_match, revisions_of(&lists).unwrap_or_default()))
}

/// The revisions that these lists of tags name; `None` where one is no list.
pub(crate) fn if_match_of(lists: &[&str]) -> Option<IfMatch> {
    if lists.iter().any(|list| list.trim() == "*") {
        return Some(IfMatch::Any);
    }
    revisions_of(lists).map(IfMatch::Revisions)
}

fn revisions_of(lists: &[&str]) -> Option<Vec<Revision>> {
    let mut revisions = Vec::new();
    for list in lists {
        revisions.extend(tags(list)?.iter().filter_map(|tag| revision_of(tag.opaque)));
    }
    Some(revisions)
}

/// Whether `If-None-Match` names this tag: then what the client has is still current. Compared weakly, and without what a
/// proxy appended; a list that can't be read matches nothing.
pub(crate) fn none_match(headers: &HeaderMap, opaque: &str) -> bool {
    let Ok(Some(lists)) = lists(headers, &header::IF_NONE_MATCH) else { return false };
    lists.iter().any(|list| {
        list.trim() == "*" || tags(list).is_some_and(|tags| tags.iter().any(|tag| is_tag(tag.opaque, opaque)))
    })
}

/// Whether `If-None-Match` is `*`: then nothing may be there.
pub(super) fn none_match_any(headers: &HeaderMap) -> bool {
    let lists = lists(headers, &header::IF_NONE_MATCH).ok().flatten().unwrap_or_default();
    lists.iter().any(|list| list.trim() == "*")
}

/// Whether a proxy may have made this tag out of ours.
fn is_tag(given: &str, ours: &str) -> bool {
    given.strip_prefix(ours).is_some_and(|rest| rest.is_empty() || COMPRESSED.contains(&rest))
}

/// Whether this list of tags holds the tag, compared strongly, as `If-Range` wants it: a range of compressed bytes is none
/// of ours.
pub(crate) fn tag_list_matches_strongly(list: &str, opaque: &str) -> bool {
    tags(list).is_some_and(|tags| tags.iter().any(|tag| !tag.weak && tag.opaque == opaque))
}

fn lists<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<Vec<&'a str>>, Problem> {
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let read = |value: &'a header::HeaderValue| std::str::from_utf8(value.as_bytes()).ok();
    let lists: Option<Vec<&str>> = headers.get_all(name).map(read).collect();
    lists.map(Some).ok_or_else(|| Problem::malformed(format!("{name} is not a list of entity tags")))
}

/// The tags of a list; `None` when it is none.
fn tags(list: &str) -> Option<Vec<Tag<'_>>> {
    let mut tags = Vec::new();
    let mut rest = list.trim_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (weak, quoted) = match rest.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, rest),
        };
        let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
        let after = after.trim_start_matches([' ', '\t']);
        if !after.is_empty() && !after.starts_with(',') {
            return None;
        }
        tags.push(Tag { weak, opaque });
        rest = after.trim_matches([' ', '\t', ',']);
    }
    Some(tags)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
    use fm_domain::files::{IfMatch, Revision};
    use fm_fuzzing::changed_text;
    use proptest::prelude::*;

    use super::{Tag, if_match, none_match, precondition, tag_list_matches_strongly, tags};

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn lists_of_tags_are_read() {
        let strong = |opaque| Tag { weak: false, opaque };
        assert_eq!(
            tags(r#""a", W/"b" ,"c,d""#),
            Some(vec![strong("a"), Tag { weak: true, opaque: "b" }, strong("c,d")])
        );
        assert_eq!(tags(""), Some(vec![]));
        assert_eq!(tags("a"), None);
        assert_eq!(tags(r#""a" "b""#), None);
        assert_eq!(tags(r#""a"#), None);
    }

    #[test]
    fn a_tag_names_its_revision_whatever_a_proxy_made_of_it() {
        for tag in [r#""r3-p-x""#, r#"W/"r3-p-x""#, r#""r3-p-x-gzip""#, r#"W/"r3-p-x--gzip""#] {
            let read = if_match(&headers(IF_MATCH, tag)).unwrap();
            assert_eq!(read, Some(IfMatch::Revisions(vec![Revision::new(3)])), "{tag}");
        }
        for tag in [r#"W/"x3-p""#, r#""rx-p""#, r#""r3""#, r#"W/"""#] {
            let read = if_match(&headers(IF_MATCH, tag)).unwrap();
            assert_eq!(read, Some(IfMatch::Revisions(vec![])), "{tag}");
        }
        assert!(if_match(&headers(IF_MATCH, "r3-p-x")).is_err());
    }

    #[test]
    fn what_is_there_is_not_changed_where_nothing_may_be_there() {
        let none = Some(IfMatch::Revisions(vec![]));
        let mut both = headers(IF_MATCH, "*");
        assert_eq!(precondition(&both).unwrap(), Some(IfMatch::Any));
        both.insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        assert_eq!(precondition(&both).unwrap(), none);
        assert_eq!(precondition(&headers(IF_NONE_MATCH, "*")).unwrap(), none);
        both.insert(IF_MATCH, HeaderValue::from_static("r3"));
        assert!(precondition(&both).is_err());
    }

    #[test]
    fn what_is_there_is_not_changed_in_a_revision_that_it_is_not_to_have() {
        let tag = r#""r3-d", W/"x""#;
        let but =
            |numbers: &[u64]| Some(IfMatch::AnyBut(numbers.iter().copied().map(Revision::new).collect()));
        assert_eq!(precondition(&headers(IF_NONE_MATCH, tag)).unwrap(), but(&[3]));
        let mut both = headers(IF_MATCH, r#""r3-d", "r4-d""#);
        both.insert(IF_NONE_MATCH, HeaderValue::from_static(tag));
        assert_eq!(precondition(&both).unwrap(), Some(IfMatch::Revisions(vec![Revision::new(4)])));
        for foreign in [r#""x""#, "r3-d"] {
            assert_eq!(precondition(&headers(IF_NONE_MATCH, foreign)).unwrap(), None, "{foreign}");
        }
    }

    #[test]
    fn what_the_client_has_is_current_whatever_a_proxy_made_of_its_tag() {
        for tag in [r#""r3-x""#, r#"W/"r3-x""#, r#""r3-x-gzip""#, r#""r3-x;gzip""#, r#"W/"r3-x-br""#, "*"] {
            assert!(none_match(&headers(IF_NONE_MATCH, tag), "r3-x"), "{tag}");
        }
        for tag in [r#""r3-y""#, r#""r3-x-gzip-gzip""#, r#""r3-x-tar""#, r#""-gzip""#] {
            assert!(!none_match(&headers(IF_NONE_MATCH, tag), "r3-x"), "{tag}");
        }
    }

    #[test]
    fn a_weak_or_compressed_tag_matches_nothing_strongly() {
        assert!(tag_list_matches_strongly(r#""a""#, "a"));
        assert!(!tag_list_matches_strongly(r#"W/"a""#, "a"));
        assert!(!tag_list_matches_strongly(r#""a-gzip""#, "a"));
        assert!(!tag_list_matches_strongly(r#""A""#, "a"));
    }

    const TAGS: &str = include_str!("../../corpus/tags.txt");

    fn rendered(tags: &[Tag<'_>]) -> String {
        let tag = |tag: &Tag<'_>| format!("{}\"{}\"", if tag.weak { "W/" } else { "" }, tag.opaque);
        tags.iter().map(tag).collect::<Vec<_>>().join(", ")
    }

    proptest! {
        #[test]
        fn a_list_of_any_tags_is_read_back(list in proptest::collection::vec((any::<bool>(), "[!#-~]{0,9}"), 0..6)) {
            let list: Vec<Tag<'_>> = list.iter().map(|(weak, opaque)| Tag { weak: *weak, opaque }).collect();
            let text = rendered(&list);
            prop_assert_eq!(tags(&text), Some(list));
        }

        #[test]
        fn what_is_read_of_a_changed_list_is_read_again(text in changed_text(TAGS)) {
            if let Some(list) = tags(&text) {
                let again = rendered(&list);
                let read = tags(&again);
                prop_assert_eq!(read.as_ref(), Some(&list));
                for tag in list {
                    prop_assert!(text.contains(tag.opaque));
                }
            }
        }
    }
}
