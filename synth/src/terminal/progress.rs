//! How far something is that takes its time.

use super::Terminal;

/// How far something is that takes its time: at a terminal in one line that changes, elsewhere in a line
/// for every tenth. What is over soon needs none.
#[derive(Debug)]
pub(crate) struct Progress {
    terminal: Terminal,
    what: String,
    tenths: usize,
    /// Of how many these are tenths.
    total: usize,
}

impl Progress {
    /// `what` comes before the numbers.
    pub(crate) fn new(terminal: Terminal, what: String) -> Self {
        Self {
            terminal,
            what,
            tenths: 0,
            total: 0,
        }
    }

    /// Says that so many of so many are done.
    #[expect(clippy::print_stderr, reason = "the one place for messages")]
    pub(crate) fn show(&mut self, done: usize, total: usize) {
        if total < 100 {
            return;
        }
        let tenths = done * 10 / total;
        if total > self.total {
            // All of what there seemed to be is not all any more.
            self.tenths = self.tenths.min(9);
            self.total = total;
        }
        if self.terminal.interactive {
            eprint!("\r{} {done} of {total}", self.what);
        } else if tenths > self.tenths {
            self.terminal
                .say(&format!("{} {done} of {total}", self.what));
        }
        self.tenths = tenths.max(1);
    }

    /// Ends the line that changes.
    pub(crate) fn end(self) {
        if self.terminal.interactive && self.tenths > 0 {
            self.terminal.say("");
        }
    }
}
