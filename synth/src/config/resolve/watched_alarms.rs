//! Alarms that exist already.

use std::ops::Range;

use stacks::monitor::{AlarmPrefix, Priority, StackName, WatchedAlarms};

use super::{List, Resolver, items, priority};
use crate::config::{
    field::Field,
    file,
    named::{Named, NamedKind},
    spans::Declaration,
    text_or::TextOr,
};

impl Resolver<'_> {
    pub(super) fn watched_alarms(
        &mut self,
        list: List<TextOr<file::WatchedAlarms>>,
        stack: &StackName,
    ) -> Vec<WatchedAlarms> {
        let own = contract::names::own_prefix(stack.as_str());
        let mut watched: Vec<(WatchedAlarms, String)> = Vec::new();
        if let Some(list) = &list {
            self.spans.insert(Declaration::WatchedAlarms, &list.span);
        }
        for entry in items(list) {
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
            if prefix.as_str().starts_with(&own) {
                self.error(
                    &field.span,
                    format!("alarms that begin with `{own}` are this stack's own"),
                    "they have their own way to the agent: remove this entry",
                );
                continue;
            }
            let alarms = self.urgency(prefix, alarms.as_deref(), &span);
            if let Some((_, other)) = watched.iter().find(|(it, _)| is_needless(&alarms, it)) {
                let message = format!("`{text}` is watched already, by `{other}`");
                self.error(&field.span, message, "");
                continue;
            }
            if text.ends_with(char::is_alphanumeric) {
                self.warn(
                    &field.span,
                    format!("`{text}` watches every alarm whose name begins like this"),
                    &format!("write `{}` to say so", alarms.prefix),
                );
            }
            let named = Named::new(NamedKind::Alarms, alarms.prefix.to_string(), &field.span);
            self.named.push(named);
            watched.push((alarms, text.to_owned()));
        }
        watched.into_iter().map(|(alarms, _)| alarms).collect()
    }

    /// How urgent the alarms of an entry are, as far as it says.
    fn urgency(
        &mut self,
        prefix: AlarmPrefix,
        entry: Option<&file::WatchedAlarms>,
        span: &Range<usize>,
    ) -> WatchedAlarms {
        let said = |field: Option<&Field<file::Priority>>| {
            let value = field.and_then(|it| it.value);
            value.map(priority)
        };
        let urgency = entry.and_then(|it| said(it.priority.as_ref()));
        let urgency = urgency.unwrap_or(Priority::High);
        let at_most = entry.and_then(|it| said(it.at_most.as_ref()));
        let at_most = at_most.unwrap_or(Priority::High.min(urgency));
        if urgency < at_most {
            let message = format!(
                "`priority` {} is more urgent than `at-most` {}",
                urgency.as_str(),
                at_most.as_str()
            );
            let hint = "`at-most` is the most urgent that an alarm can be";
            self.error(span, message, hint);
        }
        WatchedAlarms {
            prefix,
            priority: urgency,
            at_most,
        }
    }
}

/// Whether one of two entries says nothing that the other does not, in whichever order they stand. The longer prefix counts
/// where both do.
fn is_needless(one: &WatchedAlarms, other: &WatchedAlarms) -> bool {
    let (one_prefix, other_prefix) = (one.prefix.as_str(), other.prefix.as_str());
    let is_within = one_prefix.starts_with(other_prefix) || other_prefix.starts_with(one_prefix);
    let is_alike = (one.priority, one.at_most) == (other.priority, other.at_most);
    one_prefix == other_prefix || (is_within && is_alike)
}
