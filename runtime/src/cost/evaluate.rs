//! From what was read to what is found: one finding a resource, and each resource in one place.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    exclude,
    facts::{Facts, Gap, RegionFacts, What},
    finding::{Finding, Kind, Origin, ResourceKey, plain},
    instance_type::{is_accelerated, is_burstable, is_mac},
    money::Sums,
    recommended,
    settings::Settings,
    usage::{Assessment, Evidence, assess},
};
use crate::aws::ec2::{Instance, Tags};

/// How long an instance must be stopped before its volumes are a finding.
pub(super) const LONG_STOPPED: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What is to be said of an account. Every resource that was seen is listed, excluded, unknown or in use.
#[derive(Debug, Default)]
pub struct Evaluation {
    /// What is found, the largest amount first.
    pub findings: Vec<Finding>,
    /// How many resources were left out, by reason.
    pub excluded: BTreeMap<String, usize>,
    /// Of how many instances nothing can be said, by reason.
    pub unknown: BTreeMap<String, usize>,
    /// How many instances are in use.
    pub in_use: usize,
    /// How many of them would be idle but for one day.
    pub but_for_one_day: usize,
    /// How many of them AWS would make larger, which saves nothing.
    pub under_provisioned: usize,
    /// Recommendations of what is stopped, not there any more or could not be looked up, by reason.
    pub dropped: BTreeMap<&'static str, usize>,
    /// How many purchases the hub recommends, and what they would save.
    pub purchases: (usize, Sums),
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// How many instances run, and how many of them are not excluded.
    pub instances: (usize, usize),
    /// How many resources were seen: instances that run, and what else a source speaks of.
    pub seen: usize,
    /// How many metrics CloudWatch was asked for.
    pub metrics: usize,
    /// How many calls were made.
    pub calls: usize,
    /// How many pages Cost Explorer was asked for.
    pub pages: usize,
    /// What is left out or unknown, by the hash of the resource: nothing is known to be done about it.
    pub(super) undecided: HashSet<String>,
    /// Which sources are turned off.
    pub(super) off: Vec<Origin>,
}

impl Evaluation {
    /// How many are excluded.
    pub fn excluded_count(&self) -> usize {
        self.excluded.values().sum()
    }

    /// Of how many nothing can be said.
    pub fn unknown_count(&self) -> usize {
        self.unknown.values().sum()
    }

    /// Whether all that is asked for was read, and nine of ten instances could be evaluated. Otherwise
    /// "nothing found" means nothing.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty() && !self.has_too_many_unknown()
    }

    /// Whether less than nine of ten instances could be evaluated.
    pub fn has_too_many_unknown(&self) -> bool {
        let (_, candidates) = self.instances;
        self.unknown_count() * 10 > candidates
    }

    /// Whether another run may well see more.
    pub fn is_passing(&self) -> bool {
        // Where metrics may not be read, or not so many, that leaves as many unknown a minute later.
        let stays = |it: &Gap| it.what == What::Metrics && !it.is_passing();
        let too_few = self.has_too_many_unknown() && !self.gaps.iter().any(stays);
        too_few || self.gaps.iter().any(Gap::is_passing)
    }

    /// Why it is not complete, always in the same words for the same reasons. What findings have cost is asked of
    /// few reports, and completes none.
    pub fn reasons(&self) -> Vec<String> {
        let gaps = self.gaps.iter();
        let gaps = gaps.filter(|it| it.what != What::ActualCosts).map(|it| {
            let region = it.region.as_deref().unwrap_or("all regions");
            // How many changes from day to day.
            let why = it.why.text().replace(|it: char| it.is_ascii_digit(), "");
            format!("{} in {region}: {why}", it.what.name())
        });
        let few = self
            .has_too_many_unknown()
            .then(|| "too few instances could be evaluated".to_owned());
        let reasons: BTreeSet<String> = gaps.chain(few).collect();
        reasons.into_iter().collect()
    }

    /// Who could not say everything, and in which region if not in all.
    pub(super) fn silent(&self) -> BTreeSet<(Origin, Option<String>)> {
        let of_gap = |it: &Gap| {
            let region = it.region.clone();
            let origins = it.what.origins().iter();
            origins
                .map(|who| (*who, region.clone()))
                .collect::<Vec<_>>()
        };
        self.gaps.iter().flat_map(of_gap).collect()
    }

    /// The sums of what is found, by kind.
    pub fn sums(&self) -> BTreeMap<Kind, (usize, Sums)> {
        self.sums_by(|it| it.kind.clone())
    }

    /// The sums of what is found, by something.
    pub fn sums_by<K: Ord>(&self, key: impl Fn(&Finding) -> K) -> BTreeMap<K, (usize, Sums)> {
        let mut sums = BTreeMap::<K, (usize, Sums)>::new();
        for finding in &self.findings {
            let (count, sum) = sums.entry(key(finding)).or_default();
            *count += 1;
            if let Some(amount) = &finding.amount {
                sum.add(amount);
            }
        }
        sums
    }
}

/// What is known of an instance before anybody recommends anything.
enum Known<'a> {
    Running(&'a Instance),
    Excluded,
    Stopped,
}

/// Evaluates what was read, for a report of this time.
pub fn evaluate(facts: Facts, settings: &Settings, at: Timestamp) -> Evaluation {
    let mut out = Evaluation {
        metrics: facts.metrics,
        calls: facts.calls,
        off: settings.sources_off(),
        ..Evaluation::default()
    };
    let mut draft = Draft::new(&facts, settings, &mut out);
    draft.hub(&facts);
    for region in &facts.regions {
        draft.idle(region);
        draft.sizings(region);
    }
    for region in &facts.regions {
        draft.left_over(region, at);
        draft.own(region, &facts);
    }
    let findings = draft.findings;
    let others = findings.keys().filter(|it| it.instance_id().is_none());
    let others = draft.excluded.len() + others.count();
    out.seen = out.instances.0 + others;
    out.findings = findings.into_values().collect();
    out.findings.sort_by_cached_key(Finding::order);
    out.gaps = facts.gaps;
    out.gaps.sort();
    out.gaps.dedup();
    out
}

struct Draft<'a> {
    settings: &'a Settings,
    out: &'a mut Evaluation,
    instances: HashMap<ResourceKey, Known<'a>>,
    /// Regions of which not all instances were read.
    partial: HashSet<&'a str>,
    findings: HashMap<ResourceKey, Finding>,
    /// What is not an instance and was left out.
    excluded: HashSet<ResourceKey>,
    /// Instances of which Compute Optimizer says something.
    covered: HashSet<ResourceKey>,
}

impl<'a> Draft<'a> {
    fn new(facts: &'a Facts, settings: &'a Settings, out: &'a mut Evaluation) -> Self {
        let mut instances = HashMap::new();
        for region in &facts.regions {
            for instance in &region.instances {
                let key = ResourceKey::instance(&region.region, &instance.id);
                let excluded = exclude::instance(instance, settings);
                let known = match (instance.state.as_str(), excluded) {
                    ("running", None) => Known::Running(instance),
                    ("running", Some(why)) => {
                        if !instances.contains_key(&key) {
                            *out.excluded.entry(why).or_default() += 1;
                            out.undecided.insert(key.hash_of_resource());
                        }
                        Known::Excluded
                    }
                    _ => Known::Stopped,
                };
                instances.entry(key).or_insert(known);
            }
        }
        let count =
            |wanted: fn(&Known<'_>) -> bool| instances.values().filter(|it| wanted(it)).count();
        let candidates = count(|it| matches!(it, Known::Running(_)));
        let excluded = count(|it| matches!(it, Known::Excluded));
        out.instances = (candidates + excluded, candidates);
        let partial = facts.gaps.iter().filter(|it| it.what == What::Instances);
        Self {
            settings,
            out,
            instances,
            partial: partial.filter_map(|it| it.region.as_deref()).collect(),
            findings: HashMap::new(),
            excluded: HashSet::new(),
            covered: HashSet::new(),
        }
    }

    /// Takes up a finding. What was said of the same resource before, by a better source, stays; it gains
    /// what it did not know.
    fn offer(&mut self, mut finding: Finding) {
        let key = finding.key.clone();
        if key.instance_id().is_some() {
            match self.instances.get(&key) {
                Some(Known::Running(instance)) => {
                    finding.name = instance.tags.get("Name").map(one_line).or(finding.name);
                    finding.owner = self.owner(instance).or(finding.owner);
                    finding.configuration = Some(instance.instance_type.clone());
                }
                Some(Known::Excluded) => return,
                Some(Known::Stopped) => return self.drop("of instances that are stopped"),
                None if self.partial.contains(key.region()) => {
                    self.out.undecided.insert(key.hash_of_resource());
                    return self.drop("of instances that could not be looked up");
                }
                None => return self.drop("of instances that are not there any more"),
            }
        }
        match self.findings.entry(key) {
            std::collections::hash_map::Entry::Vacant(it) => {
                it.insert(finding);
            }
            std::collections::hash_map::Entry::Occupied(mut it) => it.get_mut().learn(finding),
        }
    }

    fn drop(&mut self, why: &'static str) {
        *self.out.dropped.entry(why).or_default() += 1;
    }

    fn owner(&self, instance: &Instance) -> Option<String> {
        let mut tags = self.settings.cost.owner_tags.iter();
        tags.find_map(|key| instance.tags.get(key)).map(one_line)
    }

    /// Whether a resource that is no instance is left out by its tags. Of an instance the tags that it has now
    /// count, and not those that it had when somebody recommended something.
    fn leaves_out(&mut self, key: &ResourceKey, tags: &Tags) -> bool {
        if key.instance_id().is_some() {
            return false;
        }
        if self.excluded.contains(key) {
            return true;
        }
        let Some(why) = exclude::by_tag(tags, self.settings) else {
            return false;
        };
        self.excluded.insert(key.clone());
        self.findings.remove(key);
        self.out.undecided.insert(key.hash_of_resource());
        *self.out.excluded.entry(why).or_default() += 1;
        true
    }

    fn hub(&mut self, facts: &Facts) {
        for recommendation in &facts.hub {
            match recommended::by_hub(recommendation, &facts.hub_mode, self.settings) {
                recommended::ByHub::Purchase(amount) => {
                    let (count, sums) = &mut self.out.purchases;
                    *count += 1;
                    if let Some(amount) = amount {
                        sums.add(&amount);
                    }
                }
                recommended::ByHub::Finding(finding) => {
                    if !self.leaves_out(&finding.key, &recommendation.tags) {
                        self.offer(*finding);
                    }
                }
            }
        }
    }

    fn idle(&mut self, region: &RegionFacts) {
        for idle in &region.idle {
            let finding = recommended::as_idle(idle, &region.region, self.settings);
            if !self.leaves_out(&finding.key, &idle.basis.tags) {
                self.offer(finding);
            }
        }
    }

    fn sizings(&mut self, region: &RegionFacts) {
        for sizing in region.sizings.iter().filter(|it| it.has_finding()) {
            let key = ResourceKey::new(
                Some(&sizing.arn),
                &region.region,
                "EC2Instance",
                &sizing.arn,
            );
            let is_running = matches!(self.instances.get(&key), Some(Known::Running(_)));
            let is_new = self.covered.insert(key.clone());
            if is_new && is_running && plain(&sizing.finding) == "underprovisioned" {
                self.out.under_provisioned += 1;
            }
            if let Some(finding) = recommended::as_size(sizing, key, self.settings) {
                self.offer(finding);
            }
        }
    }

    /// Volumes and addresses that are paid for and do nothing.
    fn left_over(&mut self, region: &RegionFacts, at: Timestamp) {
        let stopped: HashMap<&str, &Instance> = region
            .instances
            .iter()
            .filter(|it| is_long_stopped(it, self.settings, at))
            .map(|it| (it.id.as_str(), it))
            .collect();
        for volume in &region.volumes {
            let instance = volume.instance.as_deref().and_then(|it| stopped.get(it));
            let key = ResourceKey::volume(&region.region, &volume.id);
            if let Some(instance) = instance
                && !self.leaves_out(&key, &volume.tags)
            {
                let mut finding =
                    recommended::left_over(key, &volume.id, &volume.tags, self.settings);
                finding.resource_type.push_str("EBS volume");
                finding.configuration = Some(format!("{} {} GiB", volume.volume_type, volume.size));
                let since = instance
                    .stopped_since
                    .map(|it| it.strftime("%Y-%m-%d").to_string());
                finding.evidence.notes.push(format!(
                    "attached to {}, stopped since {}",
                    instance.id,
                    since.unwrap_or_default()
                ));
                self.offer(finding);
            }
        }
        for address in region.addresses.iter().filter(|it| !it.in_use) {
            let key = ResourceKey::address(&region.region, &address.id);
            if !self.leaves_out(&key, &address.tags) {
                let mut finding =
                    recommended::left_over(key, &address.id, &address.tags, self.settings);
                finding.resource_type.push_str("Elastic IP address");
                finding.configuration = Some(address.ip.clone());
                finding.evidence.notes.push("nothing uses it".to_owned());
                self.offer(finding);
            }
        }
    }

    /// What nobody speaks of is evaluated by its own metrics, or unknown.
    fn own(&mut self, region: &RegionFacts, facts: &Facts) {
        let sources = self.settings.cost.sources;
        let hub_answered = sources.hub && !facts.gaps.iter().any(|it| it.what == What::Hub);
        let mut done = HashSet::new();
        for instance in &region.instances {
            let key = ResourceKey::instance(&region.region, &instance.id);
            let is_running = matches!(self.instances.get(&key), Some(Known::Running(_)));
            if !is_running || self.findings.contains_key(&key) || !done.insert(key.clone()) {
                continue;
            }
            let assessment = if self.covered.contains(&key) {
                Assessment::InUse { on_one_day: false }
            } else if sources.metrics {
                let usage = region.usage.get(&instance.id);
                let burstable = is_burstable(&instance.instance_type);
                match (says_nothing_by_cpu(instance), usage) {
                    (Some(why), _) => Assessment::Unknown(why),
                    (None, Some(usage)) => assess(usage, burstable, &self.settings.cost),
                    (None, None) => Assessment::Unknown("its metrics were not read"),
                }
            } else if sources.optimizer {
                Assessment::Unknown("Compute Optimizer says nothing of it")
            } else if hub_answered {
                Assessment::InUse { on_one_day: false }
            } else {
                Assessment::Unknown("Cost Optimization Hub did not answer")
            };
            match assessment {
                Assessment::InUse { on_one_day } => {
                    self.out.in_use += 1;
                    self.out.but_for_one_day += usize::from(on_one_day);
                }
                Assessment::Unknown(why) => {
                    *self.out.unknown.entry(why.to_owned()).or_default() += 1;
                    self.out.undecided.insert(key.hash_of_resource());
                }
                Assessment::Idle(evidence) => {
                    self.offer(idle_by_own_metrics(key, instance, evidence));
                }
            }
        }
    }
}

fn idle_by_own_metrics(key: ResourceKey, instance: &Instance, evidence: Evidence) -> Finding {
    let mut finding = recommended::blank(key, &instance.id, Kind::Stop, Origin::Metrics);
    finding.resource_type.push_str("EC2 instance");
    finding.evidence = evidence;
    finding
}

/// Why the CPU of an instance says nothing of whether it is needed, if so.
pub(super) fn says_nothing_by_cpu(instance: &Instance) -> Option<&'static str> {
    let kind = instance.instance_type.as_str();
    if is_accelerated(kind) {
        Some("it works on an accelerator, of which its CPU says nothing")
    } else if is_mac(kind) || instance.tenancy.as_deref() == Some("host") {
        Some("it is on a dedicated host, which is paid for by itself")
    } else if instance.reserved || instance.lifecycle.is_some() {
        Some("its capacity is paid for in advance")
    } else {
        None
    }
}

/// Whether an instance has been stopped for so long that its volumes are a finding.
pub(super) fn is_long_stopped(instance: &Instance, settings: &Settings, at: Timestamp) -> bool {
    let stopped = instance.state == "stopped";
    let since = instance.stopped_since;
    let is_long = since.is_some_and(|it| at.duration_since(it) > LONG_STOPPED);
    stopped && is_long && exclude::instance(instance, settings).is_none()
}

/// A name on one line, as long as AWS allows names to be.
pub(super) fn one_line(text: impl AsRef<str>) -> String {
    let clean = contract::text::clean(text.as_ref());
    clean
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(256)
        .collect()
}

impl Finding {
    /// Takes what another source knows of the same resource and this one does not. Amounts stay: they are
    /// never added, and the first is of the better source.
    fn learn(&mut self, other: Self) {
        for origin in other.origins {
            if !self.origins.contains(&origin) {
                self.origins.push(origin);
            }
        }
        let (mine, its) = (&mut self.evidence, other.evidence);
        mine.peak_percent = mine.peak_percent.or(its.peak_percent);
        mine.mean_percent = mine.mean_percent.or(its.mean_percent);
        mine.megabytes_a_day = mine.megabytes_a_day.or(its.megabytes_a_day);
        mine.days = mine.days.or(its.days);
        mine.lookback_days = mine.lookback_days.or(its.lookback_days);
        mine.refreshed = mine.refreshed.take().or(its.refreshed);
        mine.notes.extend(its.notes);
        self.name = self.name.take().or(other.name);
        self.owner = self.owner.take().or(other.owner);
        if self.kind == other.kind {
            self.risk = self.risk.or(other.risk);
            self.effort = self.effort.take().or(other.effort);
            self.instead = self.instead.take().or(other.instead);
            self.amount = self.amount.take().or(other.amount);
            self.share_percent = self.share_percent.or(other.share_percent);
        } else if let Some(amount) = other.amount {
            let instead = other.instead.map_or(String::new(), |it| format!(" ({it})"));
            let note = format!("or {}{instead}, which saves {amount}", other.kind.name());
            self.evidence.notes.push(note);
        }
    }
}
