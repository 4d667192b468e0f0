//! Conditional requests (RFC 9110, section 13).

use actix_web::http::header::{self, HeaderMap, HeaderName};
use fm_application::files::{IfMatch, revision_of};

use crate::problem::Problem;

/// An entity tag as it stands in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tag<'a> {
    weak: bool,
    opaque: &'a str,
}

/// `If-Match`, if it was sent: the revisions that its strong tags name. 400 when it is no list of tags.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<IfMatch>, Problem> {
    let Some(lists) = lists(headers, &header::IF_MATCH)? else { return Ok(None) };
    if lists.iter().any(|list| list.trim() == "*") {
        return Ok(Some(IfMatch::Any));
    }
    let mut revisions = Vec::new();
    for list in lists {
        let tags = tags(list).ok_or_else(|| Problem::malformed("If-Match is not a list of entity tags"))?;
        revisions.extend(tags.iter().filter(|tag| !tag.weak).filter_map(|tag| revision_of(tag.opaque)));
    }
    Ok(Some(IfMatch::Revisions(revisions)))
}

/// Whether `If-None-Match` names this tag: then what the client has is still current. Compared weakly; a list that
/// can't be read matches nothing.
pub(crate) fn none_match(headers: &HeaderMap, opaque: &str) -> bool {
    let Ok(Some(lists)) = lists(headers, &header::IF_NONE_MATCH) else { return false };
    lists.iter().any(|list| {
        list.trim() == "*" || tags(list).is_some_and(|tags| tags.iter().any(|tag| tag.opaque == opaque))
    })
}

/// Whether this list of tags holds the tag, compared strongly.
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
    use super::{Tag, tag_list_matches_strongly, tags};

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
    fn a_weak_tag_matches_nothing_strongly() {
        assert!(tag_list_matches_strongly(r#""a""#, "a"));
        assert!(!tag_list_matches_strongly(r#"W/"a""#, "a"));
        assert!(!tag_list_matches_strongly(r#""A""#, "a"));
    }
}
