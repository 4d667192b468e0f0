//! What a long command shows while it works: on standard error, and only where that is a terminal.

use std::time::Duration;

use fm_application::administration::Administrator;
use fm_application::wiring::UseCases;
use indicatif::{ProgressBar, ProgressStyle};

/// A turning sign with the time that has passed, or a bar where the end is known. It goes when this is dropped.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Begins to show `what` is going on.
    pub(super) fn of(what: &'static str) -> Self {
        let progress = Self(ProgressBar::new_spinner().with_message(what));
        progress.look_like("{spinner} {msg}, {elapsed}");
        progress.0.enable_steady_tick(Duration::from_millis(200));
        progress
    }

    /// The same for a walk along all files, with a bar: users have counters of their files, so that one question tells how many there
    /// are. Files that come and go meanwhile are not counted, and where nothing is shown or nothing is told there is no bar.
    pub(super) async fn of_all_files(what: &'static str, use_cases: &UseCases) -> Self {
        let progress = Self::of(what);
        if !progress.0.is_hidden()
            && let Ok(counts) = use_cases.administration.stats.run(&Administrator::Operator).await
            && counts.users.storage.file_count > 0
        {
            progress.0.set_length(counts.users.storage.file_count);
            progress.look_like("{bar:30} {percent:>3} % {msg}, {elapsed}");
        }
        progress
    }

    fn look_like(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style);
        }
    }

    /// Shows something else from now on, after so many files.
    pub(super) fn show(&self, files: u64, what: String) {
        self.0.set_position(files);
        self.0.set_message(what);
    }

    /// Writes something meanwhile, without a mixture of both.
    pub(super) fn interrupted(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
