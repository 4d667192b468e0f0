//! Rate limits: what a request counts as, and what its answer says of it
//! (draft-ietf-httpapi-ratelimit-headers).

use std::num::NonZeroU64;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest};
use fm_application::limits::{AppliedLimit, Counting};
use fm_domain::accounts::Email;
use fm_domain::ids::UserId;
use fm_domain::limits::{LimitKey, LimitSubject, LimitedAction};

use crate::auth::client_address;
use crate::notes::{RequestNotes, note};
use crate::problem::{Code, Problem};
use crate::state::AppState;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Bytes of a field with one limit, mostly.
const ROOM: usize = 64;

/// Counts a request without a user by its address.
pub(crate) async fn limit_address(
    request: &HttpRequest,
    state: &AppState,
    action: LimitedAction,
) -> Result<(), Problem> {
    // Without one its connection is gone.
    let Some(address) = client_address(request) else { return Ok(()) };
    take(request, state, LimitKey::new(action, LimitSubject::address(address)), NonZeroU64::MIN).await
}

/// Counts a login to this account from this address. What is no email address names no account.
pub(crate) async fn limit_login(request: &HttpRequest, state: &AppState, email: &str) -> Result<(), Problem> {
    let (Some(address), Ok(email)) = (client_address(request), Email::from_stored(email)) else {
        return Ok(());
    };
    let subject = LimitSubject::account_from(&email, address);
    take(request, state, LimitKey::new(LimitedAction::LoginsToAccount, subject), NonZeroU64::MIN).await
}

/// Counts a request of a user.
pub(crate) async fn limit_user(request: &HttpRequest, state: &AppState, user: UserId) -> Result<(), Problem> {
    let key = LimitKey::new(LimitedAction::UserRequests, LimitSubject::User(user));
    take(request, state, key, NonZeroU64::MIN).await
}

/// Counts an upload that a user begins, with its bytes where their number is known.
pub(crate) async fn limit_upload(
    request: &HttpRequest,
    state: &AppState,
    user: UserId,
    bytes: Option<u64>,
) -> Result<(), Problem> {
    let key = LimitKey::new(LimitedAction::Uploads, LimitSubject::User(user));
    take(request, state, key, NonZeroU64::MIN).await?;
    limit_upload_bytes(request, state, user, bytes).await
}

/// Counts bytes that a user is about to upload.
pub(crate) async fn limit_upload_bytes(
    request: &HttpRequest,
    state: &AppState,
    user: UserId,
    bytes: Option<u64>,
) -> Result<(), Problem> {
    let Some(bytes) = bytes.and_then(NonZeroU64::new) else { return Ok(()) };
    take(request, state, LimitKey::new(LimitedAction::UploadBytes, LimitSubject::User(user)), bytes).await
}

/// Counts bytes that a user has uploaded without having told their number before.
pub(crate) async fn count_uploaded_bytes(request: &HttpRequest, state: &AppState, user: UserId, bytes: u64) {
    let Some(bytes) = NonZeroU64::new(bytes) else { return };
    let key = LimitKey::new(LimitedAction::UploadBytes, LimitSubject::User(user));
    match state.use_cases.limits.count.run(&key, bytes, Counting::After).await {
        Ok(Some(applied)) => note(request, |notes| notes.limits.push(applied)),
        Ok(None) => {}
        // The bytes are kept already: their request must not fail.
        Err(error) => {
            tracing::warn!(error = %fm_domain::error::chain(&error), "uploaded bytes were not counted");
        }
    }
}

async fn take(
    request: &HttpRequest,
    state: &AppState,
    key: LimitKey,
    cost: NonZeroU64,
) -> Result<(), Problem> {
    let applied = state.use_cases.limits.count.run(&key, cost, Counting::Before).await?;
    let Some(applied) = applied else { return Ok(()) };
    note(request, |notes| notes.limits.push(applied));
    let AppliedLimit { policy, decision, .. } = applied;
    if decision.is_allowed {
        return Ok(());
    }
    let detail = format!(
        "the limit is {} {} in {} seconds",
        policy.limit,
        units(key.action),
        window_seconds(&applied)
    );
    Err(Problem::new(Code::RateLimited, detail).retry_after(decision.retry_after))
}

/// What is counted, for a human.
const fn units(action: LimitedAction) -> &'static str {
    match action {
        LimitedAction::LoginsFromAddress | LimitedAction::LoginsToAccount => "logins",
        LimitedAction::Registrations => "registrations",
        LimitedAction::Refreshes => "refreshes",
        LimitedAction::AnonymousRequests | LimitedAction::UserRequests => "requests",
        LimitedAction::Uploads => "uploads",
        LimitedAction::UploadBytes => "uploaded bytes",
    }
}

/// The window in whole seconds, as the fields have it.
fn window_seconds(applied: &AppliedLimit) -> u64 {
    applied.policy.window_micros().div_ceil(1_000_000)
}

/// Adds the fields `RateLimit-Policy` and `RateLimit`, with an item for each limit that was applied.
pub(crate) fn describe_limits(request: &HttpRequest, headers: &mut HeaderMap) {
    let extensions = request.extensions();
    let limits = extensions.get().map_or(&[][..], |notes: &RequestNotes| &notes.limits);
    if limits.is_empty() {
        return;
    }
    let (mut policies, mut states) = (String::with_capacity(ROOM), String::with_capacity(ROOM));
    // Digits by themselves: formatted as texts they cost more than counting.
    let mut digits = itoa::Buffer::new();
    for applied in limits {
        let comma = if policies.is_empty() { "" } else { ", " };
        for text in [&mut policies, &mut states] {
            text.extend([comma, "\"", applied.action.name(), "\""]);
        }
        policies.extend([";q=", digits.format(applied.policy.limit.get())]);
        if applied.action == LimitedAction::UploadBytes {
            policies.push_str(";qu=\"content-bytes\"");
        }
        policies.extend([";w=", digits.format(window_seconds(applied))]);
        states.extend([";r=", digits.format(applied.decision.remaining)]);
        let reset = applied.decision.reset_after.as_micros().div_ceil(1_000_000);
        states.extend([";t=", digits.format(reset)]);
    }
    for (name, text) in [(RATE_LIMIT_POLICY, policies), (RATE_LIMIT, states)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}
