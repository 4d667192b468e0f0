//! The configuration: where it comes from, what it may say, and everything that is wrong with it at once.

mod addresses;
mod faults;
mod reader;
mod secret;
mod settings;
mod source;
mod variables;

pub use addresses::DatabaseAddress;
pub use faults::{ConfigFaults, Fault};
pub use secret::Secret;
pub use settings::{BlobStoreChoice, Config, LogFormat, S3Config, SessionStoreChoice};
pub use source::{Sources, read};
pub use variables::{VARIABLES, Variable};
