//! An answer, with the questions that tests ask of it.

use std::fmt;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A whole answer.
#[derive(Clone)]
pub struct Answer {
    /// What was asked, for messages.
    pub request: String,
    /// The status.
    pub status: u16,
    /// The fields.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
}

/// Shows the beginning of the content.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, status, headers, body } = self;
        write!(
            f,
            "{request}: {status}\n{headers:#?}\n{}",
            String::from_utf8_lossy(&body[..body.len().min(2_000)])
        )
    }
}

impl Answer {
    pub(crate) async fn read(request: String, answer: reqwest::Response) -> Result<Self, reqwest::Error> {
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        Ok(Self { request, status, headers, body: answer.bytes().await? })
    }

    /// The text of a field, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a field is ASCII"))
    }

    /// The text of a field that has to be there.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        match self.header(name) {
            Some(value) => value.to_owned(),
            None => panic!("no field {name} in the answer: {self:#?}"),
        }
    }

    /// Checks the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The content as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The content as JSON, for what a test asks of its shape.
    #[track_caller]
    pub fn json(&self) -> Value {
        self.parse()
    }

    /// The content as a body of the API.
    #[track_caller]
    pub fn parse<T: DeserializeOwned>(&self) -> T {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => {
                panic!("{} ({}): unreadable JSON ({error}): {}", self.request, self.status, self.text())
            }
        }
    }

    /// Checks that it is a problem (RFC 9457) of this status and code, in the one shape that the contract gives,
    /// and gives it.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let what = format!("{} ({}): {}", self.request, self.status, self.text());
        assert_eq!(self.status, status, "{what}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{what}");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{what}");
        assert_eq!(problem["type"], "about:blank", "{what}");
        assert_eq!(problem["status"], status, "{what}");
        let reason = StatusCode::from_u16(status).unwrap().canonical_reason();
        if let Some(reason) = reason {
            assert_eq!(problem["title"], reason, "{what}");
        }
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"), "{what}");
        let members: Vec<&String> = problem.as_object().unwrap().keys().collect();
        let known = ["type", "title", "status", "code", "detail", "request_id", "errors"];
        let of_some = ["pointer", "existing", "reclaimable"];
        let is_known = |member: &str| known.contains(&member) || of_some.contains(&member);
        assert!(members.iter().all(|member| is_known(member)), "{what}");
        assert_eq!(problem.get("existing").is_some(), code == "name_taken", "{what}");
        assert_eq!(problem.get("reclaimable").is_some(), code == "quota_exceeded", "{what}");
        match problem.get("errors") {
            None => assert_ne!(code, "validation_failed", "{what}"),
            Some(errors) => {
                assert_eq!(code, "validation_failed", "{what}");
                assert!(!errors.as_array().unwrap().is_empty(), "{what}");
                for error in errors.as_array().unwrap() {
                    assert!(error["pointer"].is_string() && error["detail"].is_string(), "{what}");
                }
            }
        }
        problem
    }

    /// Checks that it is a `validation_failed` that names exactly these pointers, in any order.
    #[track_caller]
    pub fn invalid(&self, pointers: &[&str]) -> Value {
        let problem = self.problem(422, "validation_failed");
        let mut named: Vec<&str> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|error| error["pointer"].as_str())
            .collect();
        named.sort_unstable();
        let mut expected = pointers.to_vec();
        expected.sort_unstable();
        assert_eq!(named, expected, "{}: {problem:#}", self.request);
        problem
    }

    /// Checks that it is the 401 of missing or bad credentials.
    #[track_caller]
    pub fn unauthenticated(&self) {
        self.problem(401, "unauthenticated");
        assert!(self.field("www-authenticate").starts_with("Bearer"), "{self:#?}");
    }

    /// Checks that it is the 404 of what is unknown, deleted or someone else's.
    #[track_caller]
    pub fn not_found(&self) -> Value {
        self.problem(404, "not_found")
    }

    /// Checks that it is the 503 of a database or store out of reach: it says when to ask again, and nothing of the cause.
    #[track_caller]
    pub fn unavailable(&self) {
        self.problem(503, "unavailable");
        assert!(self.field("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1), "{self:?}");
        for inside in ["127.0.0.1", "postgres", "connection", "dispatch", "disk", "Permission"] {
            assert!(!self.text().contains(inside), "clients are not told the cause: {self:?}");
        }
    }

    /// The value of the cookie `name` that it sets, and its attributes in lower case.
    pub fn cookie(&self, name: &str) -> Option<(String, Vec<String>)> {
        self.headers.get_all("set-cookie").iter().find_map(|cookie| {
            let mut fields = cookie.to_str().ok()?.split(';').map(str::trim);
            let (named, value) = fields.next()?.split_once('=')?;
            (named == name).then(|| (value.to_owned(), fields.map(str::to_ascii_lowercase).collect()))
        })
    }
}
