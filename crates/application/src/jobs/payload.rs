//! How a job is written for the queue: its fields, and its name beside them as `"work"`.

use fm_domain::error::{PortError, PortResult};
use fm_domain::jobs::JobPayload;
use serde::de::Error as _;
use serde_json::{Error, Value};

use super::job::Job;

/// The field with the name of the job. Every version writes it and insists on it.
const NAME: &str = "work";

pub(crate) fn write<J: Job>(job: &J) -> PortResult<JobPayload> {
    let mut json = serde_json::to_value(job).map_err(|error| PortError::Unexpected(Box::new(error)))?;
    let Value::Object(fields) = &mut json else {
        return Err(PortError::Unexpected("a job is a struct with named fields".into()));
    };
    fields.insert(NAME.to_owned(), J::NAME.into());
    Ok(JobPayload::new(json))
}

pub(crate) fn read<J: Job>(payload: &JobPayload) -> Result<J, Error> {
    let mut json = payload.json().clone();
    let name = json.as_object_mut().and_then(|fields| fields.remove(NAME));
    if name.as_ref().and_then(Value::as_str) != Some(J::NAME) {
        return Err(Error::custom(format_args!("`{NAME}` is not `{}`", J::NAME)));
    }
    J::deserialize(json)
}

#[cfg(test)]
mod tests;
