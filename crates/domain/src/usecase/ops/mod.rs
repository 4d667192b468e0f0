//! What operators and clients ask of the deployment itself.

mod check_readiness;
mod show_capabilities;

pub use check_readiness::{CheckReadiness, Readiness};
pub use show_capabilities::{Capabilities, ShowCapabilities};

#[cfg(test)]
mod tests;
