//! `synth match`: whether an event would be caught, and what would be sent.

use std::{io::Read as _, path::Path};

use contract::Partition;
use runtime::{
    decision::{Decision, Finding},
    read,
};
use serde_json::json;
use stacks::{Json, event_pattern::Scope};

use crate::{
    cli::Match,
    config::Account,
    error::{Error, Exit},
    match_event::{Foreign, MatchResult, Outcome, Way, match_event},
    terminal::{InputError, Terminal},
};

pub(crate) fn run(args: &Match, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?.account;
    let event = read_event(&args.event)?;
    let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
    // Where the file does not say them, whatever the event says will do.
    let region = match account.regions.as_slice() {
        regions if regions.contains(&text("region")) => text("region"),
        [first, ..] => first.clone(),
        [] => text("region"),
    };
    let id = account
        .account_id
        .clone()
        .unwrap_or_else(|| text("account"));
    let scope = Scope {
        partition: Partition::of_any_region(&region).name,
        region: &region,
        account: &id,
        stack: account.monitor.stack.as_str(),
    };
    let mut regions = account.regions.clone();
    // These are forwarded from there.
    let is_of_agent = event["source"] == "aws.aidevops";
    regions.extend(
        account
            .unwatched_region()
            .filter(|_| is_of_agent)
            .map(str::to_owned),
    );
    let foreign = Foreign::of(&event, account.account_id.as_deref(), &regions);
    let result = match_event(&account.monitor, &scope, &event, foreign);
    if args.json {
        terminal.data(&format!("{:#}", as_json(&result)));
    } else {
        if let Some(foreign) = &result.foreign {
            show_foreign(foreign, &account, terminal);
        }
        show(&result, terminal);
    }
    Ok(Exit::Done)
}

fn read_event(path: &Path) -> Result<Json, Error> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(InputError::from)?;
        text
    } else {
        std::fs::read_to_string(path).map_err(|source| Error::File {
            action: "read",
            path: path.to_owned(),
            source,
        })?
    };
    read::parse(&text).map_err(|error| Error::Event {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

fn show_foreign(foreign: &Foreign, account: &Account, terminal: Terminal) {
    if let (Some(from), Some(here)) = (&foreign.account, &account.account_id) {
        terminal.data(&format!(
            "the event is from account {from}, and the account file is for {here}"
        ));
    }
    if let Some(from) = &foreign.region {
        terminal.data(&format!(
            "the event is from region {from}, and the account file deploys to {}",
            account.regions.join(", ")
        ));
    }
    terminal.data(&format!(
        "{}; if it got here all the same:\n",
        foreign.meaning()
    ));
}

fn show(result: &MatchResult, terminal: Terminal) {
    let (taken, others): (Vec<&Way>, Vec<&Way>) = result
        .ways
        .iter()
        .partition(|way| !matches!(way.outcome, Outcome::NotCaught(_)));
    for way in &taken {
        let (by, function) = (&way.by, way.function.as_str());
        terminal.data(&match result.foreign {
            None => format!("{by} matches: sent to `{function}`"),
            Some(_) => format!("{by} would match: would be sent to `{function}`"),
        });
        match &way.outcome {
            Outcome::Decided(Decision::Investigate(finding)) => {
                let Finding { incident, group } = &**finding;
                terminal.data(&format!("  incident {}", incident.id().as_str()));
                terminal.data(&format!(
                    "  group {}: {}, {}",
                    group.key, group.name, group.cause
                ));
                terminal.data(&format!(
                    "  {} {}",
                    incident.priority().as_str(),
                    incident.title()
                ));
                terminal.data("");
                for line in incident.description().lines() {
                    terminal.data(&format!("    {line}"));
                }
            }
            Outcome::Decided(Decision::Skip(skip)) => {
                terminal.data(&format!("  no incident: {skip}"));
            }
            Outcome::Decided(Decision::Canary) => {
                terminal.data("  no incident: the canary of the pipeline");
            }
            Outcome::Unreadable(error) => {
                terminal.data(&format!("  a dead letter: {error}"));
            }
            Outcome::NotCaught(_) => {}
        }
    }
    if taken.is_empty() {
        terminal.data("no rule matches");
    }
    let mut elsewhere = Vec::new();
    for way in &others {
        let Outcome::NotCaught(mismatches) = &way.outcome else {
            continue;
        };
        if mismatches
            .iter()
            .any(|it| ["source", "detail-type"].contains(&it.path.as_str()))
        {
            elsewhere.push(way.by.as_str());
            continue;
        }
        terminal.data(&format!("\n{} does not match", way.by));
        if mismatches.is_empty() {
            terminal.data("  each field fits, but not in one element of a list");
        }
        for mismatch in mismatches {
            terminal.data(&format!("  {mismatch}"));
        }
    }
    if !elsewhere.is_empty() {
        terminal.data(&format!(
            "\nrules for other events: {}",
            elsewhere.join(", ")
        ));
    }
}

fn as_json(result: &MatchResult) -> Json {
    let ways: Vec<Json> = result
        .ways
        .iter()
        .map(|way| {
            let mut json = json!({
                "by": way.by,
                "function": way.function.as_str(),
                "matches": !matches!(way.outcome, Outcome::NotCaught(_)),
            });
            if let Some(foreign) = &result.foreign {
                json["foreign"] = json!({
                    "account": foreign.account,
                    "region": foreign.region,
                    "meaning": foreign.meaning(),
                });
            }
            match &way.outcome {
                Outcome::NotCaught(mismatches) => {
                    json["mismatches"] = mismatches
                        .iter()
                        .map(
                            |it| json!({ "path": it.path, "found": it.found, "wanted": it.wanted }),
                        )
                        .collect();
                }
                Outcome::Decided(Decision::Investigate(finding)) => {
                    let Finding { incident, group } = &**finding;
                    json["incident"] = json!(incident);
                    json["group"] =
                        json!({ "key": group.key, "name": group.name, "cause": group.cause });
                }
                Outcome::Decided(Decision::Skip(skip)) => json["skip"] = json!(skip.as_str()),
                Outcome::Decided(Decision::Canary) => json["skip"] = json!("canary"),
                Outcome::Unreadable(error) => json["deadLetter"] = json!(error.to_string()),
            }
            json
        })
        .collect();
    json!(ways)
}
