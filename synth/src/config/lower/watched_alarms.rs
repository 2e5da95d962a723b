//! Alarms that exist already.

use stacks::monitor::{AlarmPrefix, StackName};

use super::Lower;
use crate::config::field::Field;

impl Lower<'_> {
    pub(super) fn watched_alarms(
        &mut self,
        fields: &[Field<String>],
        stack: &StackName,
    ) -> Vec<AlarmPrefix> {
        let mut prefixes: Vec<AlarmPrefix> = Vec::new();
        for field in fields {
            let Some(prefix) = self.parsed(field, "", AlarmPrefix::parse) else {
                continue;
            };
            let own = format!("{stack}-");
            if prefix.as_str().starts_with(&own) {
                self.error(
                    &field.span,
                    format!("alarms that begin with `{own}` are this stack's own"),
                    "they have their own way to the agent: remove this entry",
                );
            } else if let Some(other) = prefixes
                .iter()
                .find(|other| prefix.as_str().starts_with(other.as_str()))
            {
                let message = format!("`{prefix}` is watched already, by `{other}`");
                self.error(&field.span, message, "");
            } else {
                prefixes.push(prefix);
            }
        }
        prefixes
    }
}
