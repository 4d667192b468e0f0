//! The SDK's clients, told to ask for nothing that a plain S3 server lacks.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Builder, Config, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::endpoint::Endpoint;
use crate::parts::PART;
use crate::settings::{S3Settings, S3Timeouts};

/// Before a failed attempt is repeated.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Shorter than servers keep idle connections, so that none is reused just as it closes.
const IDLE: Duration = Duration::from_secs(20);

/// Clients of one server, which share its connections and differ in their timeouts.
#[derive(Clone)]
pub(crate) struct Clients {
    /// For requests that move no bytes of a blob.
    pub(crate) control: Client,
    /// For those that do.
    pub(crate) transfer: Client,
    /// For putting parts together, which takes the server long, and which it may not understand a second time: its
    /// only attempt to be cut off is the last.
    pub(crate) complete: Client,
}

impl Clients {
    pub(crate) fn new(settings: &S3Settings, endpoint: &Endpoint) -> Self {
        let http = http_client(endpoint);
        let times = settings.timeouts;
        let client =
            |attempt, operation| Client::from_conf(config(settings, endpoint, &http, attempt, operation));
        Self {
            control: client(times.control, all_attempts(&times, times.control)),
            transfer: client(times.transfer, one_long_attempt(&times, times.transfer)),
            complete: client(times.complete, times.complete),
        }
    }
}

/// A sum of all that an operation may wait for.
pub(crate) fn all_attempts(times: &S3Timeouts, attempt: Duration) -> Duration {
    (attempt + LONGEST_PAUSE) * times.attempts.max(1)
}

/// One attempt that took all of its time would do so again: the others are for those that fail early.
fn one_long_attempt(times: &S3Timeouts, attempt: Duration) -> Duration {
    attempt + all_attempts(times, times.control)
}

/// What replaces the timeouts of [`Clients::transfer`] for so many bytes: more than a part of the usual size may take
/// as many times as long. Others have the client's own: for a replacement the SDK puts parts of its configuration together anew.
pub(crate) fn transfer_timeouts(times: &S3Timeouts, bytes: usize) -> Option<Builder> {
    if bytes <= PART {
        return None;
    }
    let attempt = times.transfer * u32::try_from(bytes.div_ceil(PART)).unwrap_or(u32::MAX);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(times.connect)
        .operation_attempt_timeout(attempt)
        .operation_timeout(one_long_attempt(times, attempt))
        .build();
    Some(Config::builder().timeout_config(timeouts))
}

/// What replaces the timeouts and the attempts of [`Clients::transfer`] for a request whose body is still coming: its sender sees to both,
/// since an attempt lasts as long as the client takes, and what was sent can't be sent again.
pub(crate) fn watched_by_sender(times: &S3Timeouts) -> Builder {
    Config::builder().retry_config(RetryConfig::disabled()).timeout_config(
        TimeoutConfig::builder()
            .connect_timeout(times.connect)
            .disable_operation_attempt_timeout()
            .disable_operation_timeout()
            .build(),
    )
}

/// The pause after so many attempts that failed.
pub(crate) fn pause_after(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1_u32 << attempts.saturating_sub(1).min(8)).min(LONGEST_PAUSE)
}

fn http_client(endpoint: &Endpoint) -> SharedHttpClient {
    let mut builder = aws_smithy_http_client::Builder::new();
    builder.set_pool_idle_timeout(Some(Some(IDLE)));
    if endpoint.is_https() {
        builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
    } else {
        builder.build_http()
    }
}

fn config(
    settings: &S3Settings,
    endpoint: &Endpoint,
    http: &SharedHttpClient,
    attempt: Duration,
    operation: Duration,
) -> Config {
    let credentials =
        Credentials::new(&settings.access_key_id, &settings.secret_access_key, None, None, "configuration");
    Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(endpoint.base_url())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(credentials)
        .force_path_style(settings.force_path_style)
        // The SDK's own defaults break servers that don't know the newer checksums.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .disable_s3_express_session_auth(true)
        .http_client(http.clone())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(settings.timeouts.attempts.max(1))
                .with_initial_backoff(FIRST_PAUSE)
                .with_max_backoff(LONGEST_PAUSE),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(settings.timeouts.connect)
                .operation_attempt_timeout(attempt)
                .operation_timeout(operation)
                .build(),
        )
        // Sending is bounded by the time of an attempt; reading has a watch of its own, which counts only the time
        // that the store takes and never that of a slow reader.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}
