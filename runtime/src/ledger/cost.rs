//! What the cost report remembers: which reports were made, and what was said of which resource.
//!
//! One item, the run, says which reports exist; the others hold findings, each with the report that it is
//! in. A finding counts as reported only if the run names that report. So one write decides, however many
//! items the findings take.

use std::collections::BTreeMap;

use contract::IncidentId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many items the findings are spread over, by their hash: ten thousand of them fit well.
pub const SHARDS: u64 = 16;
/// Findings of an item at most: under 380 kB of the 400 kB that DynamoDB allows.
const PER_SHARD: usize = 1_050;

/// What became of the last run, and which reports were made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostRun {
    /// The time that the last run was scheduled for.
    pub scheduled: Timestamp,
    /// How often that run was tried.
    pub tries: u32,
    /// The reports of the last 90 days.
    pub reports: Vec<CostReported>,
    /// A report that is made, and not known to be queued.
    pub pending: Option<PendingCost>,
    /// When Cost Explorer was last asked what findings have cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs_asked: Option<Timestamp>,
    /// Why runs were incomplete when people were last notified of that.
    pub notified: Vec<String>,
}

/// A report that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostReported {
    /// Its incident.
    pub id: IncidentId,
    /// When it was made.
    pub at: Timestamp,
}

/// A report that is made, and not known to be queued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingCost {
    /// Its incident.
    pub id: IncidentId,
    /// The message to queue.
    pub body: String,
}

/// What was said of some resources, by the hash of the resource and what was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostFindings {
    /// Since when it is as it is.
    pub at: Timestamp,
    /// What was said.
    pub said: BTreeMap<String, Said>,
}

/// What was said of a resource, and what before that: which of them holds depends on the reports that exist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The last.
    #[serde(rename = "n")]
    pub now: Saying,
    /// The one before, if its report was made.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Saying>,
}

/// What a report said of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saying {
    /// The report; empty where the resource is done, and nothing is remembered of it.
    #[serde(rename = "r")]
    pub report: String,
    /// The hash of the resource, whatever was found.
    #[serde(rename = "k")]
    pub resource: String,
    /// The region of the resource.
    #[serde(rename = "g")]
    pub region: String,
    /// What it would have saved in a month, if that was known, and in which currency.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<(f64, String)>,
    /// Whether that is after (`a`) or before (`b`) discounts; nothing where the report did not note it.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub discounts: Option<char>,
    /// Who said so: the hub (`h`), Compute Optimizer (`o`), metrics (`m`); empty where the report did not note it.
    #[serde(rename = "o", default, skip_serializing_if = "String::is_empty")]
    pub origins: String,
    /// Whether it is done since: nothing is found about the resource any more.
    #[serde(rename = "d", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_done: bool,
}

impl CostRun {
    /// Whether a report was made.
    pub fn has_made(&self, id: &str) -> bool {
        self.reports.iter().any(|it| it.id.as_str() == id)
    }

    /// When the last report was made.
    pub fn last_report(&self) -> Option<Timestamp> {
        self.reports.iter().map(|it| it.at).max()
    }
}

impl Said {
    /// What holds, given the reports that were made.
    pub fn holds(&self, run: &CostRun) -> Option<&Saying> {
        [Some(&self.now), self.before.as_ref()]
            .into_iter()
            .flatten()
            .find(|it| run.has_made(&it.report))
    }
}

impl CostFindings {
    /// Which of the items a hash belongs to.
    pub fn shard(hash: &str) -> u64 {
        let first = hash
            .get(..2)
            .and_then(|it| u64::from_str_radix(it, 16).ok());
        first.unwrap_or_default() % SHARDS
    }

    /// Notes what a report says, before it is made. What holds of other reports stays beside it; what holds
    /// of none is forgotten.
    pub fn note(&mut self, sayings: impl IntoIterator<Item = (String, Saying)>, run: &CostRun) {
        let mut said = BTreeMap::new();
        for (hash, it) in std::mem::take(&mut self.said) {
            if let Some(now) = it.holds(run).cloned() {
                said.insert(hash, Said { now, before: None });
            }
        }
        for (hash, now) in sayings {
            if said.len() >= PER_SHARD && !said.contains_key(&hash) {
                continue;
            }
            let before = said.remove(&hash).map(|it| it.now);
            said.insert(hash, Said { now, before });
        }
        self.said = said;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saying(report: &str) -> Saying {
        Saying {
            report: report.to_owned(),
            resource: "r".to_owned(),
            region: "eu-central-1".to_owned(),
            amount: Some((12.5, "USD".to_owned())),
            discounts: None,
            origins: String::new(),
            is_done: false,
        }
    }

    /// As the version before wrote it.
    #[test]
    fn what_was_noted_without_its_origin_is_still_read() {
        let old = r#"{"r":"1","k":"r","g":"eu-central-1","a":[12.5,"USD"]}"#;
        assert_eq!(serde_json::from_str::<Saying>(old).unwrap(), saying("1"));
    }

    fn run(reports: &[&IncidentId]) -> CostRun {
        let made = |id: &&IncidentId| CostReported {
            id: (*id).clone(),
            at: Timestamp::UNIX_EPOCH,
        };
        CostRun {
            reports: reports.iter().map(made).collect(),
            ..CostRun::default()
        }
    }

    #[test]
    fn what_a_report_says_holds_once_it_is_made() {
        let [first, second] = ["1", "2"].map(|it| IncidentId::of("cost", &[it]));
        let mut findings = CostFindings::default();
        let note = |it: &IncidentId| [("hash".to_owned(), saying(it.as_str()))];
        findings.note(note(&first), &run(&[]));
        assert_eq!(findings.said["hash"].holds(&run(&[])), None);
        findings.note(note(&second), &run(&[&first]));
        let said = &findings.said["hash"];
        let holds = |reports: &[&IncidentId]| said.holds(&run(reports)).cloned();
        assert_eq!(holds(&[&first]), Some(saying(first.as_str())));
        assert_eq!(holds(&[&first, &second]), Some(saying(second.as_str())));
        assert_eq!(holds(&[]), None);
        // After 90 days no report is known any more.
        findings.note([], &run(&[]));
        assert!(findings.said.is_empty());
    }

    #[test]
    fn a_full_shard_fits_an_item_of_dynamodb() {
        let report = IncidentId::of("cost", &["x"]);
        let long = Saying {
            resource: "0".repeat(16),
            region: "ap-southeast-99".to_owned(),
            amount: Some((123_456_789.123_456_7, "USD".to_owned())),
            discounts: Some('u'),
            origins: "hom".to_owned(),
            is_done: true,
            ..saying(report.as_str())
        };
        let sayings = || (0..50_000).map(|it| (format!("{it:016x}"), long.clone()));
        let mut findings = CostFindings::default();
        findings.note(sayings(), &run(&[&report]));
        findings.note(sayings(), &run(&[&report]));
        assert_eq!(findings.said.len(), PER_SHARD);
        assert!(serde_json::to_string(&findings).unwrap().len() < 380_000);
    }
}
