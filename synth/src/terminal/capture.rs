//! What takes the place of a terminal in a test.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What was printed, and what is answered.
#[derive(Debug, Default)]
pub struct Capture(Mutex<Captured>);

#[derive(Debug, Default)]
struct Captured {
    data: String,
    messages: String,
    answers: Option<VecDeque<String>>,
}

impl Capture {
    /// Nobody is there to answer.
    pub fn silent() -> Self {
        Self::default()
    }

    /// Somebody is there, and answers so, one after the other.
    pub fn answering(answers: &[&str]) -> Self {
        let answers = answers.iter().map(|it| (*it).to_owned()).collect();
        Self(Mutex::new(Captured {
            answers: Some(answers),
            ..Captured::default()
        }))
    }

    /// The data that was printed.
    pub fn printed(&self) -> String {
        self.lock().data.clone()
    }

    /// The messages that were printed, and the questions.
    pub fn said(&self) -> String {
        self.lock().messages.clone()
    }

    pub(super) fn can_answer(&self) -> bool {
        self.lock().answers.is_some()
    }

    pub(super) fn data(&self, line: &str) {
        let data = &mut self.lock().data;
        data.push_str(line);
        data.push('\n');
    }

    pub(super) fn say(&self, line: &str) {
        let messages = &mut self.lock().messages;
        messages.push_str(line);
        messages.push('\n');
    }

    pub(super) fn answer(&self, question: &str) -> Option<String> {
        self.say(question);
        self.lock().answers.as_mut()?.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Captured> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
