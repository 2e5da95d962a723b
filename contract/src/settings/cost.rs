//! What the cost report is about, and what is worth a report.

use super::{InvalidVariable, Variable, Variables, variable::TIME_ZONE};

const ACTUAL_COSTS: &str = "ACTUAL_COSTS";
const IDLE_BELOW_MEGABYTES: &str = "IDLE_BELOW_MEGABYTES";
const IDLE_BELOW_PERCENT: &str = "IDLE_BELOW_PERCENT";
const IGNORE_TAG: &str = "IGNORE_TAG";
const IGNORE_TAG_VALUE: &str = "IGNORE_TAG_VALUE";
const LOOKBACK_DAYS: &str = "LOOKBACK_DAYS";
const MAX_METRICS: &str = "MAX_METRICS";
const OWNER_TAGS: &str = "OWNER_TAGS";
const REPORT_EVERY_DAYS: &str = "REPORT_EVERY_DAYS";
const REPORT_FROM: &str = "REPORT_FROM";
const SOURCES: &str = "COST_SOURCES";

/// What `cost` goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct CostSettings {
    /// Where findings come from.
    pub sources: CostSources,
    /// How many days of metrics are looked at.
    pub lookback_days: u32,
    /// An instance whose CPU never reached this is idle, in percent.
    pub idle_below_percent: f64,
    /// An instance whose traffic of a day never reached this is idle, in megabytes.
    pub idle_below_megabytes: f64,
    /// The key and the value of the tag of what is left out.
    pub ignore_tag: (String, String),
    /// The keys of the tags that name an owner, the best first.
    pub owner_tags: Vec<String>,
    /// How many metrics a report asks CloudWatch for at most.
    pub max_metrics: u32,
    /// Whether Cost Explorer is asked what the findings have cost.
    pub actual_costs: bool,
    /// Savings in a month that are worth an incident.
    pub report_from: f64,
    /// Days between incidents on findings without an amount.
    pub report_every_days: u32,
    /// The time zone whose days the days are: a name of the IANA database, such as `Europe/Berlin`.
    pub time_zone: String,
}

/// Where findings of the report come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostSources {
    /// Cost Optimization Hub.
    pub hub: bool,
    /// Compute Optimizer.
    pub optimizer: bool,
    /// Metrics of instances, volumes and addresses, as Tocsin reads them.
    pub metrics: bool,
}

/// What holds unless the account file says otherwise.
impl Default for CostSettings {
    fn default() -> Self {
        Self {
            sources: CostSources {
                hub: true,
                optimizer: true,
                metrics: true,
            },
            lookback_days: 14,
            idle_below_percent: 5.0,
            idle_below_megabytes: 5.0,
            ignore_tag: ("tocsin".to_owned(), "ignore".to_owned()),
            owner_tags: vec!["owner".to_owned(), "team".to_owned()],
            max_metrics: 10_000,
            actual_costs: false,
            report_from: 50.0,
            report_every_days: 7,
            time_zone: "UTC".to_owned(),
        }
    }
}

impl CostSources {
    fn named(self) -> [(&'static str, bool); 3] {
        let Self {
            hub,
            optimizer,
            metrics,
        } = self;
        [
            ("cost-optimization-hub", hub),
            ("compute-optimizer", optimizer),
            ("metrics", metrics),
        ]
    }
}

impl CostSettings {
    /// The variables of the environment that say so.
    pub fn to_env(&self) -> Vec<Variable> {
        let sources = self.sources.named().into_iter();
        let sources = sources.filter_map(|(name, is_on)| is_on.then_some(name));
        let (ignore_tag, ignore_tag_value) = &self.ignore_tag;
        let variables = [
            (
                ACTUAL_COSTS,
                if self.actual_costs { "true" } else { "" }.to_owned(),
            ),
            (SOURCES, sources.collect::<Vec<_>>().join(",")),
            (IDLE_BELOW_MEGABYTES, self.idle_below_megabytes.to_string()),
            (IDLE_BELOW_PERCENT, self.idle_below_percent.to_string()),
            (IGNORE_TAG, ignore_tag.clone()),
            (IGNORE_TAG_VALUE, ignore_tag_value.clone()),
            (LOOKBACK_DAYS, self.lookback_days.to_string()),
            (MAX_METRICS, self.max_metrics.to_string()),
            (OWNER_TAGS, self.owner_tags.join(",")),
            (REPORT_EVERY_DAYS, self.report_every_days.to_string()),
            (REPORT_FROM, self.report_from.to_string()),
            (TIME_ZONE, self.time_zone.clone()),
        ];
        let is_set = |(_, value): &Variable| !value.is_empty();
        variables.into_iter().filter(is_set).collect()
    }

    /// What the variables of the environment say.
    ///
    /// # Errors
    ///
    /// When one is missing or cannot be read.
    pub fn from_env(variables: &Variables) -> Result<Self, InvalidVariable> {
        let sources = variables.list(SOURCES);
        let is_on = |name: &str| sources.iter().any(|it| it == name);
        let [hub, optimizer, metrics] = CostSources {
            hub: false,
            optimizer: false,
            metrics: false,
        }
        .named()
        .map(|(name, _)| is_on(name));
        Ok(Self {
            sources: CostSources {
                hub,
                optimizer,
                metrics,
            },
            lookback_days: variables.parse(LOOKBACK_DAYS)?,
            idle_below_percent: variables.parse(IDLE_BELOW_PERCENT)?,
            idle_below_megabytes: variables.parse(IDLE_BELOW_MEGABYTES)?,
            ignore_tag: (
                variables.require(IGNORE_TAG)?.to_owned(),
                variables.require(IGNORE_TAG_VALUE)?.to_owned(),
            ),
            owner_tags: variables.list(OWNER_TAGS),
            max_metrics: variables.parse(MAX_METRICS)?,
            actual_costs: variables.get(ACTUAL_COSTS) == Some("true"),
            report_from: variables.parse(REPORT_FROM)?,
            report_every_days: variables.parse(REPORT_EVERY_DAYS)?,
            time_zone: variables.require(TIME_ZONE)?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let other = CostSettings {
            sources: CostSources {
                hub: false,
                optimizer: true,
                metrics: false,
            },
            lookback_days: 30,
            idle_below_percent: 2.5,
            idle_below_megabytes: 0.5,
            ignore_tag: ("purpose".to_owned(), "standby".to_owned()),
            owner_tags: Vec::new(),
            max_metrics: 500,
            actual_costs: true,
            report_from: 0.0,
            report_every_days: 14,
            time_zone: "Europe/Berlin".to_owned(),
        };
        for settings in [CostSettings::default(), other] {
            let variables = settings.to_env().into_iter().collect();
            assert_eq!(CostSettings::from_env(&variables), Ok(settings));
        }
    }
}
