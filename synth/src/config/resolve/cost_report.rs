//! The report on spend that may not be needed.

use std::{collections::BTreeMap, ops::Range};

use contract::Partition;
use stacks::monitor::{CostReport, CostSources, IdlePercent, LookbackDays};

use super::{Resolver, items};
use crate::config::{field::Field, file};

/// Characters of a tag's key and value at most. Source: "Tag naming limits and requirements" in the guide on
/// tagging AWS resources.
const TAG: (usize, usize) = (128, 256);

/// A region outside the commercial partition, if there is one: services of billing are in that partition only.
fn elsewhere(regions: &[String]) -> Option<&String> {
    let is_elsewhere = |it: &&String| {
        let partition = Partition::of_any_region(it);
        partition.name != Partition::COMMERCIAL.name
    };
    regions.iter().find(is_elsewhere)
}

impl Resolver<'_> {
    pub(super) fn cost_report(
        &mut self,
        span: &Range<usize>,
        report: file::CostReport,
        regions: &[String],
    ) -> Option<CostReport> {
        self.require(span, &[("at", report.at.missing)]);
        let at = self.time_of_day(&report.at);
        let time_zone = self.time_zone(report.time_zone.as_ref());
        let sources = self.cost_sources(report.sources.as_ref(), regions);
        let lookback_days = self.checked(report.lookback_days.as_ref(), 14, |days| {
            if days > 63 {
                Some((
                    format!("`{days}` days: CloudWatch keeps five-minute datapoints for 63"),
                    "use 7 to 63",
                ))
            } else if days < 7 {
                Some((
                    format!("`{days}` days: what is used once a week would be idle"),
                    "use 7 to 63",
                ))
            } else {
                None
            }
        });
        let idle_below_percent = self.checked(report.idle_below_percent.as_ref(), 5.0, |percent| {
            (!(percent > 0.0 && percent <= 100.0)).then(|| {
                let hint = "use a number over 0, and at most 100";
                (format!("`{percent}` is not a share of a CPU"), hint)
            })
        });
        let megabytes = report.idle_below_megabytes.as_ref();
        let idle_below_megabytes = self.checked(megabytes, 5.0, |megabytes| {
            (!(megabytes > 0.0 && megabytes <= 1e9)).then(|| {
                let message = format!("`{megabytes}` megabytes: nothing, or anything, is idle");
                (message, "use a number over 0, such as 5")
            })
        });
        let report_from = self.checked(report.report_from.as_ref(), 50.0, |amount| {
            (!(0.0..=1e9).contains(&amount)).then(|| {
                let message = format!("`{amount}` is not an amount that can be saved in a month");
                (message, "use 0 or more, such as 50")
            })
        });
        let max_metrics = self.checked(report.max_metrics.as_ref(), 10_000, |count| {
            (count > 1_000_000).then(|| {
                let message = format!("`{count}` metrics are over 10 dollars a day");
                (message, "use at most 1000000")
            })
        });
        let report_every_days = match report.report_every.as_ref() {
            Some(field) => self.parsed(field, "use `1 day` to `90 days`", days),
            None => Some(7),
        };
        let actual_costs = report.actual_costs.as_ref();
        let actual_costs = actual_costs.filter(|it| it.value == Some(true));
        if let (Some(field), Some(region)) = (actual_costs, elsewhere(regions)) {
            let message = format!("Cost Explorer is not asked about `{region}`");
            let hint = "leave out `actual-costs`: it is for the commercial regions";
            self.error(&field.span, message, hint);
        }
        let ignore_tag = self.ignore_tag(report.ignore_tag);
        let owner_tags = match &report.owner_tags {
            Some(_) => items(report.owner_tags)
                .iter()
                .filter_map(|it| self.tag_key(it))
                .collect(),
            None => ["owner", "team"].map(str::to_owned).into(),
        };
        Some(CostReport {
            at: at?,
            time_zone: time_zone?.name.to_owned(),
            regions: regions.to_vec(),
            sources: sources?,
            lookback_days: LookbackDays::new(lookback_days?)?,
            idle_below: IdlePercent::new(idle_below_percent?)?,
            idle_below_megabytes: idle_below_megabytes?,
            ignore_tag: ignore_tag?,
            owner_tags,
            max_metrics: max_metrics?,
            actual_costs: actual_costs.is_some(),
            report_from: report_from?,
            report_every_days: report_every_days?,
        })
    }

    /// The value of a field, or the default where there is none; nothing where it is wrong.
    pub(super) fn checked<T: Copy>(
        &mut self,
        field: Option<&Field<T>>,
        default: T,
        wrong: impl FnOnce(T) -> Option<(String, &'static str)>,
    ) -> Option<T> {
        let Some(field) = field else {
            return Some(default);
        };
        let value = field.value?;
        match wrong(value) {
            Some((message, hint)) => {
                self.error(&field.span, message, hint);
                None
            }
            None => Some(value),
        }
    }

    /// Only the regions that are open to everybody have the hub.
    fn cost_sources(
        &mut self,
        sources: Option<&Field<Vec<Field<file::CostSource>>>>,
        regions: &[String],
    ) -> Option<CostSources> {
        let elsewhere = elsewhere(regions);
        let Some(field) = sources else {
            return Some(CostSources {
                hub: elsewhere.is_none(),
                optimizer: true,
                metrics: true,
            });
        };
        let sources = field.value.as_ref()?;
        if sources.is_empty() {
            let hint = "name one of `cost-optimization-hub`, `compute-optimizer` and `metrics`, or leave out \
                        the key for all";
            self.error(
                &field.span,
                "a cost report without sources finds nothing",
                hint,
            );
            return None;
        }
        let find = |wanted| sources.iter().find(|it| it.value == Some(wanted));
        let hub = find(file::CostSource::CostOptimizationHub);
        if let (Some(hub), Some(region)) = (hub, elsewhere) {
            let message = format!("there is no Cost Optimization Hub for `{region}`");
            self.error(&hub.span, message, "leave it out");
            return None;
        }
        Some(CostSources {
            hub: hub.is_some(),
            optimizer: find(file::CostSource::ComputeOptimizer).is_some(),
            metrics: find(file::CostSource::Metrics).is_some(),
        })
    }

    fn ignore_tag(
        &mut self,
        tag: Option<Field<BTreeMap<String, Field<String>>>>,
    ) -> Option<(String, String)> {
        let Some(field) = tag else {
            return Some(("tocsin".to_owned(), "ignore".to_owned()));
        };
        let mut tags = field.value?.into_iter();
        match (tags.next(), tags.next()) {
            (Some((key, value)), None) if is_tag_key(&key) => {
                let value = value.value?;
                let fits = (1..=TAG.1).contains(&value.chars().count());
                if !fits {
                    let message = format!("the value of the tag `{key}` has 1 to 256 characters");
                    self.error(&field.span, message, "");
                }
                fits.then_some((key, value))
            }
            _ => {
                let hint = "write one key and its value, such as `{tocsin: ignore}`";
                self.error(&field.span, "this names no tag, or several", hint);
                None
            }
        }
    }

    fn tag_key(&mut self, field: &Field<String>) -> Option<String> {
        let key = field.value.as_ref()?;
        if !is_tag_key(key) {
            let message = format!("`{key}` is not a key of a tag");
            let hint = "keys have at most 128 letters, digits, spaces and `+-=._:/@`";
            self.error(&field.span, message, hint);
            return None;
        }
        Some(key.clone())
    }
}

fn is_tag_key(key: &str) -> bool {
    let may = |it: char| it.is_alphanumeric() || it == ' ' || "+-=._:/@".contains(it);
    // A slash at the end would make it the beginning of keys.
    (1..=TAG.0).contains(&key.chars().count()) && key.chars().all(may) && !key.ends_with('/')
}

/// `7 days`
fn days(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is not a number of days");
    let (number, unit) = text.split_once(' ').ok_or_else(wrong)?;
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let is_unit = unit == "days" || (unit == "day" && number == 1);
    if is_unit && (1..=90).contains(&number) {
        Ok(number)
    } else {
        Err(wrong())
    }
}
