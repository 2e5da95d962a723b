//! Knowledge about kinds of events: the resource that they are about, the most important facts, and the page
//! of the console that shows them.

mod table;
#[cfg(test)]
mod tests;

use contract::Partition;
use serde_json::Value as Json;

use crate::read::{first_of, show, text};
use table::{ANY_OF_AWS, KINDS};

/// Paths in an event, of which the first that has a value counts.
type Alternatives = &'static [&'static str];

/// Knowledge about the events of a source.
pub(super) struct EventKind {
    source: &'static str,
    /// The types that it is about; every type of the source if there are none.
    detail_types: &'static [&'static str],
    /// The parts of the name of the resource that the events are about, of which the first is required. Often it
    /// is not the event's first resource: that is the build, and not its project.
    about: &'static [Alternatives],
    /// Cuts each part to what does not change from event to event.
    stable_part: fn(&str) -> &str,
    /// The most important facts: their labels and paths.
    pub(super) essentials: &'static [(&'static str, Alternatives)],
    /// A fact that an investigation needs and that the events lack.
    pub(super) missed: Option<&'static str>,
    /// Where an event names the page of the console that shows it.
    link: Option<&'static str>,
    /// The page of the console that shows an event: a path, and a fragment.
    page: fn(&Json) -> Option<(String, String)>,
}

/// The kind of an event, if it is known.
pub(super) fn kind(event: &Json) -> Option<&'static EventKind> {
    let (source, detail_type) = (text(event, "source")?, text(event, "detail-type")?);
    KINDS.iter().find(|kind| {
        let is_of_source = match kind.source {
            ANY_OF_AWS => source.starts_with("aws."),
            other => other == source,
        };
        is_of_source && (kind.detail_types.is_empty() || kind.detail_types.contains(&detail_type))
    })
}

/// The resource that an event is about: as its kind says, or else its first resource.
pub(super) fn about(event: &Json) -> Option<String> {
    kind(event)
        .and_then(|kind| kind.about(event))
        .or_else(|| text(event, "resources.0").map(str::to_owned))
}

impl EventKind {
    fn about(&self, event: &Json) -> Option<String> {
        let value = |places: &Alternatives| {
            let (_, value) = first_of(event, places.iter().copied())?;
            Some((self.stable_part)(&show(value)).to_owned())
        };
        let (first, others) = self.about.split_first()?;
        let first = value(first)?;
        let name = others
            .iter()
            .filter_map(value)
            .fold(first, |name, part| name + "/" + &part);
        // Names are unique only within a service.
        Some(if name.starts_with("arn:") {
            name
        } else {
            let service = self.source.strip_prefix("aws.").unwrap_or(self.source);
            format!("{service} {name}")
        })
    }

    /// The page of the console that the event itself names. Anything that is not the console is not shown.
    pub(super) fn link<'a>(&self, event: &'a Json) -> Option<&'a str> {
        let link = text(event, self.link?)?;
        let (host, _) = link.strip_prefix("https://")?.split_once('/')?;
        let console = Partition::COMMERCIAL.console?;
        let is_console = host == console
            || host
                .strip_suffix(console)
                .and_then(|it| it.strip_suffix('.'))
                .is_some_and(|it| Partition::of_region(it).is_some());
        let is_plain = link.bytes().all(|it| it.is_ascii_graphic()) && link.len() <= 500;
        (is_console && is_plain).then_some(link)
    }

    /// The page of the console that shows the event: a path, and a fragment, which comes after `#`.
    pub(super) fn page(&self, event: &Json) -> Option<(String, String)> {
        (self.page)(event)
    }
}
