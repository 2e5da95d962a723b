//! `synth list`: what an account file watches, one thing a line.

use serde_json::{Value as Json, json};
use stacks::{
    Monitor,
    monitor::{Alarm, Comparison, Measure, PipelineSelector, Priority, ServicePattern, Side, Test},
};

use crate::{
    cli::{AccountFile, List},
    error::{Error, Exit},
    terminal::Terminal,
};

pub(super) fn run(args: &List, file: &AccountFile, terminal: Terminal) -> Result<Exit, Error> {
    let file = file.load(terminal)?;
    let rows = rows(&file.account.monitor);
    if args.json {
        let rows: Vec<Json> = rows.iter().map(Row::to_json).collect();
        terminal.data(&format!("{:#}", Json::from(rows)));
    } else if rows.is_empty() {
        terminal.say("the account file watches nothing");
    } else {
        for line in table(&rows) {
            terminal.data(&line);
        }
    }
    Ok(Exit::Done)
}

/// Something that is watched.
struct Row {
    kind: &'static str,
    name: String,
    /// Nothing where what happened decides.
    priority: Option<Priority>,
    /// Nothing for every region of the file.
    regions: Vec<String>,
    what: String,
}

impl Row {
    fn new(kind: &'static str, name: impl ToString) -> Self {
        Self {
            kind,
            name: name.to_string(),
            priority: None,
            regions: Vec::new(),
            what: String::new(),
        }
    }

    fn cells(&self) -> [String; 5] {
        [
            self.kind.to_owned(),
            self.name.clone(),
            self.priority.map_or("-", Priority::as_str).to_owned(),
            match self.regions.as_slice() {
                [] => "all".to_owned(),
                some => some.join(" "),
            },
            self.what.clone(),
        ]
    }

    fn to_json(&self) -> Json {
        json!({
            "kind": self.kind,
            "name": self.name,
            "priority": self.priority.map(Priority::as_str),
            "regions": self.regions,
            "what": self.what,
        })
    }
}

fn table(rows: &[Row]) -> Vec<String> {
    let heading = ["KIND", "NAME", "PRIORITY", "REGIONS", "WHAT"].map(str::to_owned);
    let mut cells = vec![heading];
    cells.extend(rows.iter().map(Row::cells));
    let mut widths = [0; 5];
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; 5]| {
        let padded = row.iter().zip(widths);
        let padded: Vec<String> = padded
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    cells.iter().map(line).collect()
}

/// In the order of the keys in the file.
fn rows(monitor: &Monitor) -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(monitor.clusters.iter().map(|it| {
        let ignored: Vec<&str> = it
            .ignored_services
            .iter()
            .map(ServicePattern::as_str)
            .collect();
        Row {
            priority: it.priority,
            what: match ignored.as_slice() {
                [] => String::new(),
                some => format!("without the services {}", some.join(", ")),
            },
            ..Row::new("cluster", &it.selector)
        }
    }));
    rows.extend(monitor.alarms.iter().map(|it| Row {
        priority: Some(it.priority),
        regions: it.regions.clone(),
        what: alone(it.incident, condition(it)),
        ..Row::new("alarm", &it.name)
    }));
    rows.extend(monitor.composites.iter().map(|it| {
        let others = it.rule.alarms().into_iter().map(ToString::to_string);
        let existing = it.rule.existing().into_iter().map(ToString::to_string);
        let others: Vec<String> = others.chain(existing).collect();
        Row {
            priority: Some(it.priority),
            regions: it.regions.clone(),
            what: alone(
                it.incident,
                format!("by the states of {}", others.join(", ")),
            ),
            ..Row::new("composite", &it.name)
        }
    }));
    rows.extend(monitor.watched_alarms.iter().map(|it| Row {
        priority: Some(it.priority),
        regions: it.regions.clone(),
        what: format!("existing alarms, at most {}", it.at_most.as_str()),
        ..Row::new("watched", &it.pattern)
    }));
    rows.extend(monitor.excepted_alarms.iter().map(|it| Row {
        what: "existing alarms that are not watched".to_owned(),
        ..Row::new("excepted", it)
    }));
    rows.extend(monitor.pipelines.iter().map(|it| Row {
        priority: Some(Priority::High),
        what: "executions that fail".to_owned(),
        ..Row::new(
            "pipeline",
            match it {
                PipelineSelector::Name(name) => name.clone(),
                PipelineSelector::Prefix(prefix) => format!("{prefix}*"),
            },
        )
    }));
    rows.extend(monitor.unauthorized_api_calls.iter().map(|it| Row {
        priority: Some(it.priority),
        what: match it.ignored_principals.len() {
            0 => String::new(),
            1 => "without those of 1 principal".to_owned(),
            count => format!("without those of {count} principals"),
        },
        ..Row::new("denied calls", "unauthorized-api-calls")
    }));
    rows.extend(monitor.events.iter().map(|it| Row {
        priority: Some(it.priority),
        what: it.title.as_str().to_owned(),
        ..Row::new("rule", it.name.as_str())
    }));
    rows.extend(monitor.cost_anomalies.iter().map(|it| Row {
        what: format!("from {} USD more than expected", it.from),
        ..Row::new("anomalies", "cost-anomalies")
    }));
    rows.extend(monitor.cost_report.iter().map(|it| Row {
        priority: Some(Priority::Medium),
        regions: it.regions.clone(),
        what: format!("daily at {} {}", it.at, it.time_zone),
        ..Row::new("report", "cost-report")
    }));
    rows.extend(monitor.agent.iter().map(|it| {
        let forwarding = it.forwarding.as_ref();
        Row {
            regions: forwarding.map(|it| it.from.clone()).into_iter().collect(),
            what: forwarding.map_or_else(
                || "results of investigations".to_owned(),
                |it| {
                    let to = it.to.join(" and ");
                    format!("results of investigations, forwarded to {to}")
                },
            ),
            ..Row::new("agent", it.space.as_str())
        }
    }));
    rows
}

fn alone(is_incident: bool, what: String) -> String {
    if is_incident {
        what
    } else {
        format!("{what} (for composites only)")
    }
}

/// `Average of AWS/EC2 CPUUtilization > 80, in 3 of 5 periods of 60 s`
fn condition(alarm: &Alarm) -> String {
    let measure = match &alarm.measure {
        Measure::Metric(metric) => format!(
            "{} of {} {}",
            metric.statistic.as_str(),
            metric.namespace,
            metric.name
        ),
        Measure::Math { formula, .. } => formula.clone(),
        Measure::Query(query) => query
            .as_str()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
    };
    let test = match alarm.condition.test {
        Test::Threshold(comparison, number) => format!("{} {number}", symbol(comparison)),
        Test::Band(side, deviations) => {
            let side = match side {
                Side::Above => "above",
                Side::Below => "below",
                Side::Outside => "outside",
            };
            format!("{side} normal by {deviations} deviations")
        }
    };
    let (datapoints, periods) = (alarm.condition.datapoints, alarm.condition.periods);
    let seconds = alarm.period.seconds();
    format!("{measure} {test}, in {datapoints} of {periods} periods of {seconds} s")
}

fn symbol(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Greater => ">",
        Comparison::AtLeast => ">=",
        Comparison::Less => "<",
        Comparison::AtMost => "<=",
    }
}
