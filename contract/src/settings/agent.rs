//! The agent whose investigations are followed.

use super::{
    InvalidVariable, Variable, Variables,
    delivery::{ALWAYS_SENT, priority},
};
use crate::{Limits, Priority};

const PRICE: &str = "AGENT_PRICE";
const REGION: &str = "AGENT_REGION";
const SPACE: &str = "AGENT_SPACE";
const ACCOUNT: &str = "ACCOUNT_NAME";
const CHAT: &str = "RESULTS_CHAT";
const FROM: &str = "RESULTS_FROM";
const METERED: &str = "AGENT_METERED";
const MITIGATION_FROM: &str = "MITIGATION_FROM";

/// What `result` goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentSettings {
    /// The ID of the agent space, a UUID.
    pub space: String,
    /// The region of the agent space; nothing where it is the function's own.
    pub region: Option<String>,
    /// Dollars of a second of an investigation.
    pub price: f64,
    /// Whether the agent's own count of its time is read, for limits in dollars.
    pub metered: bool,
    /// From this priority on, incidents are always sent, and so count by themselves.
    pub always_send: Priority,
    /// Which results are published, if any.
    pub notices: Option<NoticeSettings>,
    /// Which root causes the agent is asked for a plan about, if any.
    pub mitigation: Option<MitigationSettings>,
}

/// Which root causes the agent is asked for a plan about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MitigationSettings {
    /// The account, by the name of its file.
    pub account: String,
    /// From which priority of the report on.
    pub from: Priority,
    /// How many investigations there may be: a plan counts as one.
    pub limits: Limits,
}

/// Which results are published, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeSettings {
    /// The account, by the name of its file.
    pub account: String,
    /// Whether there is a message for chat beside that for mail.
    pub chat: bool,
    /// From which priority on.
    pub from: Priority,
}

impl AgentSettings {
    /// Dollars of a second of an investigation, unless the account file says otherwise. Source: "AWS DevOps Agent
    /// pricing".
    pub const PRICE: f64 = 0.0083;

    /// The variables of the environment that say so.
    pub fn to_env(&self) -> Vec<Variable> {
        let Self {
            space,
            region,
            price,
            metered,
            always_send,
            notices,
            mitigation,
        } = self;
        let mut variables = vec![
            (PRICE, price.to_string()),
            (SPACE, space.clone()),
            (ALWAYS_SENT, always_send.as_str().to_owned()),
        ];
        if *metered {
            variables.push((METERED, true.to_string()));
        }
        variables.extend(region.iter().map(|it| (REGION, it.clone())));
        if let Some(notices) = notices {
            variables.extend([
                (ACCOUNT, notices.account.clone()),
                (CHAT, notices.chat.to_string()),
                (FROM, notices.from.as_str().to_owned()),
            ]);
        }
        if let Some(MitigationSettings {
            account,
            from,
            limits,
        }) = mitigation
        {
            if notices.is_none() {
                variables.push((ACCOUNT, account.clone()));
            }
            variables.push((MITIGATION_FROM, from.as_str().to_owned()));
            let limits = limits.to_env().into_iter();
            variables.extend(limits.filter(|(name, _)| *name != ALWAYS_SENT));
        }
        variables
    }

    /// What the variables of the environment say.
    ///
    /// # Errors
    ///
    /// When one is missing or cannot be read.
    pub fn from_env(variables: &Variables) -> Result<Self, InvalidVariable> {
        let notices = match variables.get(FROM) {
            Some(_) => Some(NoticeSettings {
                account: variables.require(ACCOUNT)?.to_owned(),
                chat: variables.parse(CHAT)?,
                from: priority(variables, FROM)?,
            }),
            None => None,
        };
        let mitigation = match variables.get(MITIGATION_FROM) {
            Some(_) => Some(MitigationSettings {
                account: variables.require(ACCOUNT)?.to_owned(),
                from: priority(variables, MITIGATION_FROM)?,
                limits: Limits::from_env(variables)?,
            }),
            None => None,
        };
        Ok(Self {
            notices,
            mitigation,
            space: variables.require(SPACE)?.to_owned(),
            region: variables.get(REGION).map(str::to_owned),
            price: variables.parse(PRICE)?,
            metered: variables.parse_if_set(METERED)?.unwrap_or_default(),
            always_send: priority(variables, ALWAYS_SENT)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let notices = NoticeSettings {
            account: "prod".to_owned(),
            chat: true,
            from: Priority::Medium,
        };
        let mitigation = MitigationSettings {
            account: "prod".to_owned(),
            from: Priority::Critical,
            limits: Limits {
                always_send: Priority::High,
                dollars_per_day: Some(20),
                ..Limits::new(2, 8)
            },
        };
        for (region, notices, mitigation) in [
            (None, None, None),
            (None, None, Some(mitigation.clone())),
            (
                Some("us-east-1".to_owned()),
                Some(notices),
                Some(mitigation),
            ),
        ] {
            let settings = AgentSettings {
                space: "0a1b2c3d-0000-1111-2222-333344445555".to_owned(),
                region,
                price: AgentSettings::PRICE,
                metered: mitigation.is_some(),
                always_send: Priority::High,
                notices,
                mitigation,
            };
            let variables = settings.to_env().into_iter().collect();
            assert_eq!(AgentSettings::from_env(&variables), Ok(settings));
        }
    }
}
