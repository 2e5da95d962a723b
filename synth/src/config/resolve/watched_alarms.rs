//! Alarms that exist already.

use stacks::monitor::{AlarmPrefix, StackName};

use super::Resolver;
use crate::config::field::Field;

impl Resolver<'_> {
    pub(super) fn watched_alarms(
        &mut self,
        fields: &[Field<String>],
        stack: &StackName,
    ) -> Vec<AlarmPrefix> {
        let own = contract::names::own_prefix(stack.as_str());
        let mut watched: Vec<(AlarmPrefix, &str)> = Vec::new();
        for field in fields {
            let text = field.value.as_deref().unwrap_or_default();
            let hint = if text.contains('*') {
                "name the beginning of the names, as in `legacy-*`, or `*` for all"
            } else {
                ""
            };
            let Some(prefix) = self.parsed(field, hint, AlarmPrefix::parse) else {
                continue;
            };
            let begins_like =
                |(other, _): &&(AlarmPrefix, _)| prefix.as_str().starts_with(other.as_str());
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
                watched.push((prefix, text));
            }
        }
        watched.into_iter().map(|(prefix, _)| prefix).collect()
    }
}
