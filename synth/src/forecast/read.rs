//! What happened in a region: from CloudWatch's history of its alarms, and from the tasks that ECS still knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use runtime::read::{list, text};
use serde_json::{Value as Json, json};

use super::{
    Happened, Origin,
    event::{of_alarm, of_task, went_off},
};
use crate::{
    aws::{AwsError, Region},
    lookup::{
        ListCall, Unread, all_kinds_of_alarms,
        calls::{ALARMS, CLOUDWATCH, ECS},
        pages,
    },
};

/// The history of alarms, the newest first. CloudWatch keeps 30 days of it. Source: `DescribeAlarmHistory` in the CloudWatch
/// API reference.
const HISTORY: ListCall = ListCall {
    service: &CLOUDWATCH,
    operation: "CloudWatch DescribeAlarmHistory",
    permission: "cloudwatch:DescribeAlarmHistory",
    what: "changes of alarms",
    lists: &["AlarmHistoryItems"],
    name: "AlarmName",
    token: ("NextToken", "NextToken"),
    page: ("MaxRecords", 100),
};
/// Tasks of a cluster that have stopped. ECS keeps them for an hour. Source: "View stopped task errors" in the ECS developer
/// guide.
const STOPPED: ListCall = ListCall {
    service: &ECS,
    operation: "ECS ListTasks",
    permission: "ecs:ListTasks",
    what: "stopped tasks",
    lists: &["taskArns"],
    name: "",
    token: ("nextToken", "nextToken"),
    page: ("maxResults", 100),
};
/// What those tasks are; a hundred at once.
const TASKS: ListCall = ListCall {
    service: &ECS,
    operation: "ECS DescribeTasks",
    permission: "ecs:DescribeTasks",
    what: "stopped tasks",
    lists: &["tasks"],
    name: "taskArn",
    token: ("", ""),
    page: ("", 0),
};
/// Pages of the history at most: 30,000 changes.
const PAGES: usize = 300;
/// What one call can ask for by name.
const AT_ONCE: usize = 100;
/// How long reading may take in a region.
const LIMIT: Duration = Duration::from_mins(3);

/// What happened in a region.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Where.
    pub origin: Origin,
    /// Since when alarms are known; nothing where none of them could be read.
    pub since: Option<Timestamp>,
    /// Whether that is as far back as was asked for.
    pub is_complete: bool,
    /// What happened, the oldest first.
    pub happened: Vec<Happened>,
    /// What could not be read, and why.
    pub unread: Vec<(&'static str, Unread)>,
}

/// Reads what happened since then to alarms of which `is_watched` is true, and in clusters.
pub async fn read(
    region: &Region,
    since: Timestamp,
    is_watched: impl Fn(&str) -> bool,
    clusters: &[String],
) -> History {
    let mut history = History {
        origin: Origin {
            region: region.name().to_owned(),
            account: region.account.clone(),
        },
        since: Some(since),
        is_complete: true,
        happened: Vec::new(),
        unread: Vec::new(),
    };
    let clock = region.aws.clock();
    let end = clock.now() + LIMIT;
    let mut items: Vec<Json> = Vec::new();
    let all = read_changes(region, end, since, &is_watched, &mut items).await;
    match all {
        Ok(true) => {}
        Ok(false) => {
            let oldest = items
                .last()
                .and_then(|it| of_alarm(it, None, &history.origin));
            history.since = oldest.map_or(Some(since), |it| Some(it.at));
            history.is_complete = false;
        }
        Err(error) => {
            history.since = None;
            history
                .unread
                .push((HISTORY.what, Unread::of(&HISTORY, &error)));
        }
    }
    let alarms = match read_alarms(region, &items).await {
        Ok(alarms) => alarms,
        Err(error) => {
            history
                .unread
                .push((ALARMS.what, Unread::of(&ALARMS, &error)));
            BTreeMap::new()
        }
    };
    let changes = items.iter().filter_map(|item| {
        let alarm = alarms.get(went_off(item)?);
        of_alarm(item, alarm, &history.origin)
    });
    history.happened.extend(changes);
    for cluster in clusters {
        if clock.now() > end {
            let late = Unread::Failed("reading took too long".to_owned());
            history.unread.push((STOPPED.what, late));
            break;
        }
        match read_tasks(region, cluster).await {
            Ok(tasks) => {
                let stopped = tasks.iter().filter_map(|it| of_task(it, &history.origin));
                history.happened.extend(stopped);
            }
            Err((call, error)) => {
                history.unread.push((call.what, Unread::of(call, &error)));
                break;
            }
        }
    }
    history.happened.sort_by_key(|it| it.at);
    history
}

/// Collects the changes in which watched alarms went off, the newest first; says whether these are all.
async fn read_changes(
    region: &Region,
    end: SystemTime,
    since: Timestamp,
    is_watched: &impl Fn(&str) -> bool,
    items: &mut Vec<Json>,
) -> Result<bool, AwsError> {
    let mut parameters = all_kinds_of_alarms().to_vec();
    parameters.extend([
        ("HistoryItemType", json!("StateUpdate")),
        ("StartDate", json!(since.as_second())),
        ("ScanBy", json!("TimestampDescending")),
    ]);
    let clock = region.aws.clock();
    let read = pages(&region.aws, &HISTORY, &parameters, PAGES, |answer| {
        let page = answer.json().map(|it| list(it, HISTORY.lists[0]));
        let is_one = |it: &&Json| went_off(it).is_some_and(is_watched);
        let page = page.unwrap_or_default().iter().filter(is_one);
        items.extend(page.cloned());
        clock.now() > end
    });
    read.await
}

/// The alarms of these changes as they are now, by name.
async fn read_alarms(region: &Region, items: &[Json]) -> Result<BTreeMap<String, Json>, AwsError> {
    let names: BTreeSet<&str> = items.iter().filter_map(went_off).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut alarms = BTreeMap::new();
    for names in names.chunks(AT_ONCE) {
        let mut parameters = all_kinds_of_alarms().to_vec();
        parameters.push(("AlarmNames", json!(names)));
        let read = pages(&region.aws, &ALARMS, &parameters, PAGES, |answer| {
            let lists = ALARMS.lists.iter();
            let found = lists.filter_map(|it| answer.json().map(|all| list(all, it)));
            for alarm in found.flatten() {
                if let Some(name) = text(alarm, ALARMS.name) {
                    alarms.insert(name.to_owned(), alarm.clone());
                }
            }
            false
        });
        read.await?;
    }
    Ok(alarms)
}

async fn read_tasks(
    region: &Region,
    cluster: &str,
) -> Result<Vec<Json>, (&'static ListCall, AwsError)> {
    let stopped = [
        ("cluster", json!(cluster)),
        ("desiredStatus", json!("STOPPED")),
    ];
    let mut arns: Vec<String> = Vec::new();
    let read = pages(&region.aws, &STOPPED, &stopped, PAGES, |answer| {
        arns.extend(answer.members(STOPPED.lists[0], STOPPED.name));
        false
    });
    read.await.map_err(|error| (&STOPPED, error))?;
    let mut tasks = Vec::new();
    for arns in arns.chunks(AT_ONCE) {
        let these = [("cluster", json!(cluster)), ("tasks", json!(arns))];
        let read = region.aws.call(TASKS.service, TASKS.operation, &these);
        let answer = read.await.map_err(|error| (&TASKS, error))?;
        let found = answer.json().map(|it| list(it, TASKS.lists[0]));
        tasks.extend_from_slice(found.unwrap_or_default());
    }
    Ok(tasks)
}
