//! Amazon SNS: messages to people.

use std::fmt;

use super::{CallError, Service};
use crate::settings::{Environment, InvalidVariable};

/// A topic.
#[derive(Clone, Debug)]
pub struct Topic {
    service: Service,
    arn: String,
}

/// A message to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The subject of mails: at most 100 characters of ASCII.
    pub subject: String,
    /// The message; or one for each protocol, as JSON.
    pub body: String,
    /// Whether it is one for each protocol.
    pub is_by_protocol: bool,
    /// What filter policies of subscriptions go by.
    pub attributes: Vec<(&'static str, String)>,
}

impl Topic {
    /// The topic of this ARN, which names its region.
    ///
    /// # Errors
    ///
    /// When the environment names no region or credentials.
    pub fn new(
        http: reqwest::Client,
        environment: &Environment,
        arn: &str,
    ) -> Result<Self, InvalidVariable> {
        let own = environment.region()?;
        let region = arn.split(':').nth(3).filter(|it| !it.is_empty());
        let region = region.unwrap_or(own);
        Ok(Self {
            service: Service::in_region(http, environment, "sns", "SNS", region)?,
            arn: arn.to_owned(),
        })
    }

    /// Sends a message. Source: `Publish` in the SNS API reference.
    ///
    /// # Errors
    ///
    /// When the topic does not take it.
    pub async fn publish(&self, message: &Message) -> Result<(), CallError> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", "Publish")
            .append_pair("Version", "2010-03-31")
            .append_pair("TopicArn", &self.arn)
            .append_pair("Subject", &message.subject)
            .append_pair("Message", &message.body);
        if message.is_by_protocol {
            form.append_pair("MessageStructure", "json");
        }
        for (number, (name, value)) in (1..).zip(&message.attributes) {
            let mut pair = |field: fmt::Arguments<'_>, value: &str| {
                let name = format!("MessageAttributes.entry.{number}.{field}");
                form.append_pair(&name, value);
            };
            pair(format_args!("Name"), name);
            pair(format_args!("Value.DataType"), "String");
            pair(format_args!("Value.StringValue"), value);
        }
        let content = "application/x-www-form-urlencoded";
        let headers = [("content-type", content.to_owned())];
        let body = form.finish().into_bytes();
        self.service.call("Publish", &headers, body).await.map(drop)
    }
}
