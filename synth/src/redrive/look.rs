//! What was found among the dead letters of a region, and what is planned for it.

use std::collections::HashSet;

use super::{
    Disposition, Held, Letter, Receipt, Report, Selection, Stack, Step, Taken, foreseen, plan, read,
};

/// The dead letters of a region, for as long as they are held.
#[derive(Debug)]
pub(crate) struct Look {
    region: String,
    pub(crate) held: Vec<Held>,
    more: bool,
    /// Why the records of failed events could not be read, if so.
    unread: Option<String>,
    /// What was seen before, and is not there any more.
    gone: Vec<Letter>,
}

impl Look {
    /// Understands what was taken, and plans for it.
    pub(crate) fn new(region: &str, taken: Taken, selection: &Selection, stack: &Stack) -> Self {
        let held = taken.messages.into_iter().map(|message| {
            let letter = read(&message);
            let step = plan(&letter, selection, stack);
            Held {
                letter,
                receipt: message.receipt,
                step,
            }
        });
        Self {
            region: region.to_owned(),
            held: held.collect(),
            more: taken.more,
            unread: taken.unread.map(|it| it.to_string()),
            gone: Vec::new(),
        }
    }

    /// How many would go back.
    pub(crate) fn count(&self) -> usize {
        let would_go = |it: &&Held| foreseen(&it.step) == Disposition::WouldRedrive;
        self.held.iter().filter(would_go).count()
    }

    /// By which everything is given back.
    pub(crate) fn receipts(&self) -> Vec<Receipt> {
        self.held.iter().map(|it| it.receipt.clone()).collect()
    }

    /// What would become of each.
    pub(crate) fn foreseen(self) -> Report {
        let dispositions = self.held.iter().map(|it| foreseen(&it.step)).collect();
        self.report(dispositions)
    }

    /// What has become of each, in the order of `held`.
    pub(crate) fn report(self, dispositions: Vec<Disposition>) -> Report {
        let gone = |letter| {
            let why = "gone, or in other hands, when its turn came";
            (letter, Disposition::Kept(why.to_owned()))
        };
        let letters = self.held.into_iter().map(|it| it.letter).zip(dispositions);
        Report {
            region: self.region,
            letters: letters.chain(self.gone.into_iter().map(gone)).collect(),
            more: self.more,
            unread: self.unread,
        }
    }

    /// Plans nothing for what a person has not seen when they said yes.
    pub(crate) fn narrow(&mut self, seen: Report) {
        let known: HashSet<&str> = seen.letters.iter().map(|(it, _)| it.id.as_str()).collect();
        for it in &mut self.held {
            if !known.contains(it.letter.id.as_str()) {
                it.step = Step::Skipped;
            }
        }
        let here: HashSet<&str> = self.held.iter().map(|it| it.letter.id.as_str()).collect();
        let gone = seen.letters.iter().map(|(letter, _)| letter);
        self.gone = gone
            .filter(|it| !here.contains(it.id.as_str()))
            .cloned()
            .collect();
    }
}
