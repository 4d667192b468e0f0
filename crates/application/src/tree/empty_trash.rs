//! The trash is emptied.

use std::time::Duration;

use super::context::Context;
use super::error::TreeError;
use super::operations::{OperationView, accept};
use super::purge_work::PurgeWork;
use super::work::Work;
use crate::engine::retry::retry_conflicts;
use crate::ports::{Ports, Settings};
use fm_domain::access::{Access, Actor, Right};
use fm_domain::tree::{Delta, OperationKind};

/// What goes from the trash.
#[derive(Debug, Clone, Copy)]
pub struct EmptyTrashCommand {
    /// Only what was put there so many days ago.
    pub older_than_days: Option<u32>,
}

/// Empties the trash by an operation.
pub struct EmptyTrash {
    context: Context,
}

impl EmptyTrash {
    pub(crate) fn new(ports: &Ports, settings: &Settings) -> Self {
        Self { context: Context::new(ports, settings) }
    }

    /// The operation that removes all that is in the trash now, and no more than that.
    pub async fn run(&self, actor: &Actor, command: EmptyTrashCommand) -> Result<OperationView, TreeError> {
        let access = actor.access(Right::Delete)?;
        let context = self.context.by(actor);
        retry_conflicts(|| begin(&context, &access, command)).await
    }
}

async fn begin(
    context: &Context,
    access: &Access,
    command: EmptyTrashCommand,
) -> Result<OperationView, TreeError> {
    const DAY: Duration = Duration::from_hours(24);
    let now = context.clock.now();
    let before = match command.older_than_days {
        Some(days) => now.minus(DAY.saturating_mul(days)),
        // What is put there in this very moment is there already.
        None => now.plus(Duration::from_micros(1)),
    };
    let (unit, _) = context.enter(access.drive(), &Delta::default()).await?;
    let left = (Work::Purge(PurgeWork::new(before)), None);
    accept(context, unit, access, OperationKind::EmptyTrash, 0, left).await
}

#[cfg(test)]
mod tests;
