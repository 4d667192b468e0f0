//! Writes that are not sent at once, but in a later statement of their unit.

use std::fmt;

use diesel::pg::Pg;
use diesel::query_builder::QueryFragment;
use diesel_async::RunQueryDsl as _;
use fm_domain::error::{PortError, PortResult};
use uuid::Uuid;

use super::PgUnitOfWork;
use crate::lease::BEGIN;
use crate::sql::{Called, Together, Write};

/// How many writes are deferred at most: an import has any number of them, and each number is a text of its own.
const MOST_DEFERRED: usize = 4;

/// The table that a deferred write changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Blobs,
    Drives,
    Keys,
    Uploads,
    Versions,
    AuditEntries,
}

/// A write that was not sent yet.
pub(super) struct Deferred {
    target: Target,
    form: Form,
    /// The one row that it is about, where that is known.
    row: Option<Uuid>,
    write: Write,
}

impl Deferred {
    fn new(target: Target, form: Form, write: impl QueryFragment<Pg> + Send + Sync + 'static) -> Self {
        Self { target, form, row: None, write: Box::new(write) }
    }

    /// Whether one may be about what the other does. Entries of the audit trail never are.
    fn may_meet(&self, other: &Self) -> bool {
        let are_apart = self.row.is_some() && other.row.is_some() && self.row != other.row;
        self.target == other.target && self.target != Target::AuditEntries && !are_apart
    }
}

/// What a deferred write looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// It adds rows.
    Insert,
    /// It adds a row, and takes a condition behind it: `INSERT … SELECT …`.
    InsertSelect,
    /// It changes rows that are there, and so may wait for the locks of others.
    Change,
}

impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deferred")
            .field("target", &self.target)
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

impl PgUnitOfWork {
    /// Defers an insert whose caller only wants to know that it does not fail.
    pub(crate) async fn defer_insert(
        &mut self,
        target: Target,
        insert: impl QueryFragment<Pg> + Send + Sync + 'static,
    ) -> PortResult<()> {
        self.defer(Deferred::new(target, Form::Insert, insert)).await
    }

    /// The same for one of the form `INSERT … SELECT …` without a condition.
    pub(crate) async fn defer_insert_select(
        &mut self,
        target: Target,
        insert: impl QueryFragment<Pg> + Send + Sync + 'static,
    ) -> PortResult<()> {
        self.defer(Deferred::new(target, Form::InsertSelect, insert)).await
    }

    /// Defers a change of rows that are there, whose caller does not ask how many there were.
    pub(crate) async fn defer_change(
        &mut self,
        target: Target,
        change: impl QueryFragment<Pg> + Send + Sync + 'static,
    ) -> PortResult<()> {
        self.defer(Deferred::new(target, Form::Change, change)).await
    }

    /// The same for a change of this row alone, which may go with changes of other rows of its table.
    pub(crate) async fn defer_change_of(
        &mut self,
        target: Target,
        row: Uuid,
        change: impl QueryFragment<Pg> + Send + Sync + 'static,
    ) -> PortResult<()> {
        self.defer(Deferred { row: Some(row), ..Deferred::new(target, Form::Change, change) }).await
    }

    /// No two go together of which one may be about what the other does.
    async fn defer(&mut self, deferred: Deferred) -> PortResult<()> {
        if !self.lease.is_sound() {
            return Err(PortError::Poisoned);
        }
        let meets = self.deferred.iter().any(|other| other.may_meet(&deferred));
        if meets || self.deferred.len() >= MOST_DEFERRED {
            self.begin_by(BEGIN).await?;
            self.send_deferred().await?;
        }
        self.deferred.push(deferred);
        Ok(())
    }

    fn defers(&self, target: Target) -> bool {
        self.deferred.iter().any(|deferred| deferred.target == target)
    }

    /// The statement, to be run, with the deferred writes in it. It is about none of their tables.
    pub(crate) fn together<Q>(&mut self, statement: Q) -> Together<Q> {
        let writes = self.deferred.drain(..).map(|deferred| deferred.write).collect();
        Together { writes, last: statement, has_queries: false }
    }

    /// The same for a statement about a table: deferred writes to that are sent before.
    pub(crate) async fn together_on<Q>(&mut self, target: Target, statement: Q) -> PortResult<Together<Q>> {
        if self.defers(target) {
            self.begin_by(BEGIN).await?;
            self.send_deferred().await?;
        }
        Ok(self.together(statement))
    }

    /// The same for a statement about these tables that begins with queries of its own, without the word before them.
    pub(crate) async fn together_with_queries<Q>(
        &mut self,
        targets: &[Target],
        statement: Q,
    ) -> PortResult<Together<Q>> {
        if targets.iter().any(|target| self.defers(*target)) {
            self.begin_by(BEGIN).await?;
            self.send_deferred().await?;
        }
        Ok(Together { has_queries: true, ..self.together(statement) })
    }

    /// The same for a statement that locks the row of a user, who may have others waiting for it: the unit has that row for as short as can
    /// be. The locks of one statement are taken in the order that the server likes: writes that wait for locks are sent before, or two
    /// units might wait for each other.
    pub(crate) async fn together_last<Q>(&mut self, statement: Q) -> PortResult<Together<Q>> {
        if self.deferred.iter().any(|deferred| deferred.form == Form::Change) {
            self.begin_by(BEGIN).await?;
            self.send_deferred().await?;
        }
        Ok(self.together(statement))
    }

    /// The same for one that begins with queries of its own, without the word before them, and is about these tables.
    pub(crate) async fn together_last_with_queries<Q>(
        &mut self,
        targets: &[Target],
        statement: Q,
    ) -> PortResult<Together<Q>> {
        let waits = |other: &Deferred| other.form == Form::Change || targets.contains(&other.target);
        if self.deferred.iter().any(waits) {
            self.begin_by(BEGIN).await?;
            self.send_deferred().await?;
        }
        Ok(Together { has_queries: true, ..self.together(statement) })
    }

    /// Whether every deferred write can be made by the call of a unit of one call: a row is added only where the call changes one.
    pub(super) fn goes_with_a_call(&self) -> bool {
        self.deferred.iter().all(|deferred| deferred.form != Form::Insert)
    }

    /// Whether there are deferred writes and all of them add rows: where a statement that adds them is run twice, the second run meets
    /// the rows of the first.
    pub(crate) fn only_adds_rows(&self) -> bool {
        !self.deferred.is_empty() && self.deferred.iter().all(|deferred| deferred.form != Form::Change)
    }

    /// The call with the deferred writes.
    pub(super) fn with_call<Q>(&mut self, call: Q) -> Called<Q> {
        let writes = self.deferred.drain(..);
        let writes = writes.map(|Deferred { form, write, .. }| (write, form == Form::InsertSelect)).collect();
        Called { call, writes }
    }

    /// All deferred writes as one statement.
    pub(super) fn all_deferred(&mut self) -> Option<Together<Write>> {
        let last = self.deferred.pop()?;
        Some(self.together(last.write))
    }

    /// Sends the deferred writes.
    pub(crate) async fn send_deferred(&mut self) -> PortResult<()> {
        let Some(writes) = self.all_deferred() else { return Ok(()) };
        self.lease.run(|connection| writes.execute(connection)).await.map(|_count| ())
    }
}
