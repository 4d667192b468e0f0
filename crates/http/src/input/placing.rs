//! Where an upload puts its file: the same parameters by every transport.

use actix_web::http::header::{HeaderMap, HeaderName};
use fm_domain::access::Actor;
use fm_domain::clock::Timestamp;
use fm_domain::tree::{OnConflict, Placing, Precondition, TreePath};

use super::conditions::{if_match, none_match_any};
use super::headers::{bad_header, single};
use super::item_ref::ItemRef;
use super::moment::{moment, unix_seconds};
use super::query::{Query, bad, bad_path, flag_of};
use crate::problem::Problem;

/// What sync clients call the time of the content: seconds since 1970 (ownCloud, Nextcloud, rclone).
const X_OC_MTIME: HeaderName = HeaderName::from_static("x-oc-mtime");

/// Where the file of an upload goes, as far as its client says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PlacingFields {
    /// The folder.
    pub(crate) parent: Option<ItemRef>,
    /// Folders below that.
    pub(crate) path: Option<TreePath>,
    /// What to do where the name is taken.
    pub(crate) on_conflict: Option<OnConflict>,
    /// Whether to refuse where the folder goes away meanwhile.
    pub(crate) strict_parent: Option<bool>,
    /// When the content was last changed where it comes from.
    pub(crate) modified_at: Option<Timestamp>,
}

/// What an upload says of its place beside its fields: it belongs to any transport.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PlacingHeaders {
    /// `If-None-Match: *`, else `If-Match`.
    precondition: Option<Precondition>,
    /// `strict_parent` in the query, whatever the transport.
    strict_parent: bool,
    /// `X-OC-Mtime`.
    modified_at: Option<Timestamp>,
}

impl PlacingFields {
    /// The names of the fields, the same in queries, forms and JSON.
    pub(crate) const NAMES: [&str; 5] = ["parent_id", "path", "on_conflict", "strict_parent", "modified_at"];

    /// Takes the text of a field; what is wrong with it.
    ///
    /// A field that is not one of [`NAMES`](Self::NAMES) says nothing.
    pub(crate) fn set(&mut self, field: &str, text: &str) -> Result<(), String> {
        match field {
            "parent_id" => self.parent = Some(ItemRef::of(text)),
            "path" => self.path = Some(TreePath::parse(text).map_err(|invalid| invalid.to_string())?),
            "on_conflict" => self.on_conflict = Some(text.parse().map_err(|unknown| format!("{unknown}"))?),
            "strict_parent" => self.strict_parent = Some(flag_of(text)?),
            "modified_at" => self.modified_at = Some(moment(text)?),
            _ => {}
        }
        Ok(())
    }

    /// The parameters of a query string; 400 where one can't be used, 422 for a path that is too long.
    pub(crate) fn of_query(query: &Query<'_>) -> Result<Self, Problem> {
        let mut fields = Self::default();
        for name in Self::NAMES {
            match (name, query.text(name)?) {
                (_, None) => {}
                ("path", Some(text)) => fields.path = Some(TreePath::parse(&text).map_err(bad_path)?),
                (_, Some(text)) => fields.set(name, &text).map_err(|wrong| bad(name, wrong))?,
            }
        }
        Ok(fields)
    }

    /// The place; 404 for a folder that no id names.
    pub(crate) fn placing(self, headers: &PlacingHeaders, actor: &Actor) -> Result<Placing, Problem> {
        let is_new = headers.precondition == Some(Precondition::Free);
        let on_conflict = if is_new { Some(OnConflict::Fail) } else { self.on_conflict };
        Ok(Placing {
            parent: self.parent.map(|parent| parent.known(actor)).transpose()?,
            path: self.path.unwrap_or_default(),
            on_conflict: on_conflict.unwrap_or(OnConflict::Rename),
            precondition: headers.precondition.clone(),
            strict_parent: self.strict_parent.unwrap_or(headers.strict_parent),
            modified_at: self.modified_at.or(headers.modified_at),
        })
    }
}

impl PlacingHeaders {
    /// Reads them; 400 where one can't be used.
    pub(crate) fn of(headers: &HeaderMap, query: &Query<'_>) -> Result<Self, Problem> {
        let modified_at = mtime(headers)?;
        let strict_parent = query.flag("strict_parent")?;
        let if_match = if_match(headers)?.map(Precondition::Matches);
        let precondition = if none_match_any(headers) { Some(Precondition::Free) } else { if_match };
        Ok(Self { precondition, strict_parent, modified_at })
    }
}

/// When a content was last changed where it comes from, where the request places no file: `modified_at` of the query, else `X-OC-Mtime`;
/// 400 where one can't be used.
pub(crate) fn content_time(headers: &HeaderMap, query: &Query<'_>) -> Result<Option<Timestamp>, Problem> {
    let (of_query, of_header) = (query.moment("modified_at")?, mtime(headers)?);
    Ok(of_query.or(of_header))
}

fn mtime(headers: &HeaderMap) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = single(headers, &X_OC_MTIME)? else { return Ok(None) };
    let wrong = || bad_header(&X_OC_MTIME, "must be seconds since 1970");
    unix_seconds(text.trim()).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use actix_web::http::header::HeaderValue;
    use fm_domain::files::{IfMatch, Revision};
    use fm_domain::ids::{NodeId, SessionId, UserId};
    use fm_domain::testing::CountingIds;

    use super::*;
    use crate::problem::Code;

    fn actor() -> Actor {
        Actor::in_session(UserId::new(CountingIds::nth(1)), SessionId::new(CountingIds::nth(2)))
    }

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let read = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        fields.iter().map(read).collect()
    }

    fn place(query: &str, fields: &[(&'static str, &'static str)]) -> Result<Placing, Problem> {
        let given = PlacingFields::of_query(&Query::new(query))?;
        given.placing(&PlacingHeaders::of(&headers(fields), &Query::new(query))?, &actor())
    }

    #[test]
    fn without_parameters_a_file_goes_to_the_root_under_a_free_name() {
        assert_eq!(place("name=a&path=&parent_id=", &[]).unwrap(), Placing::default());
    }

    #[test]
    fn every_parameter_is_read() {
        let query = "parent_id=root&path=photos/2026/&on_conflict=replace&strict_parent=1&modified_at=2026-01-31T12:00:00Z";
        let expected = Placing {
            parent: Some(NodeId::new(CountingIds::nth(1))),
            path: TreePath::parse("photos/2026").unwrap(),
            on_conflict: OnConflict::Replace,
            precondition: None,
            strict_parent: true,
            modified_at: Some(Timestamp::from_unix_seconds(1_769_860_800)),
        };
        assert_eq!(
            place(query, &[("x-oc-mtime", "7")]).unwrap(),
            expected,
            "the query says more than the field"
        );
    }

    #[test]
    fn header_fields_say_when_and_whether() {
        let placing = place("on_conflict=replace", &[("x-oc-mtime", "7"), ("if-none-match", "*")]).unwrap();
        assert_eq!(placing.modified_at, Some(Timestamp::from_unix_seconds(7)));
        assert_eq!(placing.on_conflict, OnConflict::Fail);
        assert_eq!(placing.precondition, Some(Precondition::Free));
        let other = place("", &[("if-none-match", "\"r1-n\"")]).unwrap();
        assert_eq!((other.on_conflict, other.precondition), (OnConflict::Rename, None));
        let revisions = |numbers: &[u64]| {
            let known = numbers.iter().copied().map(Revision::new).collect();
            Some(Precondition::Matches(IfMatch::Revisions(known)))
        };
        let replacing = |tags| place("on_conflict=replace", &[("if-match", tags)]).unwrap().precondition;
        assert_eq!(replacing("*"), Some(Precondition::Matches(IfMatch::Any)));
        assert_eq!(replacing("\"r1-n-1\", \"r7-n-1\""), revisions(&[1, 7]));
        let both = place("", &[("if-match", "*"), ("if-none-match", "*")]).unwrap();
        assert_eq!(both.precondition, Some(Precondition::Free));
    }

    #[test]
    fn a_flag_of_the_query_counts_whatever_the_transport() {
        let strict = PlacingHeaders::of(&HeaderMap::new(), &Query::new("strict_parent=true")).unwrap();
        let placed = |fields: PlacingFields| fields.placing(&strict, &actor()).unwrap().strict_parent;
        assert!(placed(PlacingFields::default()));
        assert!(!placed(PlacingFields { strict_parent: Some(false), ..PlacingFields::default() }));
    }

    fn time(query: &str, fields: &[(&'static str, &'static str)]) -> Result<Option<Timestamp>, Problem> {
        content_time(&headers(fields), &Query::new(query))
    }

    #[test]
    fn a_content_has_the_time_of_its_query_or_of_its_header_field() {
        let at = |seconds| Some(Timestamp::from_unix_seconds(seconds));
        assert_eq!(time("modified_at=", &[]).unwrap(), None);
        assert_eq!(time("", &[("x-oc-mtime", "7")]).unwrap(), at(7));
        assert_eq!(time("modified_at=1970-01-01T00:00:09Z", &[("x-oc-mtime", "7")]).unwrap(), at(9));
        for (query, fields) in [("modified_at=9", ("x-oc-mtime", "7")), ("", ("x-oc-mtime", "x"))] {
            let refused = time(query, &[fields]).unwrap_err();
            assert_eq!(refused.code(), Code::MalformedRequest, "{query} {fields:?}");
        }
    }

    #[test]
    fn bad_values_are_refused() {
        for query in ["path=a/../b", "path=a%00", "on_conflict=reuse", "strict_parent=x", "modified_at=now"] {
            assert_eq!(place(query, &[]).unwrap_err().code(), Code::MalformedRequest, "{query}");
        }
        assert_eq!(place("parent_id=x", &[]).unwrap_err().code(), Code::NotFound);
        let long = format!("path={}", "a/".repeat(8193));
        assert_eq!(place(&long, &[]).unwrap_err().code(), Code::ValidationFailed);
        for field in [("x-oc-mtime", "yesterday"), ("if-match", "r1")] {
            assert_eq!(place("", &[field]).unwrap_err().code(), Code::MalformedRequest, "{field:?}");
        }
    }
}
