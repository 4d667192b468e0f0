//! Query strings.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use fm_domain::clock::Timestamp;
use fm_domain::tree::InvalidPath;
use percent_encoding::percent_decode_str;

use super::moment::moment;
use crate::problem::Problem;

/// The parameters of a query string (`application/x-www-form-urlencoded`). Unknown ones are ignored, and an empty value is
/// like an absent one: forms send their empty fields too.
pub(crate) struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    /// Reads this query string, as it stands in the request line.
    pub(crate) const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The parameter, decoded; 400 when it is no UTF-8 or given twice.
    pub(crate) fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, Problem> {
        let mut found = None;
        for pair in self.0.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !value.is_empty() && decode(key).is_some_and(|key| key == name) {
                let value = decode(value).ok_or_else(|| bad(name, "is not UTF-8"))?;
                if found.replace(value).is_some() {
                    return Err(bad(name, "is given twice"));
                }
            }
        }
        Ok(found)
    }

    /// The parameter as a value; 400 when it is none.
    pub(crate) fn value<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem>
    where
        T::Err: Display,
    {
        self.text(name)?.map(|text| text.parse().map_err(|error: T::Err| bad(name, error))).transpose()
    }

    /// The parameter as one of these words; 400 when it is none of them.
    pub(crate) fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(Some(*value));
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Err(bad(name, format!("must be one of {}", known.join(", "))))
    }
}

impl Query<'_> {
    /// The parameter as a yes or no; absent: no.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Problem> {
        let Some(text) = self.text(name)? else { return Ok(false) };
        flag_of(&text).map_err(|wrong| bad(name, wrong))
    }

    /// How many items a page has, 1 to 200; 50 unless it is given. The cursor of the page before.
    pub(crate) fn page(&self) -> Result<(u32, Option<String>), Problem> {
        let limit = self.value::<u32>("limit")?.unwrap_or(50);
        if !(1..=200).contains(&limit) {
            return Err(bad("limit", "must be 1 to 200"));
        }
        Ok((limit, self.text("cursor")?.map(Cow::into_owned)))
    }

    /// The parameter as a moment.
    pub(crate) fn moment(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        moment(&text).map(Some).map_err(|wrong| bad(name, wrong))
    }
}

/// Reads a yes or no, as it stands in query strings and forms.
pub(crate) fn flag_of(text: &str) -> Result<bool, String> {
    match text {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err("must be 1 or 0, true or false".to_owned()),
    }
}

/// The problem of a parameter `path` that is none: one that is too long is refused as it is in a body.
pub(crate) fn bad_path(invalid: InvalidPath) -> Problem {
    match invalid {
        InvalidPath::TooLong => Problem::invalid("/path", invalid.to_string()),
        InvalidPath::Dots | InvalidPath::Name(_) => bad("path", invalid),
    }
}

/// The problem of a query parameter that can't be used.
pub(crate) fn bad(name: &str, detail: impl Display) -> Problem {
    Problem::malformed(format!("the query parameter {name} {detail}"))
}

fn decode(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return percent_decode_str(&spaced).decode_utf8().ok().map(|text| Cow::Owned(text.into_owned()));
    }
    percent_decode_str(text).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use fm_fuzzing::changed_text;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let query = Query::new("a=1&name=caf%C3%A9+au%20lait&empty=&flag");
        assert_eq!(query.text("name").unwrap().unwrap(), "café au lait");
        for absent in ["empty", "flag", "absent"] {
            assert_eq!(query.text(absent).unwrap(), None, "{absent}");
            assert_eq!(query.value::<u32>(absent).unwrap(), None, "{absent}");
            assert_eq!(query.word(absent, &[("y", 1)]).unwrap(), None, "{absent}");
        }
        assert_eq!(Query::new("a=&a=1&a").value::<u32>("a").unwrap(), Some(1));
        assert_eq!(query.value::<u32>("a").unwrap(), Some(1));
    }

    #[test]
    fn what_is_no_utf8_or_given_twice_or_no_value_is_refused() {
        assert!(Query::new("a=%FF").text("a").is_err());
        assert!(Query::new("a=1&a=1").text("a").is_err());
        assert!(Query::new("a=x").value::<u32>("a").is_err());
        assert!(Query::new("a=x").word("a", &[("y", 1)]).is_err());
        assert_eq!(Query::new("%FF=x&a=y").word("a", &[("y", 1)]).unwrap(), Some(1));
    }

    #[test]
    fn flags_pages_and_moments_are_read() {
        let query = Query::new("a=1&b=true&c=0&d=false&e=&f=yes&limit=7&cursor=c&t=1970-01-01T00:00:07Z");
        for (name, expected) in [("a", true), ("b", true), ("c", false), ("d", false), ("e", false)] {
            assert_eq!(query.flag(name).unwrap(), expected, "{name}");
        }
        assert!(query.flag("f").is_err());
        assert_eq!(query.page().unwrap(), (7, Some("c".to_owned())));
        assert_eq!(Query::new("").page().unwrap(), (50, None));
        assert!(Query::new("limit=0").page().is_err() && Query::new("limit=201").page().is_err());
        assert_eq!(query.moment("t").unwrap(), Some(Timestamp::from_unix_seconds(7)));
        assert_eq!(query.moment("e").unwrap(), None);
        assert!(query.moment("f").is_err());
    }

    const QUERIES: &str = include_str!("../../corpus/queries.txt");

    proptest! {
        #[test]
        fn any_value_comes_through(value in any::<String>(), before in "[a-c&=%+]{0,9}") {
            let query = format!("{before}&name={}", utf8_percent_encode(&value, NON_ALPHANUMERIC));
            let expected = (!value.is_empty()).then_some(value);
            let read = Query::new(&query).text("name").unwrap();
            prop_assert_eq!(read.as_deref(), expected.as_deref());
        }

        #[test]
        fn a_changed_query_gives_no_more_than_it_holds(text in changed_text(QUERIES)) {
            for name in ["q", "limit", "cursor", "token"] {
                if let Ok(Some(value)) = Query::new(&text).text(name) {
                    prop_assert!(!value.is_empty() && value.len() < text.len());
                }
                if let Ok(Some(number)) = Query::new(&text).value::<u32>(name) {
                    let value = Query::new(&text).text(name).unwrap().unwrap();
                    prop_assert_eq!(value.parse(), Ok(number));
                }
            }
        }
    }
}
