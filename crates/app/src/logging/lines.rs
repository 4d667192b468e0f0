//! Lines on their way to standard error, in few writes.
//!
//! A line that comes alone is written at once. While lines come fast, those of some milliseconds leave together: a system call
//! for each would cost as much as the rest of a line. Warnings and errors never wait, and take what waits along.

use std::io::{self, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

/// The longest that a line waits for others.
const LONGEST: Duration = Duration::from_millis(20);

/// Bytes that leave without waiting for more.
const ENOUGH: usize = 64 * 1024;

/// Where lines go. Before the end of the process the waits have to be [ended](Self::end_waits).
#[derive(Clone)]
pub(super) struct Lines {
    waiting: Arc<Waiting>,
}

struct Waiting {
    state: Mutex<State>,
    /// Told when lines begin to wait.
    begun: Condvar,
    /// Locked before the state, so that lines leave in the order in which they came.
    output: Mutex<Output>,
}

struct State {
    text: Vec<u8>,
    /// Whether lines wait for others: from one that was written at once until a while has passed without any, and as long as some leave.
    gathers: bool,
    /// Whether the process may end at any moment: no line waits any more.
    is_ending: bool,
}

struct Output {
    /// Empty between two writes: lines come in while those before leave, without a wait for the system.
    leaving: Vec<u8>,
    sink: Box<dyn io::Write + Send>,
}

impl Lines {
    /// Lines to this output, with a thread that sees to it that none waits long.
    pub(super) fn to(output: impl io::Write + Send + 'static) -> io::Result<Self> {
        let waiting = Arc::new(Waiting {
            state: Mutex::new(State { text: Vec::new(), gathers: false, is_ending: false }),
            begun: Condvar::new(),
            output: Mutex::new(Output { leaving: Vec::new(), sink: Box::new(output) }),
        });
        let lines = Self { waiting: Arc::clone(&waiting) };
        thread::Builder::new().name("log".to_owned()).spawn(move || waiting.write_in_time())?;
        Ok(lines)
    }

    /// Writes what waits, and from now on each line before its thread goes on: the process may end right behind it.
    pub(super) fn end_waits(&self) {
        lock(&self.waiting.state).is_ending = true;
        self.waiting.write();
    }

    /// Adds a whole line. An urgent one is written at once. Where lines come faster than they leave, it waits for the output.
    pub(super) fn add(&self, line: &[u8], is_urgent: bool) {
        let mut state = lock(&self.waiting.state);
        state.text.extend_from_slice(line);
        let has_gathered = std::mem::replace(&mut state.gathers, true);
        let is_due = is_urgent || !has_gathered || state.is_ending || state.text.len() >= ENOUGH;
        drop(state);
        if !has_gathered {
            self.waiting.begun.notify_one();
        }
        if is_due {
            self.waiting.write();
        }
    }
}

impl Waiting {
    fn write(&self) {
        let mut output = lock(&self.output);
        let Output { leaving, sink } = &mut *output;
        std::mem::swap(leaving, &mut lock(&self.state).text);
        // A log whose reader is gone is no reason to stop.
        let _written = sink.write_all(leaving).and_then(|()| sink.flush());
        leaving.clear();
    }

    fn write_in_time(&self) {
        loop {
            self.wait_for_lines();
            thread::sleep(LONGEST);
            if self.has_lines() {
                self.write();
            }
        }
    }

    fn wait_for_lines(&self) {
        let mut state = lock(&self.state);
        while !state.gathers {
            state = self.begun.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether any line came since the last write, or that has not ended. Where neither is so, the next one is written at once.
    fn has_lines(&self) -> bool {
        let mut state = lock(&self.state);
        // Where the reader of the log is slow, no thread that has one more line waits for the lines before.
        let are_leaving = matches!(self.output.try_lock(), Err(TryLockError::WouldBlock));
        state.gathers = are_leaving || !state.text.is_empty();
        state.gathers
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::io;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    use super::{ENOUGH, LONGEST, Lines};

    struct Writes(Sender<Vec<u8>>);

    impl io::Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Lines of which one was written a moment ago.
    fn busy() -> (Lines, Receiver<Vec<u8>>) {
        let (sender, receiver) = channel();
        let lines = Lines::to(Writes(sender)).unwrap();
        lines.add(b"first\n", true);
        assert_eq!(receiver.recv().unwrap(), b"first\n");
        (lines, receiver)
    }

    #[test]
    fn a_line_that_comes_alone_is_written_at_once() {
        let (lines, writes) = busy();
        // The thread that writes in time may be late to see that nothing comes.
        let is_written_at_once = (0..100).any(|_| {
            std::thread::sleep(2 * LONGEST);
            let waiting = writes.try_iter().count();
            lines.add(b"alone\n", false);
            waiting == 0 && writes.try_recv().is_ok()
        });
        assert!(is_written_at_once);
    }

    #[test]
    fn no_line_waits_for_the_next() {
        let (lines, writes) = busy();
        lines.add(b"second\n", false);
        assert_eq!(writes.recv_timeout(Duration::from_mins(2)).unwrap(), b"second\n");
    }

    #[test]
    fn a_warning_takes_what_waits_along() {
        let (lines, writes) = busy();
        lines.add(b"waits\n", false);
        lines.add(b"urgent\n", true);
        let written: Vec<u8> = writes.try_iter().flatten().collect();
        assert_eq!(written, b"waits\nurgent\n");
    }

    #[test]
    fn many_lines_leave_before_their_time() {
        let (lines, writes) = busy();
        let line = vec![b'x'; ENOUGH];
        lines.add(&line, false);
        assert_eq!(writes.try_recv().unwrap(), line);
    }

    /// An output that waits in the middle of each write until it may go on.
    struct Slow {
        begun: Sender<Vec<u8>>,
        may_go_on: Receiver<()>,
    }

    impl io::Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.begun.send(bytes.to_vec()).map_err(io::Error::other)?;
            self.may_go_on.recv().map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_come_in_while_those_before_them_leave_however_slowly() {
        let ((begun, writes), (go_on, may_go_on), (added, is_added)) = (channel(), channel(), channel());
        let lines = &Lines::to(Slow { begun, may_go_on }).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || lines.add(b"first\n", true));
            assert_eq!(writes.recv().unwrap(), b"first\n");
            // Longer than lines wait for others.
            std::thread::sleep(5 * LONGEST);
            scope.spawn(move || {
                lines.add(b"second\n", false);
                added.send(()).unwrap();
            });
            let came_in = is_added.recv_timeout(Duration::from_mins(2)).is_ok();
            go_on.send(()).unwrap();
            go_on.send(()).unwrap();
            assert!(came_in);
        });
        assert_eq!(writes.recv().unwrap(), b"second\n");
    }

    #[test]
    fn the_end_of_the_process_leaves_nothing_behind() {
        let (lines, writes) = busy();
        lines.add(b"last\n", false);
        lines.end_waits();
        assert_eq!(writes.try_recv().unwrap(), b"last\n");
        for late in [b"late\n", b"more\n"] {
            lines.add(late, false);
            assert_eq!(writes.try_recv().unwrap(), late);
        }
    }
}
