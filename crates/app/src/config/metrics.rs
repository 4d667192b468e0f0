//! Metrics.

use std::net::SocketAddr;

use super::{Reader, Variable};

pub(super) const VARIABLES: &[Variable] = &[Variable::plain("METRICS_ADDR")];

/// Metrics.
#[derive(Debug, Clone)]
pub struct MetricsConfig {
    /// `METRICS_ADDR`: where Prometheus asks for metrics; `None`: nowhere. Port 0 takes a free one.
    pub address: Option<SocketAddr>,
}

impl MetricsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let address = reader.text("METRICS_ADDR").and_then(|text| {
            let parsed = text.parse().ok();
            if parsed.is_none() {
                reader.fault("METRICS_ADDR", "must be an IP address and a port such as 127.0.0.1:9464");
            }
            parsed
        });
        Self { address }
    }
}
