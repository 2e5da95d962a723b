//! What resources have cost: each page of Cost Explorer is charged.

use super::*;

fn cost(resource: &str, amount: f64) -> Cost {
    Cost {
        resource: resource.to_owned(),
        amount,
        currency: "USD".to_owned(),
    }
}

/// Cost Explorer is charged by the page.
#[test]
fn cost_explorer_is_never_asked_by_default() {
    let it = setting(vec![idle("i-1", 100.0)]);
    assert_eq!(it.outcome(day(0)), "reported");
    assert_eq!(it.asked.get(), 0);
    assert!(!it.last_text().contains("Cost Explorer"));
}

#[test]
fn what_resources_have_cost_is_asked_once_a_week_and_of_few_pages() {
    let mut it = setting(vec![idle("i-1", 100.0), idle("i-2", 100.0)]);
    it.settings.cost.actual_costs = true;
    // The month ends within the period.
    it.costs = Ok(vec![cost("i-1", 20.5), cost("i-2", 3.0), cost("i-1", 1.25)]);
    assert_eq!(it.outcome(day(0)), "reported");
    assert_eq!(it.asked.get(), 2);
    let text = it.last_text();
    assert!(text.contains("; has cost 21.75 USD in 13 days;"), "{text}");
    let price = ", and Cost Explorer for 2 pages, which costs 0.02 USD";
    assert!(text.contains(price), "{text}");
    // Another report within a week does without.
    it.idle.push(idle("i-3", 100.0));
    assert_eq!(it.outcome(day(3)), "reported");
    assert_eq!(it.asked.get(), 2);
    assert!(!it.last_text().contains("Cost Explorer"));
    // A run without a report does not ask.
    assert_eq!(it.outcome(day(8)), "nothing new");
    it.idle.push(idle("i-4", 100.0));
    it.costs = Ok((0..20).map(|_| cost("i-4", 1.0)).collect());
    assert_eq!(it.outcome(day(9)), "reported");
    assert_eq!(it.asked.get(), 5);
    let text = it.last_text();
    assert!(
        text.contains("actual costs of Cost Explorer: more pages than are read"),
        "{text}"
    );
}

#[test]
fn an_account_without_resources_in_cost_explorer_is_a_gap() {
    let mut it = setting(vec![idle("i-1", 100.0)]);
    it.settings.cost.actual_costs = true;
    it.costs = Err("DataUnavailableException");
    assert_eq!(it.outcome(day(0)), "reported");
    let text = it.last_text();
    let gap = "- actual costs of Cost Explorer: DataUnavailableException";
    assert!(text.contains(gap), "{text}");
    // It is said of what was found, and hides nothing that is done.
    it.idle = vec![idle("i-2", 100.0)];
    assert_eq!(it.outcome(day(8)), "reported");
    assert!(it.last_text().contains("1 of 1 done"));
    it.outside.can.set((true, false));
    it.idle = vec![idle("i-3", 100.0)];
    assert_eq!(it.outcome(day(16)), "reported");
    assert_eq!(it.asked.get(), 2);
    let gap = "actual costs of Cost Explorer: not asked";
    assert!(it.last_text().contains(gap), "{}", it.last_text());
}

#[test]
fn reading_leaves_time_for_actual_costs() {
    let mut it = setting(vec![idle("i-1", 100.0)]);
    it.settings.cost.actual_costs = true;
    it.settings.regions.push("eu-west-1".to_owned());
    it.silent = Some("eu-west-1");
    it.takes.0 = Duration::from_secs(1);
    it.costs = Ok(vec![cost("i-1", 20.5)]);
    for expected in ["tried again", "tried again", "reported"] {
        assert_eq!(it.outcome(day(0)), expected);
    }
    let text = it.last_text();
    assert!(text.contains("; has cost 20.50 USD in 13 days;"), "{text}");
}

#[test]
fn without_time_for_actual_costs_they_are_neither_paid_nor_noted() {
    let mut it = setting(vec![idle("i-1", 100.0)]);
    it.settings.cost.actual_costs = true;
    it.costs = Ok(vec![cost("i-1", 20.5)]);
    it.until = Duration::from_secs(40);
    it.takes.1 = Duration::from_secs(8);
    assert_eq!(it.outcome(day(0)), "reported");
    let text = it.last_text();
    let gap = "- actual costs of Cost Explorer: there was no time left";
    assert!(text.contains(gap), "{text}");
    assert!(!text.contains("Cost Explorer for"), "{text}");
    it.takes.1 = Duration::ZERO;
    it.idle.push(idle("i-2", 100.0));
    assert_eq!(it.outcome(day(1)), "reported");
    assert!(it.last_text().contains("; has cost 20.50 USD"));
    assert_eq!(it.asked.get(), 1);
}

#[test]
fn of_many_findings_the_report_says_how_many_have_no_actual_cost() {
    let ids = (0..102).map(|it| format!("i-{it}"));
    let mut it = setting(ids.map(|id| idle(&id, 100.0)).collect());
    it.settings.cost.actual_costs = true;
    assert_eq!(it.outcome(day(0)), "reported");
    let text = it.last_text();
    let gap = "actual costs of Cost Explorer: not asked of 2 resources";
    assert!(text.contains(gap), "{text}");
}

/// Actual costs are asked of few reports: they are no reason that comes and goes.
#[test]
fn people_hear_once_of_the_same_reasons_with_and_without_actual_costs() {
    let mut it = setting(vec![]);
    it.is_hub_off = true;
    it.settings.cost.actual_costs = true;
    it.costs = Err("DataUnavailableException");
    assert_eq!(it.outcome(day(0)), "people are notified");
    it.idle = vec![idle("i-1", 100.0)];
    assert_eq!(it.outcome(day(1)), "reported");
    assert_eq!(it.outcome(day(2)), "nothing new");
}
