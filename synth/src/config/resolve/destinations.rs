//! Who is notified, and where incidents may go.

use stacks::monitor::{HostName, InvalidTopic, OpsTopic, WebhookPolicy};

use super::{Resolver, items};
use crate::config::{
    field::Field,
    file,
    named::{Named, NamedKind},
    spans::Declaration,
};

impl Resolver<'_> {
    pub(super) fn ops_topic(
        &mut self,
        field: &Field<String>,
        regions: &[String],
    ) -> Option<OpsTopic> {
        let text = field.value.as_deref()?;
        let topic = match OpsTopic::parse(text) {
            Ok(topic) => topic,
            Err(error) => {
                let hint = match &error {
                    InvalidTopic::ByName(_) => "give the name or the ARN of a topic that exists",
                    InvalidTopic::ByArn(_) => "",
                };
                self.error(&field.span, error.to_string(), hint);
                return None;
            }
        };
        if let Some(own) = topic.region()
            && let Some(region) = regions.iter().find(|region| *region != own)
        {
            self.error(
                &field.span,
                format!("alarms in {region} cannot notify a topic in {own}"),
                "give the topic's name, and have a topic of that name in every region",
            );
        }
        self.named
            .push(Named::new(NamedKind::Topic, text, &field.span));
        Some(topic)
    }

    pub(super) fn webhook(&mut self, webhook: file::Webhook) -> WebhookPolicy {
        if let Some(field) = &webhook.hosts {
            self.spans.insert(Declaration::WebhookHosts, &field.span);
        }
        let hint = "write it in lower case, without scheme, port and path: `hooks.example.com`";
        let hosts = items(webhook.hosts)
            .iter()
            .filter_map(|field| self.parsed(field, hint, HostName::parse))
            .collect();
        let loopback_http = webhook
            .loopback_http
            .as_ref()
            .and_then(|field| field.value)
            .unwrap_or_default();
        WebhookPolicy {
            hosts,
            loopback_http,
        }
    }
}
