//! `file-manager user …`

use fm_application::accounts::{AccountView, RegisterError};
use fm_application::administration::{
    Administrator, ChangeUserError, CreateUserCommand, ListUsersCommand, PageError, QuotaChange,
    ResetPasswordError, ShowUserError, UserChanges,
};
use fm_application::sessions::NamedAccount;
use fm_application::wiring::UseCases;
use fm_domain::accounts::Role;
use fm_domain::body::ByteSize;
use fm_domain::error::PortError;
use serde_json::json;

use super::complaints::refuse;
use super::{password, say};
use crate::adapters::Purpose;
use crate::cli::{CreateUserArgs, ListUsersArgs, OneAccount, ResetPasswordArgs, UserCommand};
use crate::config::Config;
use crate::{Program, StartError};

/// How many users are asked for at a time.
const PAGE: u32 = 200;

const BY: Administrator = Administrator::Operator;

/// Runs the command; false when it was refused.
pub(super) async fn run(
    program: &Program,
    config: &Config,
    command: UserCommand,
) -> Result<bool, StartError> {
    let is_look = matches!(command, UserCommand::List(_) | UserCommand::Show(_));
    let purpose = if is_look { Purpose::Look } else { Purpose::Work };
    let wired = program.wire(config, super::public_url(config), purpose).await?;
    let done = act(&wired.use_cases(), command).await;
    wired.shutdown.run().await;
    done
}

async fn act(use_cases: &UseCases, command: UserCommand) -> Result<bool, StartError> {
    let suspended = |suspended| UserChanges { suspended: Some(suspended), ..UserChanges::default() };
    let role = |role| UserChanges { role: Some(role), ..UserChanges::default() };
    match command {
        UserCommand::Create(args) => create(use_cases, args).await,
        UserCommand::List(args) => list(use_cases, args).await,
        UserCommand::Show(args) => {
            let found = find(use_cases, &args.account).await?;
            if let Some(view) = &found {
                show(view, args.json);
            }
            Ok(found.is_some())
        }
        UserCommand::Disable(args) => change(use_cases, &args, suspended(true)).await,
        UserCommand::Enable(args) => change(use_cases, &args, suspended(false)).await,
        UserCommand::Promote(args) => change(use_cases, &args, role(Role::Admin)).await,
        UserCommand::Demote(args) => change(use_cases, &args, role(Role::User)).await,
        UserCommand::SetQuota(args) => {
            let quota = args.quota.map_or(QuotaChange::Default, QuotaChange::Own);
            change(use_cases, &args.user, UserChanges { quota: Some(quota), ..UserChanges::default() }).await
        }
        UserCommand::ResetPassword(args) => reset_password(use_cases, &args).await,
        UserCommand::Remove(args) => remove(use_cases, &args).await,
    }
}

fn failed(source: PortError) -> StartError {
    StartError::Store { what: "the database", source }
}

async fn create(use_cases: &UseCases, args: CreateUserArgs) -> Result<bool, StartError> {
    let password = match password::read(args.password_stdin) {
        Ok(password) => password,
        Err(none) => return Ok(refuse(&none)),
    };
    let CreateUserArgs { email, name, quota, .. } = args;
    let role = if args.admin { Role::Admin } else { Role::User };
    let command = CreateUserCommand { email, password, name, role, quota };
    match use_cases.administration.create_user.run(command).await {
        Ok(view) => show(&view, args.json),
        Err(RegisterError::Store(source)) => return Err(failed(source)),
        Err(
            refusal @ (RegisterError::EmailTaken
            | RegisterError::WeakPassword(_)
            | RegisterError::Busy(_)
            | RegisterError::Closed),
        ) => return Ok(refuse(&refusal)),
    }
    Ok(true)
}

async fn list(use_cases: &UseCases, args: ListUsersArgs) -> Result<bool, StartError> {
    if !args.json {
        say(&format!(
            "{:36}  {:5}  {:9}  {:>20}  {:>8}  {:>20}  address",
            "id", "role", "standing", "used bytes", "files", "quota"
        ));
    }
    let (mut left, mut cursor) = (args.limit, None);
    while left > 0 {
        let limit = u32::try_from(left).unwrap_or(PAGE).min(PAGE);
        let command = ListUsersCommand { address_contains: args.query.clone(), limit, cursor };
        let page = match use_cases.administration.list_users.run(&BY, command).await {
            Ok(page) => page,
            Err(PageError::Store(source)) => return Err(failed(source)),
            Err(refusal @ (PageError::NotAdmin | PageError::InvalidCursor(_))) => {
                return Ok(refuse(&refusal));
            }
        };
        for view in &page.items {
            say(&if args.json { as_json(view) } else { as_line(view) });
        }
        left -= page.items.len() as u64;
        let Some(next) = page.next_cursor else { break };
        cursor = Some(next);
    }
    Ok(true)
}

/// The user, or a refusal that was told.
async fn find(use_cases: &UseCases, account: &NamedAccount) -> Result<Option<AccountView>, StartError> {
    match use_cases.administration.show_user.run(&BY, account).await {
        Ok(view) => Ok(Some(view)),
        Err(ShowUserError::Store(source)) => Err(failed(source)),
        Err(refusal @ (ShowUserError::NotFound | ShowUserError::NotAdmin)) => {
            refuse(&refusal);
            Ok(None)
        }
    }
}

fn refused(error: ChangeUserError) -> Result<bool, StartError> {
    match error {
        ChangeUserError::Store(source) => Err(failed(source)),
        refusal @ (ChangeUserError::NotFound | ChangeUserError::NotAdmin | ChangeUserError::OwnAccount) => {
            Ok(refuse(&refusal))
        }
    }
}

async fn change(use_cases: &UseCases, args: &OneAccount, changes: UserChanges) -> Result<bool, StartError> {
    let Some(found) = find(use_cases, &args.account).await? else { return Ok(false) };
    let user = found.account.user.id;
    match use_cases.administration.change_user.run(&BY, user, changes).await {
        Ok(view) => show(&view, args.json),
        Err(error) => return refused(error),
    }
    Ok(true)
}

async fn reset_password(use_cases: &UseCases, args: &ResetPasswordArgs) -> Result<bool, StartError> {
    // First, so that no operator types a password for no account.
    if find(use_cases, &args.user.account).await?.is_none() {
        return Ok(false);
    }
    let password = match password::read(args.password_stdin) {
        Ok(password) => password,
        Err(none) => return Ok(refuse(&none)),
    };
    match use_cases.administration.reset_password.run(&args.user.account, &password).await {
        Ok(user) if args.user.json => {
            say(&json!({"user": user.to_string(), "password": "reset"}).to_string());
        }
        Ok(user) => say(&format!("{user} has another password, and no session")),
        Err(ResetPasswordError::Store(source)) => return Err(failed(source)),
        Err(
            refusal @ (ResetPasswordError::NotFound
            | ResetPasswordError::WeakPassword(_)
            | ResetPasswordError::Busy(_)),
        ) => return Ok(refuse(&refusal)),
    }
    Ok(true)
}

async fn remove(use_cases: &UseCases, args: &OneAccount) -> Result<bool, StartError> {
    let Some(found) = find(use_cases, &args.account).await? else { return Ok(false) };
    let user = found.account.user.id;
    match use_cases.administration.remove_user.run(&BY, user).await {
        Ok(()) if args.json => say(&json!({"user": user.to_string(), "removed": true}).to_string()),
        Ok(()) => say(&format!("removed {user}; the files follow in the background")),
        Err(error) => return refused(error),
    }
    Ok(true)
}

fn show(view: &AccountView, json: bool) {
    if json {
        return say(&as_json(view));
    }
    let (account, user) = (&view.account, &view.account.user);
    let quota = |quota: Option<ByteSize>| quota.map_or_else(|| "none".to_owned(), |bytes| bytes.to_string());
    let whose = if account.quota.is_some() { "own" } else { "of the configuration" };
    let since = account.suspended_at.map(|since| format!("suspended since {since}"));
    for (name, value) in [
        ("id", user.id.to_string()),
        ("address", user.email.to_string()),
        ("name", user.name.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)),
        ("role", user.role.as_str().to_owned()),
        ("standing", since.unwrap_or_else(|| "active".to_owned())),
        ("created at", user.created_at.to_string()),
        ("files", account.storage.file_count.to_string()),
        ("used", account.storage.used.to_string()),
        ("reserved", account.storage.reserved.to_string()),
        ("quota", format!("{} ({whose})", quota(view.quota))),
    ] {
        say(&format!("{name:12}{value}"));
    }
}

fn as_line(view: &AccountView) -> String {
    let (account, user) = (&view.account, &view.account.user);
    format!(
        "{:36}  {:5}  {:9}  {:>20}  {:>8}  {:>20}  {}",
        user.id.to_string(),
        user.role.as_str(),
        if account.is_suspended() { "suspended" } else { "active" },
        account.storage.used.bytes(),
        account.storage.file_count,
        view.quota.map_or_else(|| "-".to_owned(), |quota| quota.bytes().to_string()),
        user.email,
    )
}

/// As `GET /v1/admin/users/{id}` answers it, with what is reserved and since when it is suspended.
fn as_json(view: &AccountView) -> String {
    let (account, user) = (&view.account, &view.account.user);
    json!({
        "id": user.id.to_string(),
        "email": user.email.as_str(),
        "name": user.name.as_ref().map(fm_domain::accounts::DisplayName::as_str),
        "role": user.role.as_str(),
        "created_at": user.created_at.to_string(),
        "suspended": account.is_suspended(),
        "suspended_at": account.suspended_at.map(|since| since.to_string()),
        "quota_bytes": account.quota.map(ByteSize::bytes),
        "storage": {
            "used_bytes": account.storage.used.bytes(),
            "reserved_bytes": account.storage.reserved.bytes(),
            "file_count": account.storage.file_count,
            "quota_bytes": view.quota.map(ByteSize::bytes),
        },
    })
    .to_string()
}
