//! Which instances are idle. No datapoints mean that nothing is known, never that nothing happened.

use crate::{
    aws::{
        cloudwatch::DailyValues,
        compute_optimizer::{Finding, Recommendation},
        ec2::Instance,
    },
    cost::Thresholds,
};

/// Network traffic of a day over which an instance is in use, in bytes: as Trusted Advisor and
/// Compute Optimizer have it.
const NETWORK_IN_USE: f64 = 5_000_000.0;

/// The tag that takes an instance out of the report, and its value.
const OPT_OUT: (&str, &str) = ("tocsin", "ignore");

/// The result of looking, or why nobody could look.
pub type Looked<T> = Result<T, String>;

/// What was found out about an account's instances.
#[derive(Debug)]
pub struct Facts {
    /// The running instances.
    pub instances: Looked<Vec<Instance>>,
    /// The daily peaks of CPU of each instance that was asked about, by its ID.
    pub peaks: Looked<Vec<(String, DailyValues)>>,
    /// Traffic and mean CPU of each instance whose peaks are low, by its ID.
    pub details: Looked<Vec<(String, Details)>>,
    /// What Compute Optimizer says, and of how many instances it cannot say anything.
    pub recommendations: Looked<(Vec<Recommendation>, usize)>,
}

/// What was asked about an instance whose CPU peaks are low.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// Mean CPU by day, in percent.
    pub means: DailyValues,
    /// Bytes received by day.
    pub received: DailyValues,
    /// Bytes sent by day.
    pub sent: DailyValues,
}

/// What is to be said of an account's instances.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Instances that seem not to be needed.
    pub idle: Vec<Idle>,
    /// Instances of which nothing can be said, and why.
    pub unknown: Vec<(Instance, &'static str)>,
    /// How many are in use.
    pub busy: usize,
    /// How many were left out, and why.
    pub excluded: Vec<(&'static str, usize)>,
    /// What Compute Optimizer would change.
    pub recommendations: Vec<Recommendation>,
    /// What could not be looked at, and why.
    pub gaps: Vec<String>,
    /// Whether instances or their metrics are among what could not be looked at.
    pub blind: bool,
}

/// An instance that seems not to be needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Idle {
    /// The instance.
    pub instance: Instance,
    /// The highest CPU of any day, in percent.
    pub peak: f64,
    /// The mean CPU, in percent, if it is known.
    pub mean: Option<f64>,
    /// The most traffic of any day, in bytes, if it is known.
    pub traffic: Option<f64>,
    /// Of how many days there are datapoints.
    pub days: usize,
}

/// Why an instance is not judged by its own use, if so.
pub(super) fn excluded(instance: &Instance) -> Option<&'static str> {
    if instance.tag(OPT_OUT.0) == Some(OPT_OUT.1) {
        Some("tagged tocsin=ignore")
    } else if instance.spot {
        Some("Spot instances")
    } else if instance.tag("aws:autoscaling:groupName").is_some() {
        Some("members of an Auto Scaling group")
    } else if is_container_host(instance) {
        Some("hosts of containers")
    } else {
        None
    }
}

fn is_container_host(instance: &Instance) -> bool {
    instance.tags.iter().any(|(key, _)| {
        key == "AmazonECSManaged"
            || key == "aws:eks:cluster-name"
            || key.starts_with("kubernetes.io/cluster/")
    })
}

/// Whether all of an instance's daily peaks are low, and there are enough of them to say so.
pub(super) fn low_peak(
    values: &DailyValues,
    thresholds: Thresholds,
) -> Result<Option<f64>, &'static str> {
    let Some(values) = values else {
        return Err("CloudWatch could not answer");
    };
    if values.is_empty() {
        return Err("no datapoints");
    }
    let enough = thresholds
        .lookback_days
        .div_ceil(2)
        .max(2)
        .min(thresholds.lookback_days);
    if values.len() < enough as usize {
        return Err("too few days of datapoints");
    }
    let peak = values.iter().copied().fold(f64::MIN, f64::max);
    Ok((peak < thresholds.idle_below_percent).then_some(peak))
}

/// Judges every instance.
pub fn judge(facts: Facts, thresholds: Thresholds) -> Judgement {
    let mut out = Judgement::default();
    let mut gap = |what: &str, why: &str| out.gaps.push(format!("{what}: {why}"));
    let instances = facts.instances.unwrap_or_else(|why| {
        gap("the running instances", &why);
        Vec::new()
    });
    let peaks = facts.peaks.unwrap_or_else(|why| {
        gap("the CPU of instances", &why);
        Vec::new()
    });
    let details = facts.details.unwrap_or_else(|why| {
        gap("the network traffic of instances", &why);
        Vec::new()
    });
    out.blind = !out.gaps.is_empty();
    match facts.recommendations {
        Ok((recommendations, errors)) => {
            if errors > 0 {
                out.gaps.push(format!(
                    "Compute Optimizer: it could not say anything of {errors} instances"
                ));
            }
            out.recommendations = recommendations
                .into_iter()
                .filter(|it| {
                    it.idle
                        || matches!(
                            it.finding,
                            Finding::OverProvisioned | Finding::UnderProvisioned
                        )
                })
                .collect();
        }
        Err(why) => out.gaps.push(format!("Compute Optimizer: {why}")),
    }
    for instance in instances {
        if let Some(why) = excluded(&instance) {
            match out.excluded.iter_mut().find(|(reason, _)| *reason == why) {
                Some((_, count)) => *count += 1,
                None => out.excluded.push((why, 1)),
            }
            continue;
        }
        let values = peaks
            .iter()
            .find(|(id, _)| *id == instance.id)
            .map(|(_, values)| values);
        match values.map_or(Err("its CPU was not looked at"), |values| {
            low_peak(values, thresholds)
        }) {
            Err(why) => out.unknown.push((instance, why)),
            Ok(None) => out.busy += 1,
            Ok(Some(peak)) => {
                let days = values.and_then(Option::as_ref).map_or(0, Vec::len);
                let known = details.iter().find(|(id, _)| *id == instance.id);
                let idle = idle(instance, peak, days, known.map(|(_, details)| details));
                if idle.traffic.is_some_and(|traffic| traffic > NETWORK_IN_USE) {
                    out.busy += 1;
                } else {
                    out.idle.push(idle);
                }
            }
        }
    }
    out
}

fn idle(instance: Instance, peak: f64, days: usize, details: Option<&Details>) -> Idle {
    let highest = |values: &DailyValues| {
        values
            .as_ref()
            .filter(|it| !it.is_empty())
            .map(|it| it.iter().copied().fold(0.0, f64::max))
    };
    let mean = details
        .and_then(|it| it.means.as_ref())
        .filter(|it| !it.is_empty())
        .map(|it| {
            #[expect(clippy::cast_precision_loss, reason = "a few days")]
            let count = it.len() as f64;
            it.iter().sum::<f64>() / count
        });
    let traffic = details.and_then(|it| Some(highest(&it.received)? + highest(&it.sent)?));
    Idle {
        instance,
        peak,
        mean,
        traffic,
        days,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLDS: Thresholds = Thresholds {
        lookback_days: 14,
        idle_below_percent: 5.0,
    };

    fn instance(id: &str, tags: &[(&str, &str)]) -> Instance {
        Instance {
            id: id.to_owned(),
            instance_type: "m7g.large".to_owned(),
            launched: None,
            spot: false,
            tags: tags
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands where an answer does")]
    fn days(value: f64, count: usize) -> DailyValues {
        Some(vec![value; count])
    }

    fn facts(instances: Vec<Instance>, peaks: Vec<(&str, DailyValues)>) -> Facts {
        Facts {
            instances: Ok(instances),
            peaks: Ok(peaks
                .into_iter()
                .map(|(id, values)| (id.to_owned(), values))
                .collect()),
            details: Ok(Vec::new()),
            recommendations: Ok((Vec::new(), 0)),
        }
    }

    #[test]
    fn no_datapoints_are_unknown_and_never_idle() {
        let instances = ["quiet", "young", "failed", "unasked", "idle", "spiky"];
        let judged = judge(
            facts(
                instances.iter().map(|id| instance(id, &[])).collect(),
                vec![
                    ("quiet", days(0.0, 0)),
                    ("young", days(0.0, 6)),
                    ("failed", None),
                    ("idle", days(1.0, 7)),
                    ("spiky", Some([vec![0.1; 13], vec![40.0]].concat())),
                ],
            ),
            THRESHOLDS,
        );
        let unknown: Vec<(&str, &str)> = judged
            .unknown
            .iter()
            .map(|(it, why)| (it.id.as_str(), *why))
            .collect();
        assert_eq!(
            unknown,
            [
                ("quiet", "no datapoints"),
                ("young", "too few days of datapoints"),
                ("failed", "CloudWatch could not answer"),
                ("unasked", "its CPU was not looked at"),
            ]
        );
        let idle: Vec<&str> = judged
            .idle
            .iter()
            .map(|it| it.instance.id.as_str())
            .collect();
        assert_eq!((idle, judged.busy), (vec!["idle"], 1));
    }

    #[test]
    fn traffic_is_use() {
        let mut facts = facts(
            vec![instance("proxy", &[]), instance("idle", &[])],
            vec![("proxy", days(1.0, 14)), ("idle", days(1.0, 14))],
        );
        let details = |bytes| Details {
            means: days(0.5, 14),
            received: days(bytes, 14),
            sent: days(bytes, 14),
        };
        facts.details = Ok(vec![
            ("proxy".to_owned(), details(9e6)),
            ("idle".to_owned(), details(1e3)),
        ]);
        let judged = judge(facts, THRESHOLDS);
        assert_eq!(judged.busy, 1);
        assert_eq!(judged.idle[0].traffic, Some(2e3));
        assert_eq!(judged.idle[0].mean, Some(0.5));
    }

    #[test]
    fn what_scales_by_itself_is_left_out() {
        let spot = Instance {
            spot: true,
            ..instance("spot", &[])
        };
        let judged = judge(
            facts(
                vec![
                    spot,
                    instance("asg", &[("aws:autoscaling:groupName", "web")]),
                    instance("eks", &[("kubernetes.io/cluster/prod", "owned")]),
                    instance("ecs", &[("AmazonECSManaged", "")]),
                    instance("mine", &[("tocsin", "ignore")]),
                ],
                Vec::new(),
            ),
            THRESHOLDS,
        );
        assert!(judged.idle.is_empty() && judged.unknown.is_empty());
        assert_eq!(
            judged.excluded,
            [
                ("Spot instances", 1),
                ("members of an Auto Scaling group", 1),
                ("hosts of containers", 2),
                ("tagged tocsin=ignore", 1),
            ]
        );
    }

    #[test]
    fn what_could_not_be_looked_at_is_said() {
        let judged = judge(
            Facts {
                instances: Err("UnauthorizedOperation".to_owned()),
                peaks: Ok(Vec::new()),
                details: Ok(Vec::new()),
                recommendations: Err("OptInRequiredException".to_owned()),
            },
            THRESHOLDS,
        );
        assert!(judged.blind);
        assert_eq!(
            judged.gaps,
            [
                "the running instances: UnauthorizedOperation",
                "Compute Optimizer: OptInRequiredException"
            ]
        );
    }
}
