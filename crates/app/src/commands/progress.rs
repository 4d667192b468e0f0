//! What a long command shows while it works: on standard error, and only where that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A turning sign with the time that has passed. It goes when this is dropped.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Begins to show `what` is going on.
    pub(super) fn of(what: &'static str) -> Self {
        let bar = ProgressBar::new_spinner().with_message(what);
        let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Shows something else from now on.
    pub(super) fn show(&self, what: String) {
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
