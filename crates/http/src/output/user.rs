//! Users and their tokens as clients see them.

use fm_api_types::{Account, AdminUser, Secret, Storage, TokenPair, User};
use fm_application::accounts::AccountView;
use fm_application::sessions;
use fm_domain::accounts;
use fm_domain::body::ByteSize;

/// A user.
pub(crate) fn user(user: &accounts::User) -> User {
    User {
        id: user.id.uuid(),
        email: user.email.as_str().to_owned(),
        name: user.name.as_ref().map(|name| name.as_str().to_owned()),
        role: user.role.as_str().to_owned(),
        created_at: user.created_at.into(),
    }
}

/// The caller's own account.
pub(crate) fn account(view: &AccountView) -> Account {
    Account { user: user(&view.account.user), storage: storage(view) }
}

/// A user, for admins.
pub(crate) fn admin_user(view: &AccountView) -> AdminUser {
    AdminUser {
        user: user(&view.account.user),
        suspended: view.account.is_suspended(),
        quota_bytes: view.account.quota.map(ByteSize::bytes),
        storage: storage(view),
    }
}

fn storage(view: &AccountView) -> Storage {
    let storage = view.account.storage;
    Storage {
        used_bytes: storage.used.bytes(),
        trash_bytes: storage.trash.bytes(),
        version_bytes: storage.versions.bytes(),
        file_count: storage.file_count,
        quota_bytes: view.quota.map(ByteSize::bytes),
    }
}

/// The tokens of a session.
pub(crate) fn token_pair(pair: &sessions::TokenPair, refresh_token: &str) -> TokenPair {
    TokenPair {
        access_token: Secret::new(pair.access_token.expose()),
        token_type: "Bearer".to_owned(),
        expires_in: pair.access_expires_in.as_secs(),
        refresh_token: Secret::new(refresh_token),
        refresh_expires_in: pair.refresh_expires_in.as_secs(),
        user: user(&pair.user),
    }
}
