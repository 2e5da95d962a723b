//! The stacks that an account file becomes, or what of it AWS would not take.

use std::ops::Range;

use contract::names::own_prefix;
use stacks::{
    Json, Stack, SynthesisError,
    quota::{OverQuota, Subject},
};

use super::{Account, diagnostic::Diagnostic, spans::Declaration};

impl Account {
    /// The stacks, in the order in which they are deployed; or every quota that they are over, each at the place
    /// that asks for too much, in the order of the text.
    ///
    /// # Errors
    ///
    /// Returns a [`Diagnostic`] for every quota of AWS that the account file is over, or one if two names lead to
    /// one resource.
    pub fn synthesize(&self) -> Result<Vec<Stack>, Vec<Diagnostic>> {
        stacks::synthesize(&self.monitor).map_err(|error| {
            let mut problems = match error {
                SynthesisError::DuplicateLogicalId(clash) => {
                    vec![Diagnostic::error(self.name_span(), clash.to_string())]
                }
                SynthesisError::Quotas(over) => over.iter().map(|it| self.problem(it)).collect(),
            };
            problems.sort_by_key(Diagnostic::start);
            problems
        })
    }

    /// The mistake that the file does not say which account it is for, if it does not.
    pub fn without_account_id(&self) -> Option<Diagnostic> {
        self.account_id.is_none().then(|| {
            Diagnostic::error(
                self.name_span(),
                "a deploy needs to know which account it is for",
            )
            .hint("add the account's twelve digits: `account: \"111122223333\"`")
        })
    }

    /// Where the file says what this resource of a template is made from, as far as its name shows that.
    pub fn span_of_resource(&self, resource: &Json) -> Option<Range<usize>> {
        let properties = &resource["Properties"];
        let name = properties["AlarmName"]
            .as_str()
            .or(properties["Name"].as_str())?;
        let own = own_prefix(self.monitor.stack.as_str());
        let name = name.strip_prefix(&own).unwrap_or(name);
        let declared = [
            Declaration::Alarm(name.to_owned()),
            Declaration::Event(name.to_owned()),
            Declaration::Event(name.strip_prefix("event-").unwrap_or(name).to_owned()),
        ];
        declared.iter().find_map(|it| self.spans.get(it)).cloned()
    }

    fn problem(&self, over: &OverQuota) -> Diagnostic {
        let span = self.span_of(&over.subject);
        let problem = Diagnostic::error(span.unwrap_or_else(|| self.name_span()), over.to_string());
        if over.remedy.is_empty() {
            problem
        } else {
            problem.hint(&over.remedy)
        }
    }

    /// Where the first stands of what is too much.
    fn span_of(&self, subject: &Subject) -> Option<Range<usize>> {
        let said: Vec<Declaration> = match subject {
            Subject::Alarms(names) => names
                .iter()
                .map(|it| Declaration::Alarm(it.to_string()))
                .collect(),
            Subject::Clusters(selectors) => {
                let names = selectors.iter().map(ToString::to_string);
                names.map(Declaration::Cluster).collect()
            }
            Subject::Event(name) => vec![Declaration::Event(name.as_str().to_owned())],
            Subject::EventPattern(name) => {
                vec![Declaration::EventPattern(name.as_str().to_owned())]
            }
            Subject::WatchedAlarms => vec![Declaration::WatchedAlarms],
            Subject::WebhookHosts => vec![Declaration::WebhookHosts],
            Subject::Everything => Vec::new(),
        };
        let spans = said.iter().filter_map(|it| self.spans.get(it));
        spans.min_by_key(|span| span.start).cloned()
    }

    /// Where problems are shown that no part of the file can be blamed for.
    fn name_span(&self) -> Range<usize> {
        self.spans.get(&Declaration::Name).cloned().unwrap_or(0..0)
    }
}
