//! The agent whose investigations are followed.

use std::ops::Range;

use contract::Partition;
use stacks::monitor::{
    Agent, AgentSpaceId, Forwarding, InvalidTopic, OpsTopic, Price, Priority, Results,
};

use super::{
    Resolver,
    account::is_region,
    priority,
    region::{REGIONS, nearest},
};
use crate::config::{
    field::Field,
    file,
    named::{Named, NamedKind},
};

/// The regions that have had the agent for long. Source: "Supported Regions" in the AWS DevOps Agent user guide; there
/// are more by now.
pub const AGENT_REGIONS: [&str; 11] = [
    "ap-northeast-1",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "sa-east-1",
    "us-east-1",
    "us-west-2",
];

impl Resolver<'_> {
    pub(super) fn agent(
        &mut self,
        agent: Option<Field<file::Agent>>,
        results: Option<Field<file::Results>>,
        mitigation: Option<Field<file::Mitigation>>,
        regions: &[String],
    ) -> Option<Agent> {
        let mitigation = mitigation
            .and_then(|it| Some((it.span, it.value?)))
            .and_then(|(span, it)| self.mitigation(&span, &it, agent.is_some()));
        let results = results
            .and_then(|it| Some((it.span, it.value?)))
            .and_then(|(span, it)| self.results(&span, &it, agent.is_some()));
        let (span, agent) = agent.and_then(|it| Some((it.span, it.value?)))?;
        let agent = self.agent_space(&span, &agent, results, regions)?;
        Some(Agent {
            mitigation,
            ..agent
        })
    }

    /// From which priority on the agent is asked for plans; `follows` says whether its investigations are followed.
    fn mitigation(
        &mut self,
        span: &Range<usize>,
        mitigation: &file::Mitigation,
        follows: bool,
    ) -> Option<Priority> {
        self.require(span, &[("from", mitigation.from.missing)]);
        if !follows {
            let hint = "name the agent space that is asked: `agent: {space: UUID}`";
            self.error(span, "`mitigation` needs the key `agent`", hint);
        }
        mitigation.from.value.map(priority)
    }

    fn agent_space(
        &mut self,
        span: &Range<usize>,
        agent: &file::Agent,
        results: Option<Results>,
        regions: &[String],
    ) -> Option<Agent> {
        self.require(span, &[("space", agent.space.missing)]);
        let space = self.parsed(
            &agent.space,
            "such as `0a1b2c3d-0000-1111-2222-333344445555`",
            |text| AgentSpaceId::parse(text).ok_or_else(|| format!("`{text}` is not a UUID")),
        );
        let named = space.as_ref().map(AgentSpaceId::as_str);
        let named = named.map(|it| Named::new(NamedKind::Space, it, &agent.space.span));
        let region = match &agent.region {
            Some(field) => Some(self.agent_region(field, regions)?),
            None => regions.first().cloned(),
        };
        if let Some(region) = &region {
            let place = agent.region.as_ref().map_or(span, |it| &it.span);
            self.unsure_region(place, region, regions);
        }
        let named = named.map(|it| match &region {
            Some(region) => it.in_region(region),
            None => it,
        });
        self.named.extend(named);
        let price = self.checked(agent.price.as_ref(), Price::default().get(), |dollars| {
            let hint = "it is per second: use a number over 0 and at most 1, such as 0.0083";
            let message = || format!("`{dollars}` dollars a second is no price of the agent");
            Price::new(dollars).is_none().then(|| (message(), hint))
        });
        let is_own = matches!(regions, [only] if Some(only) == region.as_ref());
        let others = |from: &String| -> Vec<String> {
            let others = regions.iter().filter(|it| *it != from);
            others.cloned().collect()
        };
        let forwarding = region.as_ref().map(|from| Forwarding {
            from: from.clone(),
            to: others(from),
        });
        Some(Agent {
            space: space?,
            forwarding: forwarding.filter(|it| !it.to.is_empty()),
            region: region.filter(|_| !is_own),
            price: Price::new(price?)?,
            results,
            mitigation: None,
        })
    }

    /// Where results of investigations are published; `follows` says whether any are followed.
    fn results(
        &mut self,
        span: &Range<usize>,
        results: &file::Results,
        follows: bool,
    ) -> Option<Results> {
        self.require(span, &[("topic", results.topic.missing)]);
        if !follows {
            let hint =
                "name the agent space whose investigations these are: `agent: {space: UUID}`";
            self.error(span, "`results` needs the key `agent`", hint);
        }
        let hint = "give the name or the ARN of a topic that exists";
        let topic = self.parsed(&results.topic, hint, |text| {
            OpsTopic::parse(text).map_err(|error: InvalidTopic| error.to_string())
        });
        let from = results.from.as_ref().and_then(|it| it.value);
        let chat = results.chat.as_ref().and_then(|it| it.value);
        Some(Results {
            topic: topic?,
            chat: chat.unwrap_or_default(),
            from: from.map_or(Priority::Minimal, priority),
        })
    }

    /// The region of the space, if stacks can receive its events.
    fn agent_region(&mut self, field: &Field<String>, regions: &[String]) -> Option<String> {
        let region = field.value.as_deref()?;
        if !is_region(region) {
            let message = format!("`{region}` is not a region");
            self.error(&field.span, message, "regions are named like `us-east-1`");
            return None;
        }
        let partition = |region: &str| Partition::of_any_region(region).name;
        let elsewhere = regions.iter().find(|it| partition(it) != partition(region));
        if let Some(other) = elsewhere {
            let message = format!(
                "an agent space in `{region}` is in another partition of AWS than `{other}`"
            );
            self.error(&field.span, message, "events do not cross partitions");
            return None;
        }
        Some(region.to_owned())
    }

    /// Warns of a region that may not exist or may not have the agent, or from which events cannot be forwarded because
    /// the file does not say where to.
    fn unsure_region(&mut self, place: &Range<usize>, region: &str, regions: &[String]) {
        if !REGIONS.contains(&region) {
            // One of `regions` is warned of there.
            if !regions.iter().any(|it| it == region) {
                let message = format!("unknown region `{region}`");
                self.warn(place, message, &nearest(region));
            }
        } else if !AGENT_REGIONS.contains(&region) {
            self.warn(
                place,
                format!("AWS DevOps Agent may not be in `{region}`"),
                "see with: aws devops-agent list-agent-spaces --region REGION",
            );
        }
        if regions.is_empty() {
            let message = format!(
                "without `regions` the agent's events are not forwarded from `{region}`: in any other region results are \
                 recorded two to three hours late"
            );
            let hint = "name the regions that the stack is in: `regions: [eu-central-1]`";
            self.warn(place, message, hint);
        }
    }
}
