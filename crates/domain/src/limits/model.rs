//! What is limited, for which client, and how much of it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU64;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::accounts::Email;
use crate::ids::UserId;

/// What is limited. Each action has a policy of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitedAction {
    /// Logins from one address, to whatever accounts.
    LoginsFromAddress,
    /// Logins to one account from one address: guesses of one password.
    LoginsToAccount,
    /// Registrations from one address.
    Registrations,
    /// Refreshes of sessions from one address.
    Refreshes,
    /// Other requests without credentials from one address.
    AnonymousRequests,
    /// Requests of one user.
    UserRequests,
    /// Uploads that one user begins.
    Uploads,
    /// Bytes that one user uploads.
    UploadBytes,
}

impl LimitedAction {
    /// Every action.
    pub const ALL: [Self; 8] = [
        Self::LoginsFromAddress,
        Self::LoginsToAccount,
        Self::Registrations,
        Self::Refreshes,
        Self::AnonymousRequests,
        Self::UserRequests,
        Self::Uploads,
        Self::UploadBytes,
    ];

    /// Its name in stores, response fields and metrics. It never changes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoginsFromAddress => "logins-from-address",
            Self::LoginsToAccount => "logins-to-account",
            Self::Registrations => "registrations",
            Self::Refreshes => "refreshes",
            Self::AnonymousRequests => "anonymous-requests",
            Self::UserRequests => "user-requests",
            Self::Uploads => "uploads",
            Self::UploadBytes => "upload-bytes",
        }
    }
}

/// How much may be done: `limit` units at once, and as many in each `window`, which come back evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RatePolicy {
    /// Units in each window, and at once. Stores may count those above 2⁵³ inexactly.
    pub limit: NonZeroU64,
    /// The time in which `limit` units come back. Below a microsecond it counts as one.
    pub window: Duration,
}

impl RatePolicy {
    /// The longest window, in microseconds: 142 years.
    const LONGEST: u64 = 1 << 52;

    /// The window in microseconds, rounded down: at least 1, and at most 2⁵².
    #[must_use]
    pub fn window_micros(&self) -> u64 {
        u64::try_from(self.window.as_micros()).unwrap_or(u64::MAX).clamp(1, Self::LONGEST)
    }
}

/// The policy of each action; one without is not limited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RatePolicies(BTreeMap<LimitedAction, RatePolicy>);

impl RatePolicies {
    /// No action is limited.
    #[must_use]
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// The policy of an action; `None` where it is not limited.
    #[must_use]
    pub fn of(&self, action: LimitedAction) -> Option<&RatePolicy> {
        self.0.get(&action)
    }
}

impl FromIterator<(LimitedAction, RatePolicy)> for RatePolicies {
    fn from_iter<T: IntoIterator<Item = (LimitedAction, RatePolicy)>>(policies: T) -> Self {
        Self(policies.into_iter().collect())
    }
}

/// The client that a limit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitSubject {
    /// The clients of a network.
    Address(Network),
    /// A user.
    User(UserId),
    /// An account from an address: see [`LimitSubject::account_from`].
    AccountFrom {
        /// A digest that names the account.
        account: [u8; 16],
        /// The network of the address.
        network: Network,
    },
}

impl LimitSubject {
    /// A client by its address.
    #[must_use]
    pub fn address(address: IpAddr) -> Self {
        Self::Address(Network::of(address))
    }

    /// Logins to one account from one address. The account need not exist: every spelling of its email address gives one
    /// digest (the first 16 bytes of the SHA-256), and the email address itself is not kept. A digest is no secret:
    /// who knows an email address can compute it.
    #[must_use]
    pub fn account_from(email: &Email, address: IpAddr) -> Self {
        let digest: [u8; 32] = Sha256::digest(email.key().as_bytes()).into();
        let (account, _) = digest.split_first_chunk().unwrap_or((&[0; 16], &[]));
        Self::AccountFrom { account: *account, network: Network::of(address) }
    }
}

/// What one client has of the addresses. IPv6 counts by its /64, which one client has as a whole; an IPv4 address that is
/// written as IPv6 counts as IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        })
    }
}

/// `192.0.2.7` or `2001:db8::/64`.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => <Ipv4Addr as fmt::Display>::fmt(&address, f),
            IpAddr::V6(address) => write!(f, "{address}/64"),
        }
    }
}

/// Networks as they are written, users by their id, accounts by their digest.
impl fmt::Display for LimitSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(network) => network.fmt(f),
            Self::User(user) => user.fmt(f),
            Self::AccountFrom { account, network } => write!(f, "{}@{network}", hex::encode(account)),
        }
    }
}

/// What is counted together: one action of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitKey {
    /// The action.
    pub action: LimitedAction,
    /// The client.
    pub subject: LimitSubject,
}

impl LimitKey {
    /// The key of one action of one client.
    #[must_use]
    pub const fn new(action: LimitedAction, subject: LimitSubject) -> Self {
        Self { action, subject }
    }
}

/// The text under which stores count: `refreshes:192.0.2.7`. It never changes, and of what is personal it holds the IP
/// address alone.
impl fmt::Display for LimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.action.name(), self.subject)
    }
}

#[cfg(test)]
mod tests;
