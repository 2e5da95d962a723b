//! From what AWS recommends to findings.

use jiff::Timestamp;

use super::{
    evaluate::one_line,
    finding::{Finding, Kind, Origin, ResourceKey, plain, type_name},
    money::{Amount, Discounts},
    settings::Settings,
    usage::Evidence,
};
use crate::aws::{
    compute_optimizer::{Basis, Idle, Savings, Sizing},
    cost_optimization_hub::Recommendation,
    ec2::Tags,
};

/// What a recommendation of the hub is.
pub(super) enum ByHub {
    /// Something to buy, which is counted and not listed.
    Purchase(Option<Amount>),
    /// Something to do about a resource.
    Finding(Box<Finding>),
}

/// A finding of which nothing is known but this.
pub(super) fn blank(key: ResourceKey, id: &str, kind: Kind, origin: Origin) -> Finding {
    Finding {
        region: key.region().to_owned(),
        key,
        id: one_line(id),
        name: None,
        resource_type: String::new(),
        configuration: None,
        owner: None,
        kind,
        instead: None,
        amount: None,
        share_percent: None,
        actual_cost: None,
        origins: vec![origin],
        evidence: Evidence::default(),
        risk: None,
        effort: None,
        restart: None,
        rollback: None,
    }
}

/// What the hub recommends. `mode` is its word for what the amounts are.
pub(super) fn by_hub(it: &Recommendation, mode: &str, settings: &Settings) -> ByHub {
    let discounts = match plain(mode).as_str() {
        "afterdiscounts" => Discounts::After,
        "beforediscounts" => Discounts::Before,
        _ => Discounts::Unknown,
    };
    let currency = it.currency.as_deref().unwrap_or_default();
    let amount = it
        .savings
        .and_then(|value| Amount::new(value, currency, discounts));
    let Some(kind) = Kind::of_action(&it.action) else {
        return ByHub::Purchase(amount);
    };
    let id = it.id.as_deref().or_else(|| last_part(it.arn.as_deref()?));
    let id = id.unwrap_or_default();
    let key = ResourceKey::new(it.arn.as_deref(), &it.region, &it.resource_type, id);
    let tagged = tagged(&it.tags, settings);
    ByHub::Finding(Box::new(Finding {
        resource_type: type_name(&it.resource_type),
        name: tagged.0,
        owner: tagged.1,
        configuration: it.current.as_deref().map(one_line),
        instead: it.recommended.as_deref().map(one_line),
        amount,
        share_percent: it.percentage,
        evidence: Evidence {
            lookback_days: it.days,
            refreshed: it.refreshed.map(day),
            ..Evidence::default()
        },
        effort: it.effort.clone(),
        restart: it.restart,
        rollback: it.rollback,
        ..blank(key, id, kind, Origin::CostOptimizationHub)
    }))
}

/// What Compute Optimizer takes for idle.
pub(super) fn as_idle(it: &Idle, region: &str, settings: &Settings) -> Finding {
    let key = ResourceKey::new(Some(&it.arn), region, &it.resource_type, &it.id);
    let tagged = tagged(&it.basis.tags, settings);
    let (amount, share_percent) = saving(&it.savings);
    let id = if it.id.starts_with("arn:") {
        last_part(&it.id).unwrap_or(&it.id)
    } else {
        &it.id
    };
    let kind = Kind::of_idle(&it.finding);
    Finding {
        resource_type: type_name(&it.resource_type),
        name: tagged.0,
        owner: tagged.1,
        amount,
        share_percent,
        evidence: evidence(&it.basis),
        ..blank(key, id, kind, Origin::ComputeOptimizer)
    }
}

/// What Compute Optimizer says of the size of an instance, unless it is well sized or too small.
pub(super) fn as_size(it: &Sizing, key: ResourceKey, settings: &Settings) -> Option<Finding> {
    let best = it.best.as_ref();
    let differs = |what: &str| {
        let differences = best.iter().flat_map(|it| &it.differences);
        differences.into_iter().any(|it| plain(it) == what)
    };
    let is_other_platform = differs("architecture") || differs("instancestoreavailability");
    let by_size = match plain(&it.finding).as_str() {
        "overprovisioned" if is_other_platform => Some(Kind::Modernise),
        "overprovisioned" => Some(Kind::Smaller),
        "underprovisioned" | "optimized" | "" => None,
        _ => Some(Kind::Other(it.finding.chars().take(40).collect())),
    };
    // The amount is that of the other type, and not that of a stop.
    let kind = if it.is_idle {
        Kind::Stop
    } else {
        by_size.clone()?
    };
    let tagged = tagged(&it.basis.tags, settings);
    let id = last_part(&it.arn).unwrap_or(&it.arn);
    let mut finding = Finding {
        resource_type: "EC2 instance".to_owned(),
        name: it.name.as_deref().map(one_line).or(tagged.0),
        owner: tagged.1,
        configuration: Some(it.current_type.clone()),
        evidence: evidence(&it.basis),
        ..blank(key, id, kind, Origin::ComputeOptimizer)
    };
    if let (Some(best), Some(by_size)) = (best, by_size) {
        let (amount, share_percent) = saving(&best.savings);
        if it.is_idle {
            let saves = amount.map_or(String::new(), |it| format!(", which saves {it}"));
            let note = format!("or {} ({}){saves}", by_size.name(), best.instance_type);
            finding.evidence.notes.push(note);
        } else {
            finding.instead = Some(best.instance_type.clone());
            finding.risk = best.risk;
            finding.effort.clone_from(&best.effort);
            (finding.amount, finding.share_percent) = (amount, share_percent);
        }
    }
    Some(finding)
}

/// Something that nothing uses.
pub(super) fn left_over(key: ResourceKey, id: &str, tags: &Tags, settings: &Settings) -> Finding {
    let (name, owner) = tagged(tags, settings);
    Finding {
        name,
        owner,
        ..blank(key, id, Kind::Stop, Origin::Metrics)
    }
}

/// The name and the owner that tags say.
fn tagged(tags: &Tags, settings: &Settings) -> (Option<String>, Option<String>) {
    let owner = settings
        .cost
        .owner_tags
        .iter()
        .find_map(|key| tags.get(key));
    (tags.get("Name").map(one_line), owner.map(one_line))
}

/// The amount after discounts, zero among them, or else before.
fn saving(savings: &Savings) -> (Option<Amount>, Option<f64>) {
    let after = savings
        .after_discounts
        .as_ref()
        .map(|it| (it, Discounts::After));
    let before = savings
        .before_discounts
        .as_ref()
        .map(|it| (it, Discounts::Before));
    match after.or(before) {
        Some((it, discounts)) => (
            Amount::new(it.amount, &it.currency, discounts),
            it.percentage,
        ),
        None => (None, None),
    }
}

fn evidence(basis: &Basis) -> Evidence {
    let peak = |name: &str| {
        let found = basis.peaks.iter().find(|(it, _)| plain(it) == name);
        found.map(|(_, value)| *value)
    };
    Evidence {
        peak_percent: peak("cpu"),
        lookback_days: basis.days,
        refreshed: basis.refreshed.map(day),
        notes: peak("memory")
            .map(|it| format!("memory at most {it:.1} %"))
            .into_iter()
            .collect(),
        ..Evidence::default()
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn last_part(arn: &str) -> Option<&str> {
    arn.rsplit(['/', ':']).next().filter(|it| !it.is_empty())
}
