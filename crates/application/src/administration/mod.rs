//! What admins do over HTTP and operators by commands: look for users, suspend them, give them roles and quotas, remove them, and
//! look after jobs and the trail.
//!
//! An admin's role is asked for at each request, and again in the unit of what they change: the admins of that unit are
//! locked, and no admin changes their own standing, so that one is left whatever admins do to each other at once.

mod administrator;
mod authorize;
mod change_user;
mod create_user;
#[cfg(test)]
mod fixture;
mod list_jobs;
mod list_trail;
mod list_users;
mod pages;
mod remove_user;
mod reset_password;
mod retry_job;
mod show_stats;
mod show_user;

pub use administrator::{Administrator, NotAllowed};
pub use authorize::Authorize;
pub use change_user::{ChangeUser, ChangeUserError, QuotaChange, UserChanges};
pub use create_user::{CreateUser, CreateUserCommand};
pub use list_jobs::{JobPage, ListJobsCommand, ListJobsForAdmins};
pub use list_trail::{ListTrail, ListTrailCommand, TrailPage};
pub use list_users::{ListUsers, ListUsersCommand, UserPage};
pub use pages::PageError;
pub use remove_user::RemoveUser;
pub use reset_password::{ResetPassword, ResetPasswordError};
pub use retry_job::{RetryJobError, RetryJobForAdmins};
pub use show_stats::{ShowStats, Statistics};
pub use show_user::{ShowUser, ShowUserError};

use crate::jobs::JobRegistry;
use crate::ports::{Ports, Settings};

/// The use cases of administration.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct Administration {
    pub authorize: Authorize,
    pub list_users: ListUsers,
    pub show_user: ShowUser,
    pub create_user: CreateUser,
    pub change_user: ChangeUser,
    pub reset_password: ResetPassword,
    pub remove_user: RemoveUser,
    pub stats: ShowStats,
    pub jobs: ListJobsForAdmins,
    pub retry_job: RetryJobForAdmins,
    pub trail: ListTrail,
}

impl Administration {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, settings: &Settings, registry: &JobRegistry) -> Self {
        Self {
            authorize: Authorize::new(ports),
            list_users: ListUsers::new(ports, settings),
            show_user: ShowUser::new(ports, settings),
            create_user: CreateUser::new(ports, settings),
            change_user: ChangeUser::new(ports, settings),
            reset_password: ResetPassword::new(ports, settings),
            remove_user: RemoveUser::new(ports),
            stats: ShowStats::new(ports),
            jobs: ListJobsForAdmins::new(ports, registry),
            retry_job: RetryJobForAdmins::new(ports, settings, registry),
            trail: ListTrail::new(ports),
        }
    }
}
