//! Users: who they are, how they prove it, how much they keep.

mod email;
mod model;
mod password;
mod port;
mod weak_password;

pub use email::{Email, InvalidEmail};
pub use model::{
    Account, DisplayName, InvalidDisplayName, Kept, Role, StorageUse, Tally, UnknownRole, User, UserCounts,
    UserFilter,
};
pub use password::{InvalidPassword, Password, PasswordCheck, PasswordHash, PasswordHasher};
pub use port::{Charge, InsertUser, ReserveBytes, UserQueries, UserRepo};
pub use weak_password::WeakPassword;

#[cfg(any(test, feature = "mock"))]
pub use {password::MockPasswordHasher, port::MockUserQueries, port::MockUserRepo};

#[cfg(test)]
mod tests;
