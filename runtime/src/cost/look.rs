//! Reads an account: all regions at once, each list to its end or with the reason why not.

use std::{cell::Cell, collections::HashSet, time::Duration};

use futures_util::future::{join, join_all, join3};
use jiff::Timestamp;

use super::{
    call::{Caller, Listing},
    evaluate::is_long_stopped,
    facts::{Facts, Gap, RegionFacts, What, Why},
    finding::{ResourceKey, plain},
    port::{Clock, Reads},
    settings::Settings,
};
use crate::aws::{
    compute_optimizer::{Idle, Sizing},
    cost_optimization_hub::Recommendation,
};

/// Instances of one filter at most. Source: "Filtering" in the EC2 user guide allows 200 values.
const FILTERED: usize = 200;

/// Reads everything, for a report of this time. The last call is over `until`, since the run began.
pub async fn look(
    reads: &impl Reads,
    clock: &impl Clock,
    settings: &Settings,
    at: Timestamp,
    until: Duration,
) -> Facts {
    let caller = Caller {
        clock,
        until,
        calls: Cell::default(),
    };
    let looker = Looker {
        reads,
        caller,
        settings,
        at,
    };
    let regions = join_all(settings.regions.iter().map(|it| looker.region(it)));
    let (hub, regions) = join(looker.hub(), regions).await;
    let (hub, hub_mode, mut gaps) = hub;
    let mut facts = Facts {
        hub,
        hub_mode,
        ..Facts::default()
    };
    for (region, its_gaps) in regions {
        facts.regions.push(region);
        gaps.extend(its_gaps);
    }
    facts.gaps = gaps;
    if settings.cost.sources.metrics {
        looker.metrics(&mut facts).await;
    }
    facts.calls = looker.caller.calls.get();
    facts
}

pub(super) struct Looker<'a, R, C> {
    pub(super) reads: &'a R,
    pub(super) caller: Caller<'a, C>,
    pub(super) settings: &'a Settings,
    pub(super) at: Timestamp,
}

impl<R: Reads, C: Clock> Looker<'_, R, C> {
    /// What the hub recommends. It is enrolled in by people, never by us.
    async fn hub(&self) -> (Vec<Recommendation>, String, Vec<Gap>) {
        let (reads, caller) = (self.reads, &self.caller);
        let gap = |what, why| Gap {
            what,
            why,
            region: None,
        };
        if !self.settings.cost.sources.hub {
            return Default::default();
        }
        let enrollment = caller.call(async || reads.hub_enrollment().await).await;
        if matches!(&enrollment, Ok(status) if plain(status) == "inactive") {
            let gaps = vec![gap(What::Hub, Why::NotEnrolled)];
            return (Vec::new(), String::new(), gaps);
        }
        let regions = &self.settings.regions;
        let listing = caller
            .pages(async |token| reads.hub(regions, token).await)
            .await;
        let mut gaps: Vec<Gap> = listing
            .gap
            .map(|why| gap(What::Hub, why))
            .into_iter()
            .collect();
        let says_nothing = listing.items.is_empty() && gaps.is_empty();
        match enrollment {
            // An account that is not enrolled may get an empty list.
            Err(why) if says_nothing => gaps.push(gap(What::Hub, why)),
            Ok(status) if says_nothing && plain(&status) != "active" => {
                gaps.push(gap(What::Hub, Why::NotReady(status)));
            }
            _ => {}
        }
        let mut mode = String::new();
        if !listing.items.is_empty() {
            match caller.call(async || reads.hub_mode().await).await {
                Ok(its) => mode = its,
                Err(why) => gaps.push(gap(What::HubPreferences, why)),
            }
        }
        (listing.items, mode, gaps)
    }

    async fn region(&self, region: &str) -> (RegionFacts, Vec<Gap>) {
        let (reads, caller) = (self.reads, &self.caller);
        let own = self.settings.cost.sources.metrics;
        let instances = caller.pages(async |token| reads.instances(region, token).await);
        let addresses = async {
            if !own {
                return Listing::default();
            }
            caller
                .pages(async |_: Option<&str>| reads.addresses(region).await)
                .await
        };
        let optimizer = self.optimizer(region);
        let (instances, addresses, (sizings, idle)) = join3(instances, addresses, optimizer).await;
        let mut gaps = Gaps::of(region);
        let mut facts = RegionFacts {
            region: region.to_owned(),
            instances: gaps.take(What::Instances, instances),
            addresses: gaps.take(What::Addresses, addresses),
            sizings: gaps.take(What::Sizings, sizings),
            idle: gaps.take(What::Idle, idle),
            ..RegionFacts::default()
        };
        if own {
            let stopped = facts.instances.iter();
            let stopped: Vec<String> = stopped
                .filter(|it| is_long_stopped(it, self.settings, self.at))
                .map(|it| it.id.clone())
                .collect();
            for some in stopped.chunks(FILTERED) {
                let volumes = caller
                    .pages(async |token| reads.volumes(region, some, token).await)
                    .await;
                facts.volumes.extend(gaps.take(What::Volumes, volumes));
            }
        }
        (facts, gaps.gaps)
    }

    /// What Compute Optimizer says. It is opted in to by people, never by us.
    async fn optimizer(&self, region: &str) -> (Listing<Sizing>, Listing<Idle>) {
        let (reads, caller) = (self.reads, &self.caller);
        if !self.settings.cost.sources.optimizer {
            return (Listing::default(), Listing::default());
        }
        let enrollment = caller
            .call(async || reads.optimizer_enrollment(region).await)
            .await;
        let not_ready = match &enrollment {
            Ok(status) => match plain(status).as_str() {
                "active" => None,
                "inactive" => Some(Why::NotEnrolled),
                _ => Some(Why::NotReady(status.clone())),
            },
            // Where nothing answers, the lists would only take the time of other regions.
            Err(why @ (Why::Failed(_) | Why::OutOfTime)) => Some(why.clone()),
            // The lists themselves say whether they can be read.
            Err(_) => None,
        };
        if let Some(why) = not_ready {
            return (Listing::nothing(why.clone()), Listing::nothing(why));
        }
        join(
            caller.pages(async |token| reads.sizings(region, token).await),
            caller.pages(async |token| reads.idle(region, token).await),
        )
        .await
    }

    /// The instances that somebody says something of already.
    pub(super) fn covered(facts: &Facts) -> HashSet<ResourceKey> {
        let mut covered = HashSet::new();
        for it in &facts.hub {
            let id = it.id.as_deref().unwrap_or_default();
            let key = ResourceKey::new(it.arn.as_deref(), &it.region, &it.resource_type, id);
            covered.insert(key);
        }
        for region in &facts.regions {
            let sizings = region.sizings.iter().filter(|it| it.has_finding());
            covered.extend(sizings.filter_map(|it| ResourceKey::of_arn(&it.arn)));
            let idle = region.idle.iter();
            let key = |it: &Idle| {
                ResourceKey::new(Some(&it.arn), &region.region, &it.resource_type, &it.id)
            };
            covered.extend(idle.map(key));
        }
        covered
    }
}

impl<T> Listing<T> {
    fn nothing(why: Why) -> Self {
        Self {
            gap: Some(why),
            ..Self::default()
        }
    }
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            errors: 0,
            gap: None,
        }
    }
}

/// The gaps of a region.
struct Gaps<'a> {
    region: &'a str,
    gaps: Vec<Gap>,
}

impl<'a> Gaps<'a> {
    fn of(region: &'a str) -> Self {
        let gaps = Vec::new();
        Self { region, gaps }
    }

    /// What is on a list; why it is not all is a gap.
    fn take<T>(&mut self, what: What, listing: Listing<T>) -> Vec<T> {
        let errors = (listing.errors > 0).then_some(Why::NothingSaidOf(listing.errors));
        for why in listing.gap.into_iter().chain(errors) {
            self.gaps.push(Gap {
                what,
                why,
                region: Some(self.region.to_owned()),
            });
        }
        listing.items
    }
}
