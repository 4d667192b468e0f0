//! Ports whose answers tell more than how a call ended: pictures that were refused, and limits that were reached.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use fm_application::wiring::Ports;
use fm_domain::error::PortResult;
use fm_domain::files::MediaType;
use fm_domain::limits::{LimitKey, LimitedAction, RateDecision, RateLimiter, RatePolicy};
use fm_domain::thumbnails::{RenderBudget, RenderSpec, RenderThumbnail, Rendered, Thumbnailer};
use prometheus::{Histogram, HistogramVec, IntCounterVec, Result};

use crate::Metrics;
use crate::metrics::{Families, LONG};

const RENDERED: [&str; 5] = ["ok", "undecodable", "too_large", "timed_out", "failed"];

/// What these decorators count.
#[derive(Clone)]
pub(crate) struct DecoratorMetrics {
    thumbnails: IntCounterVec,
    thumbnail_duration: Histogram,
    refusals: IntCounterVec,
}

impl DecoratorMetrics {
    pub(crate) fn new(families: &Families) -> Result<Self> {
        let durations: HistogramVec = families.histograms(
            "file_manager_thumbnail_duration_seconds",
            "Time that rendering a thumbnail took, refusals included.",
            &[],
            LONG,
        )?;
        let metrics = Self {
            thumbnails: families.counters(
                "file_manager_thumbnails_total",
                "Pictures of which a thumbnail was rendered (ok) or refused: undecodable, too_large, timed_out, failed.",
                &["outcome"],
            )?,
            thumbnail_duration: durations.get_metric_with_label_values::<&str>(&[])?,
            refusals: families.counters(
                "file_manager_rate_limit_refusals_total",
                "Requests that were refused because a rate limit was reached.",
                &["limit"],
            )?,
        };
        for outcome in RENDERED {
            metrics.thumbnails.get_metric_with_label_values(&[outcome])?;
        }
        for action in LimitedAction::ALL {
            metrics.refusals.get_metric_with_label_values(&[action.name()])?;
        }
        Ok(metrics)
    }
}

impl Metrics {
    /// The same ports, of which thumbnails and refusals of rate limits are counted.
    #[must_use]
    pub fn measured(&self, ports: Ports) -> Ports {
        let metrics = &self.decorators;
        Ports {
            thumbnailer: Arc::new(MeasuredThumbnailer { inner: ports.thumbnailer, metrics: metrics.clone() }),
            limits: Arc::new(MeasuredLimiter { inner: ports.limits, metrics: metrics.clone() }),
            ..ports
        }
    }
}

struct MeasuredThumbnailer {
    inner: Arc<dyn Thumbnailer>,
    metrics: DecoratorMetrics,
}

#[async_trait]
impl Thumbnailer for MeasuredThumbnailer {
    fn accepts(&self, content_type: &MediaType) -> bool {
        self.inner.accepts(content_type)
    }

    fn formats(&self) -> Vec<MediaType> {
        self.inner.formats()
    }

    async fn render(
        &self,
        source: Bytes,
        spec: RenderSpec,
        budget: RenderBudget,
    ) -> std::result::Result<Rendered, RenderThumbnail> {
        let begun = Instant::now();
        let rendered = self.inner.render(source, spec, budget).await;
        let outcome = match &rendered {
            Ok(_) => "ok",
            Err(RenderThumbnail::Undecodable(_)) => "undecodable",
            Err(RenderThumbnail::TooLarge) => "too_large",
            Err(RenderThumbnail::TimedOut) => "timed_out",
            Err(RenderThumbnail::Store(_)) => "failed",
        };
        self.metrics.thumbnail_duration.observe(begun.elapsed().as_secs_f64());
        if let Ok(counter) = self.metrics.thumbnails.get_metric_with_label_values(&[outcome]) {
            counter.inc();
        }
        rendered
    }
}

struct MeasuredLimiter {
    inner: Arc<dyn RateLimiter>,
    metrics: DecoratorMetrics,
}

#[async_trait]
impl RateLimiter for MeasuredLimiter {
    async fn take(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        let decision = self.inner.take(key, policy, cost).await?;
        if !decision.is_allowed
            && let Ok(counter) = self.metrics.refusals.get_metric_with_label_values(&[key.action.name()])
        {
            counter.inc();
        }
        Ok(decision)
    }

    /// What was spent already is never refused.
    async fn spend(&self, key: &LimitKey, policy: &RatePolicy, cost: NonZeroU64) -> PortResult<RateDecision> {
        self.inner.spend(key, policy, cost).await
    }
}
