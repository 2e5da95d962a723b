//! What is shown to a person. Data goes to standard output, the rest to standard error.

mod capture;
mod progress;
mod stop;

use std::io::{self, IsTerminal as _, Write as _};

use tokio::sync::oneshot;

pub use capture::Capture;
pub(crate) use progress::Progress;
pub use stop::{Stop, StopSwitch};

/// Characters of a line at least: IDs fit it.
const WIDTH: usize = 80;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// There is nobody to ask.
    #[error("confirmation required, but standard input is not a terminal")]
    NobodyToAsk,
    /// Standard input could not be read.
    #[error("failed to read from standard input")]
    Read(#[from] io::Error),
}

/// The two streams of a run, and whether a person is at the other end.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Whether messages may have colours.
    pub color: bool,
    /// Whether questions can be asked.
    pub interactive: bool,
    /// What takes the place of the two streams, and of whoever answers, in a test.
    pub capture: Option<&'static Capture>,
}

impl Terminal {
    /// The terminal that this process runs in. `no_color` is the value of `NO_COLOR`, if it is set.
    pub fn of_process(no_color: Option<&str>) -> Self {
        let color = io::stderr().is_terminal() && no_color.is_none_or(str::is_empty);
        Self {
            color,
            interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
            capture: None,
        }
    }

    /// A terminal that is none: what is printed is kept, and questions are answered as was said before.
    pub fn captured(capture: &'static Capture) -> Self {
        Self {
            color: false,
            interactive: capture.can_answer(),
            capture: Some(capture),
        }
    }

    /// Characters of a line of data: as many as the terminal has, and 80 where that is narrower, which then wraps lines
    /// whole, or where data goes elsewhere.
    pub fn width(&self) -> usize {
        let size = match self.capture {
            Some(_) => None,
            None => terminal_size::terminal_size_of(io::stdout()),
        };
        size.map_or(WIDTH, |(width, _)| usize::from(width.0).max(WIDTH))
    }

    /// Prints a line of data.
    pub fn data(&self, line: &str) {
        // A reader that goes away (`| head`) is no error.
        let _ = self.try_data(line);
    }

    /// Prints a line of data, and says whether there still is somebody who reads it.
    #[must_use]
    pub fn try_data(&self, line: &str) -> bool {
        if let Some(capture) = self.capture {
            capture.data(line);
            return true;
        }
        writeln!(io::stdout().lock(), "{line}").is_ok()
    }

    /// Asks a question that is answered by yes or no. Anything but a yes is a no.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool, InputError> {
        if !self.interactive {
            return Err(InputError::NobodyToAsk);
        }
        let answer = self.answer(&format!("{question} [y/N] "))?;
        let answer = answer.unwrap_or_default().to_ascii_lowercase();
        Ok(matches!(answer.as_str(), "y" | "yes"))
    }

    /// The same, where an interrupt is a no. While a line is read nothing else would notice it, so that is
    /// done on a thread of its own, which ends with the process.
    pub(crate) async fn confirm_unless_stopped(
        self,
        question: String,
        stop: &Stop,
    ) -> Result<bool, InputError> {
        // There is nobody to wait for.
        if !self.interactive || self.capture.is_some() {
            return Ok(!stop.is_given() && self.confirm(&question)?);
        }
        let (sender, answer) = oneshot::channel();
        std::thread::spawn(move || drop(sender.send(self.confirm(&question))));
        tokio::select! {
            answer = answer => answer.unwrap_or(Ok(false)),
            () = stop.given() => {
                self.say("");
                Ok(false)
            }
        }
    }

    /// Asks a question that is answered by a line of text; nothing where the input ends instead.
    #[expect(clippy::print_stderr, reason = "the one place for questions")]
    pub(crate) fn answer(&self, question: &str) -> Result<Option<String>, InputError> {
        if let Some(capture) = self.capture {
            return Ok(capture.answer(question));
        }
        eprint!("{question}");
        // Where this fails there is nobody to see the question.
        drop(io::stderr().flush());
        let mut answer = String::new();
        let length = io::stdin().read_line(&mut answer)?;
        Ok((length > 0).then(|| answer.trim().to_owned()))
    }

    /// Says what went wrong, each cause of it, and what to do about it.
    pub fn report(self, error: &dyn std::error::Error, hint: Option<&str>) {
        self.say(&format!("error: {error}"));
        let mut cause = error.source();
        while let Some(inner) = cause {
            self.say(&format!("  caused by: {inner}"));
            cause = inner.source();
        }
        if let Some(hint) = hint {
            self.say(&format!("\nhint: {hint}"));
        }
    }

    /// Prints a line for a person.
    #[expect(clippy::print_stderr, reason = "the one place for messages")]
    pub fn say(&self, line: &str) {
        match self.capture {
            Some(capture) => capture.say(line),
            None => eprintln!("{line}"),
        }
    }
}
