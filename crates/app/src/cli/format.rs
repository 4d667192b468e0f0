//! Which commands answer in JSON.

use super::{Command, ConfigCommand, Jobs, SessionCommand, UserCommand};

impl Command {
    /// Whether the answer was asked for as JSON.
    #[must_use]
    pub const fn answers_in_json(&self) -> bool {
        match self {
            Self::User { command } => of_user(command),
            Self::Session { command: SessionCommand::List(args) } | Self::EndSessions(args) => args.json,
            Self::Session { command: SessionCommand::Revoke(args) } => args.user.json,
            Self::Config { command: ConfigCommand::Check { json } | ConfigCommand::Show { json } }
            | Self::Migrate { json, .. }
            | Self::Jobs { command: Jobs::List { json, .. } } => *json,
            Self::Jobs { command: Jobs::Retry(args) | Jobs::Discard(args) } => args.json,
            Self::Audit(args) => args.json,
            Self::Health(args) => args.json,
            Self::Sweep(args) => args.json,
            Self::Verify(args) => args.json,
            Self::MoveBlobs(args) => args.json,
            Self::Export(args) => args.json,
            Self::Import(args) => args.json,
            Self::Doctor(args) => args.json,
            Self::Serve(_) | Self::Worker | Self::Openapi | Self::Completions { .. } | Self::Man { .. } => {
                false
            }
        }
    }
}

const fn of_user(command: &UserCommand) -> bool {
    match command {
        UserCommand::Create(args) => args.json,
        UserCommand::List(args) => args.json,
        UserCommand::Show(args)
        | UserCommand::Disable(args)
        | UserCommand::Enable(args)
        | UserCommand::Promote(args)
        | UserCommand::Demote(args)
        | UserCommand::Remove(args) => args.json,
        UserCommand::SetQuota(args) => args.user.json,
        UserCommand::ResetPassword(args) => args.user.json,
    }
}
