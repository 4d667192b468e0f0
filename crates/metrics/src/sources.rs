//! What is counted elsewhere and read at each scrape.

use fm_streaming::{BufferBudget, PictureHandover, PoolUse};
use prometheus::{Counter, IntCounter, IntGauge, IntGaugeVec, Result};

use crate::Metrics;
use crate::metrics::{Families, raise, set};

/// What goes through a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrafficUse {
    /// Bytes read from clients since the start.
    pub received: u64,
    /// Bytes written to clients since the start.
    pub sent: u64,
    /// Requests that wait for their answer now.
    pub requests: u64,
    /// Uploads whose bytes are being stored now.
    pub uploads: u64,
}

/// The metrics of all sources. Each is there from the start, whether its source is or not.
pub(crate) struct Sources {
    received: IntCounter,
    sent: IntCounter,
    requests: IntGauge,
    uploads: IntGauge,
    memory_held: IntGauge,
    memory_limit: IntGauge,
    memory_waiting: IntGauge,
    handover_hits: IntCounter,
    handover_misses: IntCounter,
    pool_connections: IntGaugeVec,
    pool_limit: IntGauge,
    pool_waiting: IntGauge,
    pool_checkouts: IntCounter,
    pool_waited: Counter,
    cache_hits: IntCounter,
    cache_misses: IntCounter,
    fallbacks: IntCounter,
}

impl Sources {
    pub(crate) fn new(of: &Families) -> Result<Self> {
        Ok(Self {
            received: of.counter(
                "file_manager_http_received_bytes_total",
                "Bytes read from clients, heads included.",
            )?,
            sent: of
                .counter("file_manager_http_sent_bytes_total", "Bytes written to clients, heads included.")?,
            requests: of.gauge(
                "file_manager_http_requests_in_flight",
                "Requests that wait for the head of their answer.",
            )?,
            uploads: of.gauge("file_manager_uploads_in_flight", "Requests whose bytes are being stored.")?,
            memory_held: of.gauge(
                "file_manager_upload_memory_bytes",
                "Memory of UPLOAD_BUFFER_BYTES that uploads hold for the store.",
            )?,
            memory_limit: of.gauge(
                "file_manager_upload_memory_limit_bytes",
                "Memory that uploads may hold for the store.",
            )?,
            memory_waiting: of
                .gauge("file_manager_upload_memory_waiting", "Uploads that wait for memory.")?,
            handover_hits: of.counter(
                "file_manager_picture_handover_hits_total",
                "Pictures that were handed to their jobs in memory.",
            )?,
            handover_misses: of.counter(
                "file_manager_picture_handover_misses_total",
                "Pictures that jobs had to read from the store.",
            )?,
            pool_connections: of.gauges(
                "file_manager_database_pool_connections",
                "Connections to the database, in use or idle.",
                &["state"],
            )?,
            pool_limit: of
                .gauge("file_manager_database_pool_limit", "Connections to the database at most.")?,
            pool_waiting: of
                .gauge("file_manager_database_pool_waiting", "Callers that wait for a connection.")?,
            pool_checkouts: of.counter(
                "file_manager_database_pool_checkouts_total",
                "Waits for a connection that ended.",
            )?,
            pool_waited: of.seconds_counter(
                "file_manager_database_pool_wait_seconds_total",
                "Time that all waits for a connection took together.",
            )?,
            cache_hits: of.counter(
                "file_manager_session_cache_hits_total",
                "Looks at a session that a copy answered.",
            )?,
            cache_misses: of.counter(
                "file_manager_session_cache_misses_total",
                "Looks at a session that the store answered.",
            )?,
            fallbacks: of.counter(
                "file_manager_rate_limit_fallbacks_total",
                "Units that this process counted alone because Redis was out of reach.",
            )?,
        })
    }
}

impl Metrics {
    /// Tells what goes through a server.
    pub fn watch_traffic(&self, read: impl Fn() -> TrafficUse + Send + Sync + 'static) {
        let Sources { received, sent, requests, uploads, .. } = &self.sources;
        let (received, sent, requests, uploads) =
            (received.clone(), sent.clone(), requests.clone(), uploads.clone());
        self.sample(move || {
            let traffic = read();
            raise(&received, traffic.received);
            raise(&sent, traffic.sent);
            set(&requests, traffic.requests);
            set(&uploads, traffic.uploads);
        });
    }

    /// Tells how the memory of uploads is used.
    pub fn watch_upload_memory(&self, budget: BufferBudget) {
        let Sources { memory_held, memory_limit, memory_waiting, .. } = &self.sources;
        let (held, limit, waiting) = (memory_held.clone(), memory_limit.clone(), memory_waiting.clone());
        self.sample(move || {
            let now = budget.in_use();
            set(&held, now.held.bytes());
            set(&limit, now.limit.bytes());
            set(&waiting, now.waiting);
        });
    }

    /// Tells how often jobs had their pictures in memory.
    pub fn watch_picture_handover(&self, handover: PictureHandover) {
        let (hits, misses) = (self.sources.handover_hits.clone(), self.sources.handover_misses.clone());
        self.sample(move || {
            let now = handover.in_use();
            raise(&hits, now.hits);
            raise(&misses, now.misses);
        });
    }

    /// Tells how the connections to the database are used.
    pub fn watch_pool(&self, read: impl Fn() -> PoolUse + Send + Sync + 'static) {
        let Sources { pool_connections, pool_limit, pool_waiting, pool_checkouts, pool_waited, .. } =
            &self.sources;
        let (connections, limit, waiting) =
            (pool_connections.clone(), pool_limit.clone(), pool_waiting.clone());
        let (checkouts, waited) = (pool_checkouts.clone(), pool_waited.clone());
        self.sample(move || {
            let now = read();
            for (state, count) in [("in_use", now.in_use), ("idle", now.open.saturating_sub(now.in_use))] {
                if let Ok(gauge) = connections.get_metric_with_label_values(&[state]) {
                    set(&gauge, count);
                }
            }
            set(&limit, now.limit);
            set(&waiting, now.waiting);
            raise(&checkouts, now.checkouts);
            waited.inc_by((now.waited.as_secs_f64() - waited.get()).max(0.0));
        });
    }

    /// Tells how often a copy of a session answered, and how often the store did.
    pub fn watch_session_cache(&self, read: impl Fn() -> (u64, u64) + Send + Sync + 'static) {
        let (hits, misses) = (self.sources.cache_hits.clone(), self.sources.cache_misses.clone());
        self.sample(move || {
            let (by_copies, by_the_store) = read();
            raise(&hits, by_copies);
            raise(&misses, by_the_store);
        });
    }

    /// Tells how often this process counted rate limits alone.
    pub fn watch_rate_limit_fallbacks(&self, read: impl Fn() -> u64 + Send + Sync + 'static) {
        let fallbacks = self.sources.fallbacks.clone();
        self.sample(move || raise(&fallbacks, read()));
    }
}
