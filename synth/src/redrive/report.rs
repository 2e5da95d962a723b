//! What is said of dead letters: a line or two for a person, an object for a program.

use jiff::Timestamp;
use serde_json::json;
use stacks::Json;

use super::{Disposition, Letter};

/// The dead letters of one region.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) region: String,
    /// Each with what became of it, or would.
    pub(crate) letters: Vec<(Letter, Disposition)>,
    /// Whether there are more than one run takes.
    pub(crate) more: bool,
    /// Why the records of failed events could not be read, if so.
    pub(crate) unread: Option<String>,
}

impl Disposition {
    /// The word for it, and what there is to add.
    fn verdict(&self) -> (&'static str, Option<String>) {
        match self {
            Self::Redriven => ("redriven", None),
            Self::Lingers(why) => (
                "redriven",
                Some(format!("it is still among the dead letters: {why}")),
            ),
            Self::WouldRedrive => ("would redrive", None),
            Self::Kept(why) | Self::Stuck(why) => ("kept", Some(why.clone())),
            Self::Skipped => (
                "skipped",
                Some("neither `--only` nor `--id` selects it".to_owned()),
            ),
        }
    }
}

impl Report {
    /// How many of the letters have a disposition like this.
    pub(crate) fn count(&self, is: impl Fn(&Disposition) -> bool) -> usize {
        self.letters
            .iter()
            .filter(|(_, disposition)| is(disposition))
            .count()
    }

    /// Whether all became of the letters that should have.
    pub(crate) fn is_clean(&self) -> bool {
        self.count(|it| matches!(it, Disposition::Stuck(_) | Disposition::Lingers(_))) == 0
            && self.unread.is_none()
    }

    /// Everything, for a program. `reason` is why a letter was kept or skipped, or could not be removed.
    pub(crate) fn to_json(&self) -> Json {
        let letters = self.letters.iter().map(|(letter, disposition)| {
            let (verdict, reason) = disposition.verdict();
            json!({
                "id": letter.id,
                "incidentId": letter.incident_id,
                "kind": letter.kind.as_str(),
                "what": letter.what,
                "since": letter.since.map(contract::format_timestamp),
                "why": letter.why,
                "verdict": verdict,
                "reason": reason,
            })
        });
        json!({
            "region": self.region,
            "letters": letters.collect::<Vec<_>>(),
            "more": self.more,
            "unread": self.unread,
        })
    }

    /// Everything, for a person. What was skipped is only counted.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{}: {}",
            self.region,
            dead_letters(self.letters.len())
        )];
        for (letter, disposition) in &self.letters {
            if *disposition == Disposition::Skipped {
                continue;
            }
            let (verdict, reason) = disposition.verdict();
            lines.push(format!(
                "  {verdict:<13}  {:<10}  {}  {}",
                letter.kind.as_str(),
                since(letter.since),
                letter.what
            ));
            lines.push(format!("      {}: {}", letter.id, letter.why));
            if let Some(reason) = reason {
                lines.push(format!("      {verdict}: {reason}"));
            }
        }
        lines.push(format!("  {}", self.summary()));
        if let Some(why) = &self.unread {
            lines.push(format!(
                "  the records of failed events could not be read: {why}"
            ));
        }
        if self.more {
            lines.push("  there are more than one run takes: run it again for the rest".to_owned());
        }
        lines
    }

    fn summary(&self) -> String {
        let redriven =
            self.count(|it| matches!(it, Disposition::Redriven | Disposition::Lingers(_)));
        let would = self.count(|it| *it == Disposition::WouldRedrive);
        let skipped = self.count(|it| *it == Disposition::Skipped);
        let kept = self.letters.len() - redriven - would - skipped;
        let counts = [
            (redriven, "redriven"),
            (would, "would be redriven"),
            (kept, "kept"),
            (skipped, "skipped"),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if counts.is_empty() {
            "nothing to do".to_owned()
        } else {
            counts.join(", ")
        }
    }
}

fn dead_letters(count: usize) -> String {
    match count {
        1 => "1 dead letter".to_owned(),
        count => format!("{count} dead letters"),
    }
}

fn since(since: Option<Timestamp>) -> String {
    since.map_or("unknown since when".to_owned(), |it| {
        it.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
    })
}
