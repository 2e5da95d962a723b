//! Whether what an account file names is in a region.

use std::{
    collections::BTreeSet,
    future::Future,
    time::{Duration, SystemTime},
};

use futures_util::future::{join, join_all};
use serde_json::{Value as Json, json};

use contract::settings::is_like;

use super::{
    calls::{ALARMS, CLUSTERS, ListCall, SERVICES},
    list::{Names, list},
};
use crate::{
    aws::{Aws, AwsError},
    config::{Named, NamedKind},
};

/// How long looking may take.
pub(super) const LIMIT: Duration = Duration::from_secs(15);
/// How long looking for what was meant may take beyond that.
pub(super) const SUGGESTIONS: Duration = Duration::from_secs(5);
/// Clusters whose services are listed, at most.
const CLUSTERS_WITH_SERVICES: usize = 50;

/// Whether something is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is.
    There,
    /// It is not, but these are.
    Missing(Known),
    /// Nobody knows, for this reason.
    Unread(Unread),
}

/// What there is of a kind, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// The names that were read.
    pub(super) names: Vec<String>,
    /// Why there may be others, if there may be.
    pub(super) unread: Option<Unread>,
}

/// Why nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unread {
    /// The credentials may not ask; they need this permission.
    Denied(&'static str),
    /// It could not be read, for this reason.
    Failed(String),
}

/// A named thing by its index, and whether it is there.
pub(super) type Found = (usize, Presence);

/// Looks for named things, each with an index, in one region. `own` is what the names of the stack's own alarms begin
/// with: those are not watched.
pub(super) async fn look_in(aws: &Aws, named: &[(usize, &Named)], own: &str) -> Vec<Found> {
    let end = aws.clock().now() + LIMIT;
    let of = |wanted: fn(&NamedKind) -> bool| -> Vec<(usize, &Named)> {
        let all = named.iter().copied();
        all.filter(|(_, it)| wanted(&it.kind)).collect()
    };
    let clusters = of(|it| matches!(it, NamedKind::Clusters | NamedKind::Services(_)));
    let alarms = of(|it| ListCall::of(it) == &ALARMS);
    let others = [
        NamedKind::Topic,
        NamedKind::Pipelines,
        NamedKind::Subnet,
        NamedKind::SecurityGroup,
        NamedKind::Table,
        NamedKind::Trail,
        NamedKind::Space,
    ];
    let others = others.into_iter().map(|kind| {
        let named: Vec<(usize, &Named)> = named
            .iter()
            .copied()
            .filter(|(_, it)| it.kind == kind)
            .collect();
        async move { in_one_list(aws, end, ListCall::of(&kind), &named).await }
    });
    let (clusters, (alarms, others)) = join(
        look_at_clusters(aws, end, &clusters),
        join(look_at_alarms(aws, end, &alarms, own), join_all(others)),
    )
    .await;
    let all = clusters.into_iter().chain(alarms);
    all.chain(others.into_iter().flatten()).collect()
}

/// What a list says of named things that are all in it.
async fn in_one_list(
    aws: &Aws,
    end: SystemTime,
    call: &'static ListCall,
    named: &[(usize, &Named)],
) -> Vec<Found> {
    if named.is_empty() {
        return Vec::new();
    }
    let names = in_time(aws, end, list(aws, call, &[], |_| false)).await;
    compared(call, names.as_ref(), named)
}

fn compared(
    call: &ListCall,
    names: Result<&Names, &AwsError>,
    named: &[(usize, &Named)],
) -> Vec<Found> {
    let presence = |named: &Named| match names {
        Err(error) => Presence::Unread(Unread::of(call, error)),
        Ok(names) if has(&names.names, &named.name) => Presence::There,
        Ok(names) if names.complete => Presence::Missing(Known {
            names: names.names.clone(),
            unread: None,
        }),
        Ok(names) => Presence::Unread(Unread::beyond(call, names.names.len())),
    };
    named.iter().map(|(at, it)| (*at, presence(it))).collect()
}

/// Whether one of the names is what is named. An ARN is its last part.
fn has(names: &[String], named: &str) -> bool {
    let wanted = if named.starts_with("arn:") {
        named.rsplit(':').next().unwrap_or(named)
    } else {
        named
    };
    names.iter().any(|it| is_like(wanted, it))
}

/// Clusters, and the services of those that are there.
async fn look_at_clusters(aws: &Aws, end: SystemTime, named: &[(usize, &Named)]) -> Vec<Found> {
    let (clusters, services): (Vec<_>, Vec<_>) = named
        .iter()
        .copied()
        .partition(|(_, it)| it.kind == NamedKind::Clusters);
    if clusters.is_empty() {
        return Vec::new();
    }
    let names = in_time(aws, end, list(aws, &CLUSTERS, &[], |_| false)).await;
    let mut found = compared(&CLUSTERS, names.as_ref(), &clusters);
    let there = match names {
        Ok(it) => it.names,
        Err(error) => {
            let unread = Presence::Unread(Unread::of(&CLUSTERS, &error));
            found.extend(services.iter().map(|(at, _)| (*at, unread.clone())));
            return found;
        }
    };
    let of_cluster = |named: &Named| match &named.kind {
        NamedKind::Services(cluster) => Some(cluster.clone()),
        _ => None,
    };
    // Nothing is known of services of a cluster that is not there, and one message is enough.
    let wanted: BTreeSet<String> = services
        .iter()
        .filter_map(|(_, it)| of_cluster(it))
        .filter(|it| there.contains(it))
        .collect();
    let (wanted, beyond): (Vec<_>, Vec<_>) = wanted
        .into_iter()
        .enumerate()
        .partition(|(at, _)| *at < CLUSTERS_WITH_SERVICES);
    let within = |clusters: &[(usize, String)], named: &Named| {
        of_cluster(named).is_some_and(|it| clusters.iter().any(|(_, name)| *name == it))
    };
    found.extend(
        services
            .iter()
            .filter(|(_, it)| within(&beyond, it))
            .map(|(at, _)| {
                let why = format!("only {CLUSTERS_WITH_SERVICES} clusters were looked into");
                (*at, Presence::Unread(Unread::Failed(why)))
            }),
    );
    for (_, cluster) in &wanted {
        let of_it: Vec<(usize, &Named)> = services
            .iter()
            .copied()
            .filter(|(_, it)| of_cluster(it).as_ref() == Some(cluster))
            .collect();
        let parameters = [("cluster", json!(cluster))];
        let names = in_time(aws, end, list(aws, &SERVICES, &parameters, |_| false)).await;
        found.extend(compared(&SERVICES, names.as_ref(), &of_it));
    }
    found
}

/// Alarms: each by how its name begins, because there may be thousands of others.
async fn look_at_alarms(
    aws: &Aws,
    end: SystemTime,
    named: &[(usize, &Named)],
    own: &str,
) -> Vec<Found> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for (at, it) in named {
        match in_time(aws, end, alarm(aws, it, own)).await {
            Ok(Some(true)) => found.push((*at, Presence::There)),
            Ok(Some(false)) => missing.push(*at),
            Ok(None) => {
                let unread = Unread::beyond(&ALARMS, 10_000);
                found.push((*at, Presence::Unread(unread)));
            }
            Err(error) => {
                let unread = Presence::Unread(Unread::of(&ALARMS, &error));
                let rest = named
                    .iter()
                    .map(|(at, _)| *at)
                    .filter(|at| !found.iter().any(|(it, _)| it == at) && !missing.contains(at));
                let rest: Vec<Found> = rest.map(|at| (at, unread.clone())).collect();
                found.extend(rest);
                break;
            }
        }
    }
    if missing.is_empty() {
        return found;
    }
    let all = in_time(
        aws,
        end + SUGGESTIONS,
        list(aws, &ALARMS, &all_kinds_of_alarms(), |_| false),
    )
    .await;
    let mut known = match all {
        Ok(all) => Known {
            unread: (!all.complete).then(|| Unread::beyond(&ALARMS, all.names.len())),
            names: all.names,
        },
        Err(error) => Known {
            names: Vec::new(),
            unread: Some(Unread::of(&ALARMS, &error)),
        },
    };
    known.names.retain(|it| !is_own(it, own));
    found.extend(
        missing
            .into_iter()
            .map(|at| (at, Presence::Missing(known.clone()))),
    );
    found
}

fn is_own(name: &str, own: &str) -> bool {
    !own.is_empty() && name.starts_with(own)
}

/// The parameter by which alarms of all kinds are listed: by itself, CloudWatch lists alarms on metrics only.
pub fn all_kinds_of_alarms() -> [(&'static str, Json); 1] {
    [("AlarmTypes", json!(["MetricAlarm", "CompositeAlarm"]))]
}

/// Whether there is such an alarm; nothing where there are too many to know.
async fn alarm(aws: &Aws, named: &Named, own: &str) -> Result<Option<bool>, AwsError> {
    let begins = named.name.split('*').next().unwrap_or_default();
    let is_it = |name: &String| {
        let is_own = named.kind != NamedKind::Alarm && is_own(name, own);
        !is_own && is_like(&named.name, name)
    };
    let mut parameters = all_kinds_of_alarms().to_vec();
    if !begins.is_empty() {
        parameters.push(("AlarmNamePrefix", json!(begins)));
    }
    let enough = |names: &[String]| names.iter().any(is_it);
    let names = list(aws, &ALARMS, &parameters, enough).await?;
    Ok(match names.names.iter().any(is_it) {
        true => Some(true),
        false if names.complete => Some(false),
        false => None,
    })
}

/// Waits for something, but no longer than until then.
async fn in_time<T>(
    aws: &Aws,
    end: SystemTime,
    work: impl Future<Output = Result<T, AwsError>>,
) -> Result<T, AwsError> {
    let left = end.duration_since(aws.clock().now()).unwrap_or_default();
    let done = aws.clock().at_most(left, work).await;
    done.unwrap_or_else(|| {
        Err(AwsError::NoAnswer {
            operation: "look-up",
            reason: format!("not done within {} seconds", LIMIT.as_secs()),
        })
    })
}

impl Unread {
    /// The reason, in a few words.
    pub fn reason(&self) -> String {
        match self {
            Self::Denied(permission) => format!("needs `{permission}`"),
            Self::Failed(reason) => reason.clone(),
        }
    }

    /// More than are read: only so many were.
    pub fn beyond(call: &ListCall, read: usize) -> Self {
        Self::Failed(format!("only {read} {} were read", call.what))
    }

    /// Why a call failed.
    pub fn of(call: &ListCall, error: &AwsError) -> Self {
        let refusals = [
            "AccessDenied",
            "Unauthorized",
            "NotAuthorized",
            "AuthorizationError",
        ];
        if error
            .code()
            .is_some_and(|code| refusals.iter().any(|it| code.contains(it)))
        {
            Self::Denied(call.permission)
        } else {
            Self::Failed(error.to_string())
        }
    }
}
