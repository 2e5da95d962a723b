//! The stacks that a file becomes, or what of it AWS would not take.

use std::ops::Range;

use stacks::{
    Monitor, Stack, SynthesisError,
    quota::{OverQuota, Subject},
};

use super::Lower;
use crate::config::places::Said;

impl Lower<'_> {
    /// The stacks; none if there are problems. `otherwise` is where problems are shown that no part
    /// of the file can be blamed for.
    pub(super) fn stacks(&mut self, monitor: &Monitor, otherwise: &Range<usize>) -> Vec<Stack> {
        match stacks::synthesize(monitor) {
            Ok(stacks) => return stacks,
            Err(SynthesisError::DuplicateLogicalId(clash)) => {
                self.error(otherwise, clash.to_string(), "");
            }
            Err(SynthesisError::Quotas(over)) => {
                for it in over {
                    let span = self.place_of(&it).unwrap_or_else(|| otherwise.clone());
                    self.error(&span, it.to_string(), &it.remedy);
                }
            }
        }
        Vec::new()
    }

    /// Where the first stands of what is too much.
    fn place_of(&self, over: &OverQuota) -> Option<Range<usize>> {
        let said: Vec<Said> = match &over.subject {
            Subject::Alarms(names) => names.iter().map(|it| Said::Alarm(it.to_string())).collect(),
            Subject::Clusters(selectors) => {
                let names = selectors.iter().map(ToString::to_string);
                names.map(Said::Cluster).collect()
            }
            Subject::Event(name) => vec![Said::Event(name.as_str().to_owned())],
            Subject::WebhookHosts => vec![Said::WebhookHosts],
            Subject::Everything => Vec::new(),
        };
        let places = said.iter().filter_map(|it| self.places.get(it));
        places.min_by_key(|span| span.start).cloned()
    }
}
