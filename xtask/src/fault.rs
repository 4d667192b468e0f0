//! What checks answer.

use std::error::Error;

/// What is wrong, in one line that names the place; lines below it give details.
pub(crate) type Fault = String;

/// Why a check could not be made at all.
pub(crate) type Failure = Box<dyn Error>;
