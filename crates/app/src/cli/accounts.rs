//! The arguments of `user` and `session`.

use clap::{Args, Subcommand};
use fm_application::sessions::NamedAccount;
use fm_domain::accounts::{DisplayName, Email};
use fm_domain::body::ByteSize;
use uuid::Uuid;

use super::named_account;

/// What to do with users.
#[derive(Debug, Clone, Subcommand)]
pub enum UserCommand {
    /// Create a user, whether registration is open or not. The password is asked for on the terminal.
    ///
    /// The first admin is made by `user create ADDRESS --admin`.
    Create(CreateUserArgs),
    /// List users, the newest first.
    List(ListUsersArgs),
    /// Show a user.
    Show(OneAccount),
    /// Suspend a user: all sessions end, and no login succeeds. Signed URLs work until they expire.
    Disable(OneAccount),
    /// Let a suspended user log in again.
    Enable(OneAccount),
    /// Make a user an admin, who may do everything under `/v1/admin`.
    Promote(OneAccount),
    /// Make an admin a user like any other; the last one too.
    Demote(OneAccount),
    /// Give a user a quota of their own, or that of the configuration again.
    SetQuota(SetQuotaArgs),
    /// Give a user another password, which ends all sessions. It is asked for on the terminal.
    ResetPassword(ResetPasswordArgs),
    /// Remove a user for good, with all files. Nothing asks whether you are sure.
    Remove(OneAccount),
}

/// A user.
#[derive(Debug, Clone, Args)]
pub struct OneAccount {
    /// The id or the email address.
    #[arg(value_name = "ACCOUNT", value_parser = named_account)]
    pub account: NamedAccount,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

/// The user to create.
#[derive(Debug, Clone, Args)]
pub struct CreateUserArgs {
    /// The email address to log in with.
    #[arg(value_name = "ADDRESS")]
    pub email: Email,
    /// What to be called.
    #[arg(long, value_name = "TEXT")]
    pub name: Option<DisplayName>,
    /// Make the user an admin.
    #[arg(long)]
    pub admin: bool,
    /// A quota of their own: bytes, or a number with KiB, MiB, GiB or TiB.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub quota: Option<ByteSize>,
    /// Read the password from standard input, up to its first line end.
    #[arg(long)]
    pub password_stdin: bool,
    /// One JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Which users.
#[derive(Debug, Clone, Args)]
pub struct ListUsersArgs {
    /// Those with this part in their address, in any case.
    #[arg(long, short, value_name = "TEXT")]
    pub query: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u64,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// The quota to give.
#[derive(Debug, Clone, Args)]
pub struct SetQuotaArgs {
    /// The user.
    #[command(flatten)]
    pub user: OneAccount,
    /// Bytes, or a number with KiB, MiB, GiB or TiB. Less than the user keeps takes nothing away.
    #[arg(value_name = "SIZE", value_parser = size, required_unless_present = "default")]
    pub quota: Option<ByteSize>,
    /// That of the configuration (USER_QUOTA_BYTES).
    #[arg(long, conflicts_with = "quota")]
    pub default: bool,
}

/// Whose password to replace.
#[derive(Debug, Clone, Args)]
pub struct ResetPasswordArgs {
    /// The user.
    #[command(flatten)]
    pub user: OneAccount,
    /// Read the password from standard input, up to its first line end.
    #[arg(long)]
    pub password_stdin: bool,
}

/// What to do with sessions.
#[derive(Debug, Clone, Subcommand)]
pub enum SessionCommand {
    /// List the sessions of a user, the newest first.
    List(OneAccount),
    /// End sessions of a user: their tokens are refused from then on.
    Revoke(RevokeSessionsArgs),
}

/// Which sessions to end.
#[derive(Debug, Clone, Args)]
pub struct RevokeSessionsArgs {
    /// The user.
    #[command(flatten)]
    pub user: OneAccount,
    /// The ids of the sessions.
    #[arg(value_name = "SESSION", required_unless_present = "all")]
    pub sessions: Vec<Uuid>,
    /// All of them.
    #[arg(long, conflicts_with = "sessions")]
    pub all: bool,
}

impl RevokeSessionsArgs {
    /// All sessions of this user.
    #[must_use]
    pub const fn all_of(user: OneAccount) -> Self {
        Self { user, sessions: Vec::new(), all: true }
    }
}

/// A number of bytes, with or without a unit.
fn size(text: &str) -> Result<ByteSize, String> {
    const UNITS: [(&str, u32); 4] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];
    let unit = UNITS.iter().find_map(|(name, bits)| Some((text.strip_suffix(name)?, *bits)));
    let (number, bits) = unit.unwrap_or((text, 0));
    let number = number.trim_end().parse::<u64>().ok();
    let bytes = number.and_then(|number| number.checked_mul(1 << bits));
    // No counter of a database holds more.
    let bytes = bytes.filter(|bytes| i64::try_from(*bytes).is_ok());
    bytes.map(ByteSize::new).ok_or_else(|| {
        "must be a whole number of bytes, or one with KiB, MiB, GiB or TiB, below 8388608 TiB".to_owned()
    })
}

#[cfg(test)]
mod tests;
