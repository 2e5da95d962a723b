//! What is shown to a person. Data goes to standard output, the rest to standard error.

use std::io::{self, IsTerminal as _, Write as _};

use crate::error::Error;

/// The two streams of a run, and whether a person is at the other end.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Whether messages may have colours.
    pub color: bool,
    /// Whether questions can be asked.
    pub interactive: bool,
}

impl Terminal {
    /// The terminal that this process runs in. `no_color` is the value of `NO_COLOR`, if it is set.
    pub fn of_process(no_color: Option<&str>) -> Self {
        let color = io::stderr().is_terminal() && no_color.is_none_or(str::is_empty);
        Self {
            color,
            interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
        }
    }

    /// Prints a line of data.
    pub fn data(&self, line: &str) {
        // A reader that goes away (`| head`) is no error.
        let _ = self.try_data(line);
    }

    /// Prints a line of data, and says whether there still is somebody who reads it.
    #[must_use]
    pub fn try_data(&self, line: &str) -> bool {
        writeln!(io::stdout().lock(), "{line}").is_ok()
    }

    /// Asks a question that is answered by yes or no. Anything but a yes is a no.
    pub fn confirm(&self, question: &str) -> Result<bool, Error> {
        if !self.interactive {
            return Err(Error::NobodyToAsk);
        }
        let answer = self.answer(&format!("{question} [y/N] "))?;
        let answer = answer.unwrap_or_default().to_ascii_lowercase();
        Ok(matches!(answer.as_str(), "y" | "yes"))
    }

    /// Asks a question that is answered by a line of text; nothing where the input ends instead.
    #[expect(clippy::print_stderr, reason = "the one place for questions")]
    pub fn answer(&self, question: &str) -> Result<Option<String>, Error> {
        eprint!("{question}");
        // Where this fails there is nobody to see the question.
        drop(io::stderr().flush());
        let mut answer = String::new();
        let length = io::stdin()
            .read_line(&mut answer)
            .map_err(|source| Error::Input { source })?;
        Ok((length > 0).then(|| answer.trim().to_owned()))
    }

    /// Prints a line for a person.
    #[expect(clippy::print_stderr, reason = "the one place for messages")]
    pub fn say(&self, line: &str) {
        eprintln!("{line}");
    }
}

/// How far something is that takes its time: at a terminal in one line that changes, elsewhere in a line
/// for every tenth. What is over soon needs none.
#[derive(Debug)]
pub(crate) struct Progress {
    terminal: Terminal,
    what: String,
    tenths: usize,
}

impl Progress {
    /// `what` comes before the numbers.
    pub(crate) fn new(terminal: Terminal, what: String) -> Self {
        Self {
            terminal,
            what,
            tenths: 0,
        }
    }

    /// Says that so many of so many are done.
    #[expect(clippy::print_stderr, reason = "the one place for messages")]
    pub(crate) fn show(&mut self, done: usize, total: usize) {
        if total < 100 {
            return;
        }
        let tenths = done * 10 / total;
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
