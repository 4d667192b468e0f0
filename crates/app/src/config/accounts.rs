//! Accounts.

use fm_domain::body::ByteSize;

use super::{Reader, Variable};

pub(super) const VARIABLES: &[Variable] = &[
    Variable::plain("REGISTRATION_OPEN"),
    Variable::plain("USER_QUOTA_BYTES"),
    Variable::plain("MAX_ITEMS_PER_USER"),
    Variable::plain("MAX_SESSIONS_PER_USER"),
];

/// Accounts.
#[derive(Debug, Clone)]
pub struct AccountsConfig {
    /// `REGISTRATION_OPEN`: whether anyone may register.
    pub registration_open: bool,
    /// `USER_QUOTA_BYTES`: how much one user may store; `None`: any amount.
    pub quota: Option<ByteSize>,
    /// `MAX_ITEMS_PER_USER`: how many files and folders one user may have; `None`: any number.
    pub max_items: Option<u64>,
    /// `MAX_SESSIONS_PER_USER`: one more login ends the session that was seen longest ago.
    pub max_sessions: usize,
}

impl AccountsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let quota = reader.optional_number("USER_QUOTA_BYTES", 0..=i64::MAX.unsigned_abs());
        Self {
            registration_open: reader.flag("REGISTRATION_OPEN", true),
            quota: quota.map(ByteSize::new),
            max_items: reader.optional_number("MAX_ITEMS_PER_USER", 1..=i64::MAX.unsigned_abs()),
            max_sessions: reader.number("MAX_SESSIONS_PER_USER", 100, 1..=10_000),
        }
    }
}
