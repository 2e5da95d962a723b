//! Who is told, and where incidents may go.

use stacks::{Arn, Value, arn::Topic, monitor::WebhookPolicy};

use super::{Lower, items};
use crate::config::{field::Field, file, places::Said};

impl Lower<'_> {
    pub(super) fn ops_topic(
        &mut self,
        field: &Field<String>,
        regions: &[String],
    ) -> Option<Value<Arn<Topic>>> {
        let text = field.value.as_deref()?;
        if !text.starts_with("arn:") {
            let plain = text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
            if plain && !text.is_empty() && text.len() <= 256 {
                return Some(Value::topic_beside_stack(text));
            }
            self.error(
                &field.span,
                format!("`{text}` is not the name of an SNS topic"),
                "give the name or the ARN of a topic that exists",
            );
            return None;
        }
        let arn = self.parsed(field, "", Arn::parse)?;
        if let Some(region) = regions.iter().find(|region| *region != arn.region()) {
            self.error(
                &field.span,
                format!("alarms in {region} cannot tell a topic in {}", arn.region()),
                "give the topic's name, and have a topic of that name in every region",
            );
        }
        Some(arn.into())
    }

    pub(super) fn webhook(&mut self, webhook: file::Webhook) -> WebhookPolicy {
        let mut hosts = Vec::new();
        if let Some(field) = &webhook.hosts {
            self.places.insert(Said::WebhookHosts, &field.span);
        }
        for field in &items(webhook.hosts) {
            let Some(host) = &field.value else { continue };
            let valid = host.contains('.')
                && !host.starts_with(['.', '-'])
                && !host.ends_with(['.', '-'])
                && host
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
                && host.parse::<std::net::Ipv4Addr>().is_err();
            if valid {
                hosts.push(host.clone());
            } else {
                self.error(
                    &field.span,
                    format!("`{host}` is not the full name of a host"),
                    "write it in lower case, without scheme, port and path: `hooks.example.com`",
                );
            }
        }
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
