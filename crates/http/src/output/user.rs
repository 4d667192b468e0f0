//! Users and their tokens as clients see them.

use fm_application::accounts::AccountView;
use fm_application::sessions::TokenPair;
use fm_domain::accounts::{DisplayName, User};
use fm_domain::body::ByteSize;
use fm_domain::ids::UserId;
use serde::Serialize;
use utoipa::ToSchema;

use super::Time;

/// A user.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserJson<'a> {
    #[schema(value_type = String, format = Uuid, example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a01")]
    id: UserId,
    #[schema(format = Email, example = "ada@example.org")]
    email: &'a str,
    /// What they want to be called.
    #[schema(example = "Ada")]
    name: Option<&'a str>,
    /// `user` or `admin`.
    #[schema(example = "user")]
    role: &'static str,
    /// When they registered.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    created_at: Time,
}

impl<'a> UserJson<'a> {
    pub(crate) fn of(user: &'a User) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str(),
            name: user.name.as_ref().map(DisplayName::as_str),
            role: user.role.as_str(),
            created_at: Time(user.created_at),
        }
    }
}

/// The caller's own account.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountJson<'a> {
    #[serde(flatten)]
    user: UserJson<'a>,
    storage: StorageJson,
}

/// What a user keeps.
#[derive(Serialize, ToSchema)]
#[schema(as = Storage)]
struct StorageJson {
    /// The sizes of their files together.
    #[schema(example = 48213)]
    used_bytes: u64,
    #[schema(example = 1)]
    file_count: u64,
    /// How much they may keep; null: any amount.
    quota_bytes: Option<u64>,
}

impl<'a> AccountJson<'a> {
    pub(crate) fn of(view: &'a AccountView) -> Self {
        let storage = view.account.storage;
        Self {
            user: UserJson::of(&view.account.user),
            storage: StorageJson {
                used_bytes: storage.used.bytes(),
                file_count: storage.file_count,
                quota_bytes: view.quota.map(ByteSize::bytes),
            },
        }
    }
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenPair)]
pub(crate) struct TokenPairJson<'a> {
    /// A JWT, for `Authorization: Bearer`.
    #[schema(example = "eyJhbGciOiJIUzI1NiIs…")]
    access_token: &'a str,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds that the access token is good for.
    #[schema(example = 900)]
    expires_in: u64,
    /// Renews the session, once.
    #[schema(example = "0195c2f4-7a3e-7c11-9d55-2f6f0c8f3a02.0.…")]
    refresh_token: &'a str,
    /// Seconds that the session lives unless it is refreshed.
    #[schema(example = 2_592_000)]
    refresh_expires_in: u64,
    user: UserJson<'a>,
}

impl<'a> TokenPairJson<'a> {
    pub(crate) fn of(pair: &'a TokenPair, refresh_token: &'a str) -> Self {
        Self {
            access_token: pair.access_token.expose(),
            token_type: "Bearer",
            expires_in: pair.access_expires_in.as_secs(),
            refresh_token,
            refresh_expires_in: pair.refresh_expires_in.as_secs(),
            user: UserJson::of(&pair.user),
        }
    }
}
