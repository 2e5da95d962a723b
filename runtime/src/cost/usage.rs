//! Whether an instance is idle by its own metrics. No datapoints mean that nothing is known, never that
//! nothing happened.
//!
//! Idle is what Compute Optimizer calls idle: on each of 14 days the highest CPU is under 5 % and the
//! traffic under 5 MB. Source: "Create a spend limit" in the AWS Settings user guide.

use serde::Serialize;

use contract::CostSettings;

/// The value of each day of the period, from the first to the last, where there is one.
pub type Days = Vec<Option<f64>>;

/// What was asked about an instance, or why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// The highest CPU of each day, in percent.
    pub peaks: Result<Days, &'static str>,
    /// The mean CPU of each day, in percent.
    pub means: Days,
    /// The bytes that came and went on each day. Only asked where the CPU is low.
    pub traffic: Result<Days, &'static str>,
}

/// What an instance's own metrics say of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Assessment {
    /// It does nothing.
    Idle(Evidence),
    /// It does something; on only one day, if so.
    InUse {
        /// Whether it would be idle but for one day.
        on_one_day: bool,
    },
    /// That cannot be said, for this reason.
    Unknown(&'static str),
}

/// What a finding rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The highest CPU, in percent.
    pub peak_percent: Option<f64>,
    /// The mean CPU, in percent.
    pub mean_percent: Option<f64>,
    /// The most traffic of a day, in megabytes.
    pub megabytes_a_day: Option<f64>,
    /// Of how many days there is data.
    pub days: Option<usize>,
    /// How many days were looked at.
    pub lookback_days: Option<f64>,
    /// When AWS made the recommendation, as `2026-01-02`.
    pub refreshed: Option<String>,
    /// What else there is to say.
    pub notes: Vec<String>,
}

/// Whether the traffic of an instance is worth asking for: its CPU alone does not say that it is in use on
/// more than one day.
pub(super) fn needs_traffic(peaks: &Days, thresholds: &CostSettings) -> bool {
    let over = over(peaks, thresholds.idle_below_percent);
    over == 0 && is_covered(peaks) || over == 1
}

/// Assesses an instance. Where CPU credits can limit it (`is_burstable`), a threshold over 5 % says nothing.
pub(super) fn assess(usage: &Usage, is_burstable: bool, thresholds: &CostSettings) -> Assessment {
    let percent = thresholds.idle_below_percent;
    let peaks = match &usage.peaks {
        Ok(peaks) => peaks,
        Err(why) => return Assessment::Unknown(why),
    };
    let cpu_over = over(peaks, percent);
    if cpu_over > 1 {
        return Assessment::InUse { on_one_day: false };
    }
    let bytes = thresholds.idle_below_megabytes * 1e6;
    let traffic_of = |day: usize| match &usage.traffic {
        Ok(traffic) => traffic.get(day).copied().flatten(),
        Err(_) => None,
    };
    let known = || (0..peaks.len()).filter_map(|day| Some((day, peaks[day]?)));
    let over = known()
        .filter(|(day, peak)| *peak >= percent || traffic_of(*day).is_some_and(|it| it >= bytes))
        .count();
    let traffic_is_known = known().all(|(day, _)| traffic_of(day).is_some());
    if over > 0 {
        let on_one_day = over == 1 && traffic_is_known && is_covered(peaks);
        return Assessment::InUse { on_one_day };
    }
    if !is_covered(peaks) {
        return Assessment::Unknown("too few days of CPU datapoints");
    }
    if !traffic_is_known {
        let why = usage.traffic.as_ref().err();
        return Assessment::Unknown(why.copied().unwrap_or("its traffic is not known"));
    }
    let highest = |values: &mut dyn Iterator<Item = f64>| values.reduce(f64::max);
    let peak = highest(&mut known().map(|(_, peak)| peak));
    if is_burstable && percent > 5.0 && peak.is_some_and(|it| it >= 5.0) {
        return Assessment::Unknown("burstable: only a peak under 5 % says that it is idle");
    }
    let means: Vec<f64> = usage.means.iter().copied().flatten().collect();
    #[expect(clippy::cast_precision_loss, reason = "at most 63 days")]
    let mean = (!means.is_empty()).then(|| means.iter().sum::<f64>() / means.len() as f64);
    #[expect(clippy::cast_precision_loss, reason = "at most 63 days")]
    let lookback_days = Some(peaks.len() as f64);
    Assessment::Idle(Evidence {
        peak_percent: peak,
        mean_percent: mean,
        megabytes_a_day: highest(&mut known().filter_map(|(day, _)| traffic_of(day)))
            .map(|it| it / 1e6),
        days: Some(known().count()),
        lookback_days,
        ..Evidence::default()
    })
}

fn over(days: &Days, limit: f64) -> usize {
    days.iter().flatten().filter(|it| **it >= limit).count()
}

/// Whether the days with data are enough to speak of all: the first, the last, and 10 of 14. A launch time
/// would not do, as a stop and a start renew it.
fn is_covered(days: &Days) -> bool {
    let known = days.iter().flatten().count();
    let ends = matches!(days.as_slice(), [Some(_), .., Some(_)]);
    ends && known * 14 >= days.len() * 10
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thresholds(percent: f64) -> CostSettings {
        CostSettings {
            idle_below_percent: percent,
            ..CostSettings::default()
        }
    }

    fn usage(peaks: Days, traffic: Days) -> Usage {
        Usage {
            means: peaks.iter().map(|it| it.map(|it| it / 2.0)).collect(),
            peaks: Ok(peaks),
            traffic: Ok(traffic),
        }
    }

    fn all(value: f64) -> Days {
        vec![Some(value); 14]
    }

    fn but(mut days: Days, changes: &[(usize, Option<f64>)]) -> Days {
        for (day, value) in changes {
            days[*day] = *value;
        }
        days
    }

    #[track_caller]
    fn check(peaks: Days, traffic: Days, expected: &str) {
        let assessment = assess(&usage(peaks, traffic), false, &thresholds(5.0));
        let word = match assessment {
            Assessment::Idle(_) => "idle",
            Assessment::InUse { on_one_day: true } => "in use on one day",
            Assessment::InUse { on_one_day: false } => "in use",
            Assessment::Unknown(why) => why,
        };
        assert_eq!(word, expected);
    }

    #[test]
    fn an_instance_is_idle_if_it_is_on_each_day() {
        check(all(4.9), all(4.9e6), "idle");
        check(all(5.0), all(0.0), "in use");
        check(all(1.0), all(5e6), "in use");
        // A nightly job, and one that ran once.
        check(all(60.0), all(0.0), "in use");
        check(
            but(all(1.0), &[(3, Some(60.0))]),
            all(0.0),
            "in use on one day",
        );
        check(
            all(1.0),
            but(all(0.0), &[(3, Some(6e6))]),
            "in use on one day",
        );
        check(
            but(all(1.0), &[(2, Some(60.0))]),
            but(all(0.0), &[(3, Some(6e6))]),
            "in use",
        );
        check(
            but(all(1.0), &[(3, Some(60.0))]),
            but(all(0.0), &[(3, Some(6e6))]),
            "in use on one day",
        );
    }

    #[test]
    fn without_data_of_enough_days_an_instance_is_unknown() {
        let few = "too few days of CPU datapoints";
        check(vec![None; 14], all(0.0), few);
        check(but(all(1.0), &[(0, None)]), all(0.0), few);
        check(but(all(1.0), &[(13, None)]), all(0.0), few);
        let gaps: Vec<(usize, Option<f64>)> = (4..9).map(|day| (day, None)).collect();
        check(but(all(1.0), &gaps), all(0.0), few);
        check(but(all(1.0), &gaps[1..]), all(0.0), "idle");
        // A week old, and busy since.
        let young: Vec<(usize, Option<f64>)> = (0..7).map(|day| (day, None)).collect();
        check(but(all(1.0), &young), all(0.0), few);
        check(but(all(80.0), &young), all(0.0), "in use");
    }

    #[test]
    fn without_traffic_an_instance_is_unknown() {
        let unknown = "its traffic is not known";
        check(all(1.0), vec![None; 14], unknown);
        check(all(1.0), but(all(0.0), &[(5, None)]), unknown);
        // Of a day without CPU it does not matter.
        check(
            but(all(1.0), &[(5, None)]),
            but(all(0.0), &[(5, None)]),
            "idle",
        );
        let denied = Usage {
            traffic: Err("CloudWatch: Forbidden"),
            ..usage(all(1.0), vec![])
        };
        let assessment = assess(&denied, false, &thresholds(5.0));
        assert_eq!(assessment, Assessment::Unknown("CloudWatch: Forbidden"));
        let failed = Usage {
            peaks: Err("CloudWatch: InternalError"),
            ..usage(vec![], vec![])
        };
        let assessment = assess(&failed, false, &thresholds(5.0));
        assert_eq!(assessment, Assessment::Unknown("CloudWatch: InternalError"));
    }

    #[test]
    fn a_burstable_instance_may_be_throttled() {
        let assess =
            |peak, burstable| assess(&usage(all(peak), all(0.0)), burstable, &thresholds(20.0));
        assert!(matches!(assess(10.0, true), Assessment::Unknown(_)));
        assert!(matches!(assess(10.0, false), Assessment::Idle(_)));
        assert!(matches!(assess(4.0, true), Assessment::Idle(_)));
    }

    #[test]
    fn the_evidence_says_of_how_many_days_it_speaks() {
        let peaks = but(all(1.0), &[(5, None), (6, Some(3.0))]);
        let assessment = assess(&usage(peaks, all(2e6)), false, &thresholds(5.0));
        let Assessment::Idle(evidence) = assessment else {
            panic!("not idle")
        };
        assert_eq!(evidence.days, Some(13));
        assert_eq!(evidence.lookback_days, Some(14.0));
        assert_eq!(evidence.peak_percent, Some(3.0));
        assert_eq!(evidence.megabytes_a_day, Some(2.0));
    }

    #[test]
    fn traffic_is_asked_for_where_it_decides() {
        let needs = |peaks: Days| needs_traffic(&peaks, &thresholds(5.0));
        assert!(needs(all(1.0)) && needs(but(all(1.0), &[(3, Some(60.0))])));
        assert!(!needs(all(60.0)) && !needs(vec![None; 14]));
    }
}
