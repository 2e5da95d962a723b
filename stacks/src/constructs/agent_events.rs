//! What forwards the agent's events to the stacks in other regions.

use contract::names;

use crate::{
    Value,
    arn::bus_in,
    constructs::role::role_with,
    monitor::{Agent, Forwarding, Monitor},
    policy::{Condition, PolicyDocument, Statement},
    resources::{
        events_rule::{Rule, State, Target},
        iam_managed_policy::ManagedPolicy,
        iam_role::Role,
    },
    rules::events_of,
    suppression::Reason,
    tag::tags,
    template::{DuplicateLogicalId, Handle, Template},
};

/// What the logical IDs begin with.
const NAME: &str = "AgentEvents";

/// Adds a rule for each other region that sends every event of the agent's space to its default bus. The core stack there
/// has a rule on that bus.
///
/// EventBridge tries for a day to forward an event. What is lost all the same, the hourly schedule of `result` asks for.
/// Source: "Sending and receiving events between AWS Regions in Amazon EventBridge" in its user guide.
pub(crate) fn agent_events(
    template: &mut Template,
    monitor: &Monitor,
    agent: &Agent,
    forwarding: &Forwarding,
) -> Result<(), DuplicateLogicalId> {
    let role = role(template, monitor, forwarding)?;
    for region in &forwarding.to {
        let name = names::rule(monitor.stack.as_str(), &format!("agent-{region}"));
        template.add(
            &[NAME, "To", region],
            &Rule {
                name: Some(name.into()),
                description: Some("Forwards what AWS DevOps Agent does about incidents".into()),
                event_pattern: Some(events_of(agent)),
                state: Some(State::Enabled.into()),
                targets: Some(vec![Target {
                    role_arn: Some(role.arn()),
                    ..Target::new(bus_in(region), "Bus")
                }]),
                tags: Some(tags(monitor)),
                ..Rule::new()
            },
        )?;
    }
    Ok(())
}

/// The role that the rules forward by: it may put events on those buses, and nothing else.
fn role(
    template: &mut Template,
    monitor: &Monitor,
    forwarding: &Forwarding,
) -> Result<Handle<Role>, DuplicateLogicalId> {
    let buses = forwarding.to.iter().map(|it| bus_in(it).into_text());
    let buses: Vec<Value<String>> = buses.collect();
    let statement = Statement::allow("Forward", &["events:PutEvents"], buses);
    let policy = template.add_with(
        &[NAME, "Policy"],
        &ManagedPolicy::new(PolicyDocument::new([statement])),
        Reason::NamedAfterTheStack.into(),
    )?;
    let trust = Statement {
        conditions: vec![Condition::same_account()],
        ..Statement::trust("events.amazonaws.com")
    };
    template.add_with(
        &[NAME, "Role"],
        &Role {
            description: Some("Forwards the agent's events to other regions".into()),
            ..role_with(monitor, trust, &policy)
        },
        Reason::NamedAfterTheStack.into(),
    )
}
