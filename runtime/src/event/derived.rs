//! Fields that are derived from an event. Titles and groups use them like the event's own:
//! `{principal} was denied {detail.eventName}`.

use contract::Paths;
use serde_json::Value as Json;

use super::principal::principal;
use crate::read::{at, first_of, show, text};

/// The derived fields of an event.
#[derive(Default)]
pub(super) struct Derived {
    /// `principal`: the caller, if CloudTrail recorded a call.
    principal: Option<String>,
    /// `session`: the name of the caller's session.
    session: Option<String>,
    /// `dryRun`: a note, if the call was a dry run.
    dry_run: Option<String>,
    /// `subject`: the subject of a sentence about the event, such as `Pipeline release`.
    subject: Option<String>,
}

impl Derived {
    /// The derived fields of `event`. An event has none unless its source is AWS: anybody may put events of
    /// other sources on a bus, but not of these.
    pub(super) fn of(event: &Json) -> Self {
        let is_of_aws = text(event, "source").is_some_and(|source| source.starts_with("aws."));
        if !is_of_aws {
            return Self::default();
        }
        let caller = at(event, "detail.userIdentity")
            .filter(|identity| identity.is_object())
            .map(principal);
        let dry_run = at(event, "detail.requestParameters.dryRun").and_then(Json::as_bool);
        let (principal, session) = caller.map_or((None, None), |it| (Some(it.name), it.session));
        Self {
            principal,
            session,
            dry_run: dry_run
                .filter(|it| *it)
                .map(|_| "nothing would have been done".to_owned()),
            subject: pipeline(event),
        }
    }

    fn get(&self, path: &str) -> Option<&str> {
        match path {
            "principal" => self.principal.as_deref(),
            "session" => self.session.as_deref(),
            "dryRun" => self.dry_run.as_deref(),
            "subject" => self.subject.as_deref(),
            _ => None,
        }
    }

    /// The first of `paths` that has a value, among the derived fields or in `event`, and that value.
    pub(super) fn first_of<'p>(
        &self,
        event: &Json,
        paths: impl IntoIterator<Item = &'p str>,
    ) -> Option<(&'p str, String)> {
        paths.into_iter().find_map(|path| {
            let own = self.get(path).map(str::to_owned);
            let value = own.or_else(|| first_of(event, [path]).map(|(_, value)| show(value)))?;
            Some((path, value))
        })
    }

    /// The value of the first of `paths` that has one.
    pub(super) fn value(&self, event: &Json, paths: &Paths) -> Option<String> {
        self.first_of(event, paths.iter()).map(|(_, value)| value)
    }
}

/// The subject of an execution: a failed rollback must not look like a failed release. Source: "Monitoring
/// CodePipeline events" in the CodePipeline user guide.
fn pipeline(event: &Json) -> Option<String> {
    let pipeline = text(event, "detail.pipeline")?;
    Some(match text(event, "detail.execution-type") {
        Some("ROLLBACK") => format!("The rollback of pipeline {pipeline}"),
        _ => format!("Pipeline {pipeline}"),
    })
}
