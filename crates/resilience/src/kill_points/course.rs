//! What a scenario makes of a drive: all of it, or nothing.

use super::invariants::DriveState;
use super::{Actors, Environment};

/// What the drive is before a scenario, and what it becomes where nothing fails.
#[derive(Debug, Default)]
pub(super) struct Course {
    before: DriveState,
    after: DriveState,
}

impl Course {
    /// Remembers what the drive is before.
    pub(super) async fn begin(&mut self, environment: &Environment, actors: &Actors) -> Result<(), String> {
        self.before = DriveState::of(environment, actors).await?;
        Ok(())
    }

    /// Remembers what it has become.
    pub(super) async fn end(&mut self, environment: &Environment, actors: &Actors) -> Result<(), String> {
        self.after = DriveState::of(environment, actors).await?;
        Ok(())
    }

    /// An error unless the drive is the one or the other.
    pub(super) async fn is_whole(&self, environment: &Environment, actors: &Actors) -> Result<(), String> {
        let state = DriveState::of(environment, actors).await?;
        if state == self.before || state == self.after {
            return Ok(());
        }
        let apart = state.apart_from(&self.after);
        Err(format!("the drive is neither what it was nor what it becomes: {apart}"))
    }
}
