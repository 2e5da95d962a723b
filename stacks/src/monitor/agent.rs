//! The agent whose investigations are followed.

use contract::{AgentSettings, Limits, MitigationSettings, NoticeSettings, Priority};

use super::{AgentSpaceId, OpsTopic};

/// The agent whose investigations are followed.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// Its space, which is in the same account.
    pub space: AgentSpaceId,
    /// The region of its space; nothing where that is the stack's own.
    pub region: Option<String>,
    /// How its events reach stacks in other regions, if there are any.
    pub forwarding: Option<Forwarding>,
    /// Dollars of a second of an investigation.
    pub price: Price,
    /// Where results are published, if anywhere.
    pub results: Option<Results>,
    /// From which priority on the agent is asked for a plan about a root cause; nothing where it never is.
    pub mitigation: Option<Priority>,
}

/// How events of an agent space reach regions other than its own, the only one that has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarding {
    /// The region of the space.
    pub from: String,
    /// The other regions of the account file, in its order.
    pub to: Vec<String>,
}

/// Where results of investigations are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results {
    /// The topic. It exists already.
    pub topic: OpsTopic,
    /// Whether there is a message for chat beside that for mail.
    pub chat: bool,
    /// From which priority on.
    pub from: Priority,
}

/// Dollars of a second of an investigation: over 0, at most 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price(f64);

impl Price {
    /// A price, in dollars a second.
    pub fn new(dollars: f64) -> Option<Self> {
        (dollars > 0.0 && dollars <= 1.0).then_some(Self(dollars))
    }

    /// The price, in dollars a second.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Default for Price {
    fn default() -> Self {
        Self(AgentSettings::PRICE)
    }
}

impl Agent {
    /// What `result` goes by in this account, which has these limits.
    pub fn settings(&self, account: &str, limits: Limits) -> AgentSettings {
        let results = self.results.as_ref();
        AgentSettings {
            notices: results.map(|it| NoticeSettings {
                account: account.to_owned(),
                chat: it.chat,
                from: it.from,
            }),
            space: self.space.as_str().to_owned(),
            region: self.region.clone(),
            price: self.price.get(),
            metered: limits
                .dollars_per_day
                .or(limits.dollars_per_month)
                .is_some(),
            always_send: limits.always_send,
            mitigation: self.mitigation.map(|from| MitigationSettings {
                account: account.to_owned(),
                from,
                limits,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_over_0_and_up_to_1() {
        assert_eq!(Price::new(0.0083), Some(Price::default()));
        for dollars in [0.0, -0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Price::new(dollars), None, "{dollars}");
        }
    }
}
