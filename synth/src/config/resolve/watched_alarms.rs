//! Alarms that exist already.

use stacks::monitor::{AlarmPrefix, Priority, StackName, WatchedAlarms};

use super::{Resolver, priority};
use crate::config::{field::Field, file, text_or::TextOr};

impl Resolver<'_> {
    pub(super) fn watched_alarms(
        &mut self,
        fields: Vec<Field<TextOr<file::WatchedAlarms>>>,
        stack: &StackName,
    ) -> Vec<WatchedAlarms> {
        let own = contract::names::own_prefix(stack.as_str());
        let mut watched: Vec<(WatchedAlarms, String)> = Vec::new();
        for entry in fields {
            let span = entry.span.clone();
            let (field, alarms) = match entry.value {
                Some(TextOr::Text(name)) => (Field::of(name, span.clone()), None),
                Some(TextOr::Full(alarms)) => {
                    self.require(&span, &[("name", alarms.name.missing)]);
                    (alarms.name.clone(), Some(alarms))
                }
                None => continue,
            };
            let text = field.value.as_deref().unwrap_or_default();
            let hint = if text.contains('*') {
                "name the beginning of the names, as in `legacy-*`, or `*` for all"
            } else {
                ""
            };
            let Some(prefix) = self.parsed(&field, hint, AlarmPrefix::parse) else {
                continue;
            };
            let begins_like = |(other, _): &&(WatchedAlarms, _)| {
                prefix.as_str().starts_with(other.prefix.as_str())
            };
            if prefix.as_str().starts_with(&own) {
                self.error(
                    &field.span,
                    format!("alarms that begin with `{own}` are this stack's own"),
                    "they have their own way to the agent: remove this entry",
                );
            } else if let Some((_, other)) = watched.iter().find(begins_like) {
                let message = format!("`{text}` is watched already, by `{other}`");
                self.error(&field.span, message, "");
            } else {
                if text.ends_with(char::is_alphanumeric) {
                    self.warn(
                        &field.span,
                        format!("`{text}` watches every alarm whose name begins like this"),
                        &format!("write `{prefix}` to say so"),
                    );
                }
                let of = |field: Option<&Field<file::Priority>>| {
                    let value = field.and_then(|it| it.value);
                    value.map(priority)
                };
                let urgency = alarms.as_ref().and_then(|it| of(it.priority.as_ref()));
                let urgency = urgency.unwrap_or(Priority::High);
                let at_most = alarms.as_ref().and_then(|it| of(it.at_most.as_ref()));
                let at_most = at_most.unwrap_or(Priority::High.min(urgency));
                if urgency < at_most {
                    let message = format!(
                        "`priority` {} is more urgent than `at-most` {}",
                        urgency.as_str(),
                        at_most.as_str()
                    );
                    self.error(
                        &span,
                        message,
                        "`at-most` is the most urgent that an alarm can be",
                    );
                }
                let alarms = WatchedAlarms {
                    prefix,
                    priority: urgency,
                    at_most,
                };
                watched.push((alarms, text.to_owned()));
            }
        }
        watched.into_iter().map(|(alarms, _)| alarms).collect()
    }
}
