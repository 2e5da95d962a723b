//! Finds the commands that error messages quote: secrets are passed in command lines.

use super::{
    quotes::quoted,
    spans::Spans,
    values::{end_of, for_each},
};

/// Docker writes `exec: "app --dsn .."`, and may repeat the command without quotes.
const QUOTED: &str = "exec: ";

/// CodeBuild writes the command up to `. Reason:`.
const TO_REASON: &[&str] = &[
    "executing command: ",
    "running command: ",
    "execute command: ",
];
pub(super) const REASON: &str = ". Reason:";

/// The shortest command that is looked for again.
const SHORTEST_REPEATED: usize = 4;

pub(super) fn find(text: &str, spans: &mut Spans) {
    let mut repeated = None;
    for_each(text, QUOTED, |begin| {
        let quote = begin + QUOTED.len();
        let Some(command) = quoted(text, quote).map(|it| it.inside) else {
            return quote;
        };
        spans.withhold(command.clone());
        let end = command.end;
        repeated = repeated.take().or(Some(command));
        end
    });
    if let Some(command) = repeated.filter(|it| it.len() >= SHORTEST_REPEATED) {
        let words = &text[command.clone()];
        for (again, _) in text[command.end..].match_indices(words) {
            let again = command.end + again;
            spans.withhold(again..again + words.len());
        }
    }
    for phrase in TO_REASON {
        for_each(text, phrase, |begin| {
            let command = begin + phrase.len();
            let line = end_of(text, command, |byte| byte == b'\n');
            let end = text[command..line]
                .find(REASON)
                .map_or(line, |offset| command + offset);
            spans.withhold(command..end);
            end
        });
    }
}
