//! What the days before would have been: the end of `synth discover`.

use std::collections::BTreeMap;

use contract::AlarmSettings;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use crate::{
    aws::Region,
    commands::Session,
    config::Account,
    discover::{Inventory, Kind, is_cluster_watched},
    error::Error,
    forecast::{Forecast, History, forecast, read},
    ledger::count,
    price::INVESTIGATION,
};

/// Alarms that are named, at most.
const NOISIEST: usize = 10;

/// What the days before would have been.
#[derive(Debug)]
pub(super) struct Report {
    forecast: Forecast,
    /// How many alarms are watched; nothing where they were not read in one of the regions.
    alarms: Option<usize>,
    days: u8,
}

/// How many incidents and investigations the last `days` would have been with this account file; nothing where nobody knows.
pub(super) async fn report(
    session: &Session,
    account: &Account,
    regions: &[Region],
    inventories: &[Inventory],
    days: u8,
) -> Result<Option<Report>, Error> {
    let terminal = session.terminal;
    terminal.say(&format!("reading what happened in the last {days} days"));
    let histories = async {
        let in_regions = regions
            .iter()
            .map(|region| history(account, region, inventories, days));
        Ok::<_, Error>(join_all(in_regions).await)
    };
    let histories = session.unless_stopped(histories).await?;
    say_unread(session, &histories);
    if histories.iter().all(|it| it.since.is_none()) {
        terminal.say("what the days before would have been is not known");
        return Ok(None);
    }
    for it in histories.iter().filter(|it| !it.is_complete) {
        if let Some(since) = it.since {
            let region = &it.origin.region;
            terminal.say(&format!(
                "too many changes of alarms in {region}: read since {since:.0}"
            ));
        }
    }
    let mut all = Forecast::default();
    for it in &histories {
        all = all.and(forecast(&account.monitor, &it.origin, &it.happened).await);
    }
    let alarms = regions.iter().map(|region| {
        let inventory = of_region(region, inventories).find(|it| it.is_read(Kind::Alarms))?;
        let settings = watched(account, region);
        let names = inventory.names(Kind::Alarms);
        Some(names.filter(|it| settings.knows(it)).count())
    });
    Ok(Some(Report {
        forecast: all,
        alarms: alarms.sum(),
        days,
    }))
}

impl Report {
    /// One line of all, and one of each of the noisiest alarms.
    pub(super) fn lines(&self) -> Vec<String> {
        let noisiest = self.forecast.noisiest(NOISIEST).into_iter();
        let noisiest = noisiest.map(|(alarm, times)| format!("{times:>8}  {alarm}"));
        [self.summary()].into_iter().chain(noisiest).collect()
    }

    pub(super) fn to_json(&self) -> Json {
        let noisiest = self.forecast.noisiest(NOISIEST).into_iter();
        let noisiest = noisiest.map(|(alarm, times)| json!({ "alarm": alarm, "times": times }));
        let (least, most) = self.dollars();
        json!({
            "days": self.days,
            "watchedAlarms": self.alarms,
            "wentOff": self.forecast.went_off,
            "stoppedTasks": self.forecast.stopped,
            "incidents": self.forecast.incidents,
            "investigations": self.forecast.investigations,
            "leastUsd": least,
            "mostUsd": most,
            "noisiest": noisiest.collect::<Vec<_>>(),
        })
    }

    /// What the investigations would have cost, at least and at most.
    fn dollars(&self) -> (f64, f64) {
        let sent = u32::try_from(self.forecast.investigations).map_or(f64::MAX, f64::from);
        (INVESTIGATION.0 * sent, INVESTIGATION.1 * sent)
    }

    /// `the last 14 days: 412 alarms went off 96 times, 3 tasks stopped: 31 incidents, 22 investigations, 35 to 231 dollars`.
    fn summary(&self) -> String {
        let count =
            |number: usize, what: &str| count(u64::try_from(number).unwrap_or(u64::MAX), what);
        let Forecast {
            went_off,
            stopped,
            incidents,
            investigations,
            ..
        } = &self.forecast;
        let alarms = self.alarms.map_or_else(
            || "watched alarms".to_owned(),
            |it| count(it, "watched alarm"),
        );
        let mut line = format!(
            "the last {} would have been: {alarms} went off {}",
            count(usize::from(self.days), "day"),
            count(*went_off, "time"),
        );
        if *stopped > 0 {
            let tasks = count(*stopped, "task");
            line = format!("{line}, {tasks} stopped (ECS keeps them for an hour)");
        }
        let (least, most) = self.dollars();
        format!(
            "{line}: {}, {}, {least:.0} to {most:.0} dollars",
            count(*incidents, "incident"),
            count(*investigations, "investigation"),
        )
    }
}

async fn history(
    account: &Account,
    region: &Region,
    inventories: &[Inventory],
    days: u8,
) -> History {
    let now = Timestamp::try_from(region.aws.clock().now()).unwrap_or(Timestamp::UNIX_EPOCH);
    let since = now.saturating_sub(SignedDuration::from_hours(24 * i64::from(days)));
    let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
    let settings = watched(account, region);
    let clusters = of_region(region, inventories).flat_map(|it| it.names(Kind::Clusters));
    let clusters = clusters.filter(|it| is_cluster_watched(account, it, region.name()));
    let clusters: Vec<String> = clusters.map(str::to_owned).collect();
    read(region, since, |name| settings.knows(name), &clusters).await
}

fn of_region<'a>(
    region: &'a Region,
    inventories: &'a [Inventory],
) -> impl Iterator<Item = &'a Inventory> {
    inventories.iter().filter(|it| it.region == region.name())
}

/// The alarms that are watched in a region, but for those that the stack makes: there they may not be yet.
fn watched(account: &Account, region: &Region) -> AlarmSettings {
    let settings = account.monitor.alarm_settings().in_region(region.name());
    AlarmSettings {
        own: String::new(),
        ..settings
    }
}

/// What was not read, a line for each reason.
fn say_unread(session: &Session, histories: &[History]) {
    let mut reasons: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for History { origin, unread, .. } in histories {
        for (what, why) in unread {
            let regions = reasons.entry((what, why.reason())).or_default();
            regions.push(&origin.region);
        }
    }
    for ((what, why), regions) in reasons {
        let regions = regions.join(", ");
        session
            .terminal
            .say(&format!("not read: {what} in {regions}: {why}"));
    }
}
