//! Whether a report is worth an investigation: what is new since the last one, and what is done.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::{evaluate::Evaluation, money::Sums, settings::Settings};
use crate::{
    cost::{
        finding::Origin,
        money::{Amount, Discounts},
    },
    ledger::{CostFindings, CostRun, Saying},
};

/// By how much an amount must have grown to be news.
const GROWTH: f64 = 1.2;

/// What was reported before.
#[derive(Clone, Debug)]
pub enum Past {
    /// What the ledger says.
    Known {
        /// Which reports were made.
        run: CostRun,
        /// What they said, by shard.
        findings: BTreeMap<u64, CostFindings>,
    },
    /// The ledger could not be read: nothing is known.
    Away,
}

/// What is new, and what is done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// Whether that is worth an incident.
    pub is_worth_it: bool,
    /// The findings that were not reported yet, or have grown, by their place among all.
    pub new: HashSet<usize>,
    /// The sums of these.
    pub sums: Sums,
    /// What was reported and is found no more: how many of how many, and what that saves.
    pub done: Option<Done>,
    /// Whether nothing is known of the past.
    pub past_is_unknown: bool,
}

/// What was reported and is found no more.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// How many.
    pub count: usize,
    /// Of how many that were reported.
    pub of: usize,
    /// What they would have saved, as it was reported.
    pub sums: Sums,
}

/// Compares what is found with what was reported.
pub fn news(evaluation: &Evaluation, past: &Past, settings: &Settings, at: Timestamp) -> News {
    let findings = &evaluation.findings;
    let new: HashSet<usize> = (0..findings.len())
        .filter(|index| {
            let finding = &findings[*index];
            match past.said(&finding.key.hash(&finding.kind)) {
                None => true,
                Some(said) => finding.amount.as_ref().is_some_and(|it| said.is_news(it)),
            }
        })
        .collect();
    let amounts = new.iter().filter_map(|it| findings[*it].amount.as_ref());
    let sums = Sums::of(amounts);
    let has_unpriced = new.iter().any(|it| findings[*it].amount.is_none());
    let every = SignedDuration::from_hours(24 * i64::from(settings.cost.report_every_days));
    // A day's run is never at exactly the same second.
    let every = every - SignedDuration::from_hours(1);
    let is_due = past
        .last_report()
        .is_none_or(|last| at.duration_since(last) >= every);
    let is_enough = !sums.is_empty() && sums.largest() >= settings.cost.report_from;
    News {
        is_worth_it: !new.is_empty() && (is_enough || has_unpriced && is_due),
        new,
        sums,
        done: past.done(evaluation),
        past_is_unknown: matches!(past, Past::Away),
    }
}

impl Saying {
    /// Whether an amount is news after what was said: it has grown, its currency is another, or it was not known.
    /// Before and after discounts are not compared: the one says nothing of the other.
    fn is_news(&self, now: &Amount) -> bool {
        let Some((before, currency)) = &self.amount else {
            return true;
        };
        if *currency != now.currency {
            return true;
        }
        let is_alike = self.discounts.is_none_or(|it| it == now.discounts.letter());
        is_alike && now.value > 0.0 && now.value >= before * GROWTH
    }

    /// The amount, as it was reported.
    fn amount(&self) -> Option<Amount> {
        let (value, currency) = self.amount.as_ref()?;
        let discounts = self.discounts.map(Discounts::of_letter);
        Amount::new(*value, currency, discounts.unwrap_or(Discounts::Unknown))
    }

    /// Whether this was said by somebody who could not say everything this time. What was noted without its origin may
    /// be anybody's.
    fn is_hidden_by(&self, (who, region): &(Origin, Option<String>)) -> bool {
        let is_its = self.origins.is_empty() || self.origins.contains(who.letter());
        is_its && region.as_ref().is_none_or(|it| *it == self.region)
    }

    /// Whether all who said so are turned off since.
    fn is_of_nobody_but(&self, off: &[Origin]) -> bool {
        let is_off = |letter| off.iter().any(|it| it.letter() == letter);
        !self.origins.is_empty() && self.origins.chars().all(is_off)
    }
}

impl Past {
    fn said(&self, hash: &str) -> Option<&Saying> {
        let Self::Known { run, findings } = self else {
            return None;
        };
        let shard = findings.get(&CostFindings::shard(hash))?;
        let saying = shard.said.get(hash)?.holds(run)?;
        (!saying.is_done).then_some(saying)
    }

    fn last_report(&self) -> Option<Timestamp> {
        match self {
            Self::Known { run, .. } => run.last_report(),
            Self::Away => None,
        }
    }

    /// Everything that holds, by its hash, but what is done.
    fn all(&self) -> impl Iterator<Item = (&String, &Saying)> {
        let (run, findings) = match self {
            Self::Known { run, findings } => (Some(run), Some(findings)),
            Self::Away => (None, None),
        };
        let said = findings.into_iter().flat_map(BTreeMap::values);
        said.flat_map(|it| &it.said)
            .filter_map(move |(hash, it)| Some((hash, it.holds(run?)?)))
            .filter(|(_, it)| !it.is_done)
    }

    /// What was reported and is found no more, where everybody who said so was asked and answered.
    fn resolved<'a>(
        &'a self,
        evaluation: &'a Evaluation,
    ) -> impl Iterator<Item = (&'a String, &'a Saying)> {
        let found: HashSet<String> = evaluation
            .findings
            .iter()
            .map(|it| it.key.hash_of_resource())
            .collect();
        let undecided = evaluation.undecided.clone();
        let silent = evaluation.silent();
        self.all().filter(move |(_, it)| {
            !found.contains(&it.resource)
                && !undecided.contains(&it.resource)
                && !silent.iter().any(|silent| it.is_hidden_by(silent))
                && !it.is_of_nobody_but(&evaluation.off)
        })
    }

    fn done(&self, evaluation: &Evaluation) -> Option<Done> {
        let of: HashSet<&str> = self.all().map(|(_, it)| it.resource.as_str()).collect();
        let mut seen = HashSet::new();
        let mut sums = Sums::default();
        for (_, it) in self.resolved(evaluation) {
            if seen.insert(it.resource.as_str())
                && let Some(amount) = it.amount()
            {
                sums.add(&amount);
            }
        }
        let count = seen.len();
        let of = of.len();
        (count > 0).then_some(Done { count, of, sums })
    }

    /// What a report says, by shard, for the ledger: what is found, and what is done.
    pub(super) fn sayings(
        &self,
        evaluation: &Evaluation,
        report: &str,
    ) -> BTreeMap<u64, Vec<(String, Saying)>> {
        let mut sayings = BTreeMap::<u64, Vec<(String, Saying)>>::new();
        let mut say = |hash: String, saying| {
            let shard = sayings.entry(CostFindings::shard(&hash)).or_default();
            shard.push((hash, saying));
        };
        for finding in &evaluation.findings {
            let amount = finding.amount.as_ref();
            let saying = Saying {
                report: report.to_owned(),
                resource: finding.key.hash_of_resource(),
                region: finding.region.clone(),
                amount: amount.map(|it| (it.value, it.currency.clone())),
                discounts: amount.map(|it| it.discounts.letter()),
                origins: finding.origins.iter().map(|it| it.letter()).collect(),
                is_done: false,
            };
            say(finding.key.hash(&finding.kind), saying);
        }
        for (hash, it) in self.resolved(evaluation) {
            let saying = Saying {
                report: report.to_owned(),
                is_done: true,
                ..it.clone()
            };
            say(hash.clone(), saying);
        }
        sayings
    }
}
