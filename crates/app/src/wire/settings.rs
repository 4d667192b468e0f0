//! What the configuration says, as the use cases and the hasher of passwords take it.

use std::num::NonZero;
use std::thread::available_parallelism;

use fm_application::wiring::{PasswordQueue, Settings};
use fm_credentials::Argon2Settings;
use fm_streaming::BufferBudget;
use fm_streaming::hashing::HashThreads;

use crate::config::Config;

pub(super) fn argon2(config: &Config) -> Argon2Settings {
    Argon2Settings {
        memory_kib: config.credentials.argon2_memory_kib,
        iterations: config.credentials.argon2_iterations,
        parallelism: config.credentials.argon2_parallelism,
        at_once: password_places(),
    }
}

/// How many passwords are hashed at a time: one a core for anyone, and one for users who are signed in.
fn password_places() -> NonZero<usize> {
    available_parallelism().unwrap_or(NonZero::<usize>::MIN).saturating_add(1)
}

pub(super) fn settings(config: &Config, upload_buffer: BufferBudget, serves_blobs: bool) -> Settings {
    let Config { credentials, accounts, limits, uploads, .. } = config;
    Settings {
        access_token_ttl: credentials.access_token_ttl,
        refresh_token_ttl: credentials.refresh_token_ttl,
        session_max_ttl: credentials.session_max_ttl,
        max_sessions_per_user: accounts.max_sessions,
        password_queue: PasswordQueue::new(password_places()),
        signed_url_ttl: credentials.signed_url_ttl,
        max_upload: uploads.max_upload,
        max_resumable: uploads.max_resumable,
        max_unfinished_uploads: uploads.max_unfinished,
        upload_ttl: uploads.ttl,
        upload_buffer,
        // One processor stays with the threads that receive the bytes.
        hash_threads: HashThreads::start(available_parallelism().map_or(1, NonZero::get) - 1),
        resumable_uploads: uploads.resumable,
        direct_uploads: uploads.direct,
        quota: accounts.quota,
        max_items: accounts.max_items,
        rate_policies: limits.policies.clone(),
        registration_open: accounts.registration_open,
        serves_blobs,
        retention: config.tree.retention,
        names_portable: config.tree.names_portable,
        eager_previews: config.jobs.eager_previews,
    }
}
