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
    /// Which operation it is about: a JSON pointer (RFC 6901) into the body; for a batch of which all or none were to be done alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What has the name; for `name_taken` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing: Option<ExistingItem>,
    /// What deleting for good would free; for `quota_exceeded` alone, where something can be freed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reclaimable: Option<Reclaimable>,
}

/// An item that has a name which is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExistingItem {
    /// Its id.
    #[schema(format = Uuid)]
    pub id: String,
    /// `file` or `folder`.
    #[schema(example = "folder")]
    pub kind: String,
}

/// Bytes that count against the quota and can be freed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reclaimable {
    /// Bytes of what is in the trash.
    pub trash_bytes: u64,
    /// Bytes of old versions of files.
    pub version_bytes: u64,
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
