//! Whether what an account file names is in the account: a name that is misspelt watches nothing, and nothing else
//! would say so.
//!
//! Only commands that talk to AWS anyway look. What cannot be read is said, and is no mistake of the file.

pub mod calls;
mod list;
mod presence;
pub mod suggest;

use std::collections::BTreeMap;

use contract::names::own_prefix;
use futures_util::future::join_all;

pub use calls::{CALLS, ListCall};
pub use list::Names;
pub(crate) use list::{list, pages};
pub use presence::{Unread, all_kinds_of_alarms};

use self::{
    presence::{Known, Presence, look_in},
    suggest::{nearest, nearest_prefix, some_of},
};
use crate::{
    aws::Region,
    config::{Account, Diagnostic, Named, NamedKind},
};

/// How the line begins that says what was not compared.
pub const UNREAD: &str = "not compared with the account: ";

/// What was found of the names in an account file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What is not there, as warnings in the order of the text.
    pub missing: Vec<Diagnostic>,
    /// Exceptions that except nothing, as warnings in the order of the text. What they are for may come later, so none
    /// is ever an error.
    pub idle: Vec<Diagnostic>,
    /// What was not compared, and why, in one line.
    pub unread: Option<String>,
    /// How many names were compared.
    pub compared: usize,
}

/// Looks up everything that the file names, in all regions at once. Ends within twenty seconds, and never fails.
pub async fn look_up(regions: &[Region], account: &Account) -> Findings {
    let own = own_prefix(account.monitor.stack.as_str());
    let in_regions = regions.iter().map(|region| {
        let own = &own;
        async move {
            let name = region.name();
            let named: Vec<(usize, &Named)> = account
                .named
                .iter()
                .enumerate()
                .filter(|(_, it)| is_there(it, region))
                .collect();
            (name, look_in(&region.aws, &named, own).await)
        }
    });
    findings(&account.named, &join_all(in_regions).await)
}

/// Whether something should be in a region of this account. Topics of other accounts cannot be looked up, and all of a
/// kind need not be any.
fn is_there(named: &Named, region: &Region) -> bool {
    let of_arn = |part: usize| {
        let is_arn = named.name.starts_with("arn:");
        is_arn.then(|| named.name.split(':').nth(part)).flatten()
    };
    let is_here = |name: &str| name == region.name();
    let is_any = named.name == "*" && named.kind != NamedKind::Trail;
    let is_in_it = match named.regions.as_slice() {
        [] => region.is_watched,
        regions => regions.iter().any(|it| is_here(it)),
    };
    !is_any
        && is_in_it
        && of_arn(3).is_none_or(is_here)
        && of_arn(4).is_none_or(|it| it == region.account)
}

/// Puts together what was found in each region. Pure.
fn findings(named: &[Named], regions: &[(&str, Vec<(usize, Presence)>)]) -> Findings {
    let mut result = Findings::default();
    let mut unread: BTreeMap<(&str, &Unread), Vec<&str>> = BTreeMap::new();
    for (at, named) in named.iter().enumerate() {
        let mut missing: Vec<&str> = Vec::new();
        let mut known = Known::default();
        let mut is_anywhere = false;
        let mut is_unread = false;
        for (region, found) in regions {
            match found.iter().find(|(it, _)| *it == at).map(|(_, it)| it) {
                None => {}
                Some(Presence::There) => is_anywhere = true,
                Some(Presence::Missing(others)) => {
                    missing.push(region);
                    known.add(others);
                }
                Some(Presence::Unread(why)) => {
                    is_unread = true;
                    let regions = unread
                        .entry((ListCall::of(&named.kind).what, why))
                        .or_default();
                    if !regions.contains(region) {
                        regions.push(region);
                    }
                }
            }
        }
        let is_needed_everywhere = named.kind.is_needed_everywhere();
        // It may be where nothing was read.
        let is_unknown = is_unread && !is_anywhere && !is_needed_everywhere;
        if is_unknown || (missing.is_empty() && !is_anywhere) {
            continue;
        }
        result.compared += 1;
        if missing.is_empty() || (is_anywhere && !is_needed_everywhere) {
            continue;
        }
        let message = format!("{} in {}", absent(named), missing.join(", "));
        let warning = Diagnostic::warning(named.span.clone(), message).hint(hint(named, &known));
        match named.kind {
            NamedKind::Exception => result.idle.push(warning),
            _ => result.missing.push(warning),
        }
    }
    if !unread.is_empty() {
        let parts = unread.into_iter().map(|((what, why), regions)| {
            format!("{what} in {}: {}", regions.join(", "), why.reason())
        });
        let parts: Vec<String> = parts.collect();
        result.unread = Some(format!("{UNREAD}{}", parts.join("; ")));
    }
    result
}

/// What is not there.
fn absent(named: &Named) -> String {
    let name = &named.name;
    let what = match &named.kind {
        NamedKind::Clusters => "cluster",
        NamedKind::Services(_) => "service",
        NamedKind::Alarms | NamedKind::Exception | NamedKind::Alarm => "alarm",
        NamedKind::Topic => "SNS topic",
        NamedKind::Pipelines => "pipeline",
        NamedKind::Subnet => "subnet",
        NamedKind::SecurityGroup => "security group",
        NamedKind::Table => "DynamoDB table",
        NamedKind::Space => "agent space",
        NamedKind::Trail => {
            return "denied calls are not seen: no trail of CloudTrail records calls".to_owned();
        }
    };
    let absent = match name.strip_suffix('*') {
        _ if named.kind == NamedKind::Alarm => format!("no alarm `{name}`"),
        Some(prefix) if !prefix.contains('*') => format!("0 {what}s begin with `{prefix}`"),
        _ if name.contains('*') => format!("0 {what}s match `{name}`"),
        _ => format!("no {what} `{name}`"),
    };
    match &named.kind {
        NamedKind::Services(cluster) => format!("{absent} in the cluster `{cluster}`"),
        NamedKind::Exception => format!("nothing is excepted: {absent}"),
        _ => absent,
    }
}

/// What was probably meant, or what there is.
fn hint(named: &Named, Known { names, unread }: &Known) -> String {
    if named.kind == NamedKind::Trail {
        return "create a trail that logs management events".to_owned();
    }
    let name = named.name.rsplit(':').next().unwrap_or(&named.name);
    let name = if named.name.starts_with("arn:") {
        name
    } else {
        &named.name
    };
    if names.is_empty() {
        return match unread {
            Some(why) => format!("what there is was not read: {}", why.reason()),
            None => "there are none".to_owned(),
        };
    }
    let is_pattern = named.kind != NamedKind::Alarm && name.contains('*');
    let meant = match name.strip_suffix('*') {
        Some(prefix) if is_pattern && !prefix.contains('*') => nearest_prefix(prefix, names)
            .map(|(prefix, count)| format!("did you mean `{prefix}*`, as {count} do?")),
        _ if is_pattern => None,
        _ => nearest(name, names).map(|it| format!("did you mean `{it}`?")),
    };
    meant.unwrap_or_else(|| match unread {
        Some(why) => format!("{}, such as {}", why.reason(), some_of(names)),
        None => format!("there are {}: {}", names.len(), some_of(names)),
    })
}

impl Known {
    /// Adds what another region has.
    fn add(&mut self, other: &Self) {
        self.names.extend_from_slice(&other.names);
        self.names.sort_unstable();
        self.names.dedup();
        if self.unread.is_none() {
            self.unread.clone_from(&other.unread);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "clusters: [payment-prod]\nwatched-alarms: [prdo-*]\n";

    fn named(kind: NamedKind, name: &str) -> Named {
        let start = TEXT.find(name).unwrap_or_default();
        Named {
            kind,
            name: name.to_owned(),
            regions: Vec::new(),
            span: start..start + name.len(),
        }
    }

    fn missing(known: &[&str]) -> Presence {
        Presence::Missing(Known {
            names: known.iter().map(|it| (*it).to_owned()).collect(),
            unread: None,
        })
    }

    fn shown(findings: &Findings) -> String {
        let shown = findings.missing.iter();
        let shown: Vec<String> = shown.map(|it| it.render("a.yaml", TEXT, false)).collect();
        shown.join("\n")
    }

    #[test]
    fn what_is_missing_is_shown_at_its_place_with_what_was_meant() {
        let all = [
            named(NamedKind::Clusters, "payment-prod"),
            named(NamedKind::Alarms, "prdo-*"),
        ];
        let found = vec![
            (0, missing(&["payments-prod", "checkout-prod"])),
            (1, missing(&["prod-a", "prod-b"])),
        ];
        let shown = shown(&findings(&all, &[("eu-central-1", found)]));
        assert_eq!(
            shown,
            "warning: no cluster `payment-prod` in eu-central-1\n \
             --> a.yaml:1:12\n  |\n1 | clusters: [payment-prod]\n  |            ^^^^^^^^^^^^\n  |\n  \
             = hint: did you mean `payments-prod`?\n\
             warning: 0 alarms begin with `prdo-` in eu-central-1\n \
             --> a.yaml:2:18\n  |\n2 | watched-alarms: [prdo-*]\n  |                  ^^^^^^\n  |\n  \
             = hint: did you mean `prod-*`, as 2 do?"
        );
    }

    /// A cluster lives in one region, most often. A topic must be where the alarms are.
    #[test]
    fn what_is_watched_need_be_in_one_region_only() {
        let all = [
            named(NamedKind::Clusters, "shop"),
            named(NamedKind::Topic, "ops"),
        ];
        let here = vec![(0, Presence::There), (1, Presence::There)];
        let there = vec![(0, missing(&[])), (1, missing(&[]))];
        let found = findings(&all, &[("eu-central-1", here), ("us-east-1", there)]);
        assert_eq!(found.compared, 2);
        let shown = shown(&found);
        assert!(
            shown.starts_with("warning: no SNS topic `ops` in us-east-1\n"),
            "{shown}"
        );
        assert_eq!(found.missing.len(), 1);
    }

    /// Otherwise a strict deploy would fail because of what nobody has looked at.
    #[test]
    fn what_may_be_in_a_region_that_was_not_read_is_not_called_missing() {
        let all = [named(NamedKind::Clusters, "shop")];
        let denied = || Presence::Unread(Unread::Denied("ecs:ListClusters"));
        let unread = ("us-east-1", vec![(0, denied())]);
        let found = findings(&all, &[("eu-central-1", vec![(0, missing(&[]))]), unread]);
        assert!(found.missing.is_empty() && found.compared == 0);
        assert!(found.unread.unwrap().contains("clusters in us-east-1"));
    }

    #[test]
    fn there_are_none_is_said_only_of_what_was_read() {
        let known = |names: &[&str], unread| Known {
            names: names.iter().map(|it| (*it).to_owned()).collect(),
            unread,
        };
        let some = Some(Unread::Failed("only 10000 alarms were read".to_owned()));
        let denied = Some(Unread::Denied("cloudwatch:DescribeAlarms"));
        let prefix = named(NamedKind::Alarms, "prdo-*");
        for (known, expected) in [
            (known(&[], None), "there are none"),
            (
                known(&[], denied),
                "what there is was not read: needs `cloudwatch:DescribeAlarms`",
            ),
            (known(&["x-1"], None), "there are 1: x-1"),
            (
                known(&["x-1"], some),
                "only 10000 alarms were read, such as x-1",
            ),
        ] {
            assert_eq!(hint(&prefix, &known), expected);
        }
    }

    /// What is excepted may be made tomorrow, as alarms of autoscaling are.
    #[test]
    fn an_exception_that_excepts_nothing_is_never_an_error() {
        let all = [named(NamedKind::Exception, "prdo-*")];
        let found = findings(&all, &[("eu-central-1", vec![(0, missing(&["prod-a"]))])]);
        assert!(found.missing.is_empty());
        let said = found.idle[0].render("a.yaml", TEXT, false);
        assert!(
            said.starts_with("warning: nothing is excepted: 0 alarms begin with"),
            "{said}"
        );
    }

    #[test]
    fn what_was_not_read_is_one_line_and_no_mistake() {
        let all = [
            named(NamedKind::Clusters, "shop"),
            named(NamedKind::Topic, "ops"),
        ];
        let found = vec![
            (0, Presence::Unread(Unread::Denied("ecs:ListClusters"))),
            (
                1,
                Presence::Unread(Unread::Failed("Rate exceeded".to_owned())),
            ),
        ];
        let regions = [("eu-central-1", found.clone()), ("us-east-1", found)];
        let found = findings(&all, &regions);
        assert!(found.missing.is_empty());
        assert_eq!(
            found.unread.as_deref(),
            Some(
                "not compared with the account: clusters in eu-central-1, us-east-1: needs `ecs:ListClusters`; \
                 topics in eu-central-1, us-east-1: Rate exceeded"
            )
        );
    }
}
