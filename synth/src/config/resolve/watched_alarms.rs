//! Alarms that exist already.

use std::ops::Range;

use stacks::monitor::{AlarmPattern, Priority, StackName, WatchedAlarms};

use super::{List, Resolver, items, priority};
use crate::config::{
    field::Field,
    file,
    named::{Named, NamedKind},
    spans::Declaration,
    text_or::TextOr,
};

const HINT: &str = "`*` stands for any characters: `legacy-*`, `*-5xx`, `*` for all";

impl Resolver<'_> {
    /// The alarms that are watched, and those of them that are not all the same.
    pub(super) fn watched_alarms(
        &mut self,
        list: List<TextOr<file::WatchedAlarms>>,
        stack: &StackName,
        regions: &[String],
    ) -> (Vec<WatchedAlarms>, Vec<AlarmPattern>) {
        let own = contract::names::own_prefix(stack.as_str());
        let mut watched: Vec<(WatchedAlarms, String)> = Vec::new();
        let mut excepted: Vec<AlarmPattern> = Vec::new();
        let mut is_sound = true;
        let place = list.as_ref().map(|it| it.span.clone());
        if let Some(place) = &place {
            self.spans.insert(Declaration::WatchedAlarms, place);
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
            let text = field.value.clone().unwrap_or_default();
            if let Some(name) = text.strip_prefix('!') {
                self.excepted(&field, name, alarms.is_some(), &mut excepted);
                continue;
            }
            let hint = if text.contains('*') { HINT } else { "" };
            let Some(pattern) = self.parsed(&field, hint, AlarmPattern::parse) else {
                continue;
            };
            if pattern.beginning().starts_with(&own) {
                self.error(
                    &field.span,
                    format!("alarms that begin with `{own}` are this stack's own"),
                    "they have their own way to the agent: remove this entry",
                );
                continue;
            }
            self.warn_of_many_stars(&field, &pattern);
            let before = self.problems.len();
            let alarms = self.urgency(pattern, alarms.map(|it| *it), &span, regions);
            if self.problems.len() > before {
                // What is wrong about an entry is enough: it is not compared with others.
                is_sound = false;
                continue;
            }
            if let Some((_, other)) = watched.iter().find(|(it, _)| is_needless(&alarms, it)) {
                let message = format!("`{text}` is watched already, by `{other}`");
                self.error(&field.span, message, "");
                continue;
            }
            if text.ends_with(char::is_alphanumeric) && !text.contains('*') && text != "all" {
                self.warn(
                    &field.span,
                    format!("`{text}` watches every alarm whose name begins like this"),
                    &format!("write `{}` to say so", alarms.pattern),
                );
            }
            let mut named = Named::new(NamedKind::Alarms, alarms.pattern.to_string(), &field.span);
            named.regions.clone_from(&alarms.regions);
            self.named.push(named);
            watched.push((alarms, text));
        }
        let excepts_only = is_sound && watched.is_empty() && !excepted.is_empty();
        if let (true, Some(place)) = (excepts_only, place) {
            let message = "alarms are excepted here, and none are watched";
            self.error(
                &place,
                message,
                "add what is watched, such as `\"*\"` for all",
            );
        }
        let watched = watched.into_iter().map(|(alarms, _)| alarms).collect();
        (watched, excepted)
    }

    /// EventBridge refuses a rule whose wildcards are too complex, and does not publish when that is. Source: "Wildcard
    /// matching complexity" in the EventBridge user guide.
    fn warn_of_many_stars(&mut self, field: &Field<String>, pattern: &AlarmPattern) {
        const MANY: usize = 4;
        let stars = pattern.as_str().matches('*').count();
        if stars > MANY {
            self.warn(
                &field.span,
                format!("`{pattern}` has {stars} `*`: EventBridge may refuse it as too complex"),
                &format!("with {MANY} or fewer a deploy is less likely to fail"),
            );
        }
    }

    /// An exception, which begins with `!`.
    fn excepted(
        &mut self,
        field: &Field<String>,
        name: &str,
        is_full: bool,
        excepted: &mut Vec<AlarmPattern>,
    ) {
        let Some(pattern) = self.parsed(field, HINT, |_| AlarmPattern::parse(name)) else {
            return;
        };
        if is_full {
            let message = "an exception holds for every entry, in every region";
            self.error(
                &field.span,
                message,
                &format!("write `\"!{name}\"` instead of a map"),
            );
        } else if pattern.as_str() == "*" {
            self.error(&field.span, "this excepts every alarm", "");
        } else if excepted.contains(&pattern) {
            let first = self
                .named
                .iter()
                .find(|it| it.kind == NamedKind::Exception && it.name == pattern.to_string());
            let first = first.map_or(field.span.clone(), |it| it.span.clone());
            self.duplicate("exception", &format!("!{name}"), &field.span, &first);
        } else {
            self.warn_of_many_stars(field, &pattern);
            let named = Named::new(NamedKind::Exception, pattern.to_string(), &field.span);
            self.named.push(named);
            excepted.push(pattern);
        }
    }

    /// How urgent the alarms of an entry are, as far as it says.
    fn urgency(
        &mut self,
        pattern: AlarmPattern,
        entry: Option<file::WatchedAlarms>,
        span: &Range<usize>,
        regions: &[String],
    ) -> WatchedAlarms {
        let said = |field: Option<&Field<file::Priority>>| {
            let value = field.and_then(|it| it.value);
            value.map(priority)
        };
        let urgency = entry.as_ref().and_then(|it| said(it.priority.as_ref()));
        let urgency = urgency.unwrap_or(Priority::High);
        let at_most = entry.as_ref().and_then(|it| said(it.at_most.as_ref()));
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
        let list = entry.and_then(|it| it.regions);
        WatchedAlarms {
            pattern,
            priority: urgency,
            at_most,
            regions: self.some_regions(list, regions),
        }
    }
}

/// Whether one of two entries says nothing that the other does not, in whichever order they stand. The longer prefix counts
/// where both do.
fn is_needless(one: &WatchedAlarms, other: &WatchedAlarms) -> bool {
    if one.regions != other.regions {
        return false;
    }
    if one.pattern == other.pattern {
        return true;
    }
    let is_alike = (one.priority, one.at_most) == (other.priority, other.at_most);
    let (Some(one), Some(other)) = (one.pattern.prefix(), other.pattern.prefix()) else {
        return false;
    };
    is_alike && (one.starts_with(other) || other.starts_with(one))
}
