//! Problems (RFC 9457).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of a problem answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the code says more than a page could.
    #[schema(example = "about:blank")]
    pub r#type: String,
    /// The name of the status.
    #[schema(example = "Payload Too Large")]
    pub title: String,
    /// The status.
    #[schema(example = 413)]
    pub status: u16,
    /// The stable name of what went wrong.
    #[schema(example = "payload_too_large")]
    pub code: String,
    /// What went wrong, for a human.
    pub detail: String,
    /// The id of the request, as in `x-request-id`.
    pub request_id: String,
    /// The values that are not acceptable; for `validation_failed` alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<FieldError>>)]
    pub errors: Vec<FieldError>,
}

/// A value that is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where it is: a JSON pointer (RFC 6901) into the body, or to the part of a form.
    #[schema(example = "/email")]
    pub pointer: String,
    /// What is wrong with it.
    #[schema(example = "is not an email address")]
    pub detail: String,
}
