//! CloudFormation's answers.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc, time::SystemTime};

use crate::{
    change_sets::{
        create_change_set, delete_change_set, delete_stack, describe_change_set, execute,
        operation_events,
    },
    model::{ACCOUNT, Stack, World},
};

/// What is answered: the result's XML, or an error code and its message.
pub(crate) type Answer = Result<String, (&'static str, String)>;

/// The fields of a request.
pub(crate) type Form = BTreeMap<String, String>;

pub(crate) fn esc(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

pub(crate) fn time(at: SystemTime) -> String {
    let at = jiff::Timestamp::try_from(at).unwrap();
    format!("{at:.3}")
}

fn missing(key: &str) -> (&'static str, String) {
    (
        "ValidationError",
        format!("Stack with id {key} does not exist"),
    )
}

/// Answers a request. `seen` is the time of which reads speak.
pub(crate) fn answer(
    world: &mut World,
    region: &str,
    operation: &str,
    form: &Form,
    now: SystemTime,
    seen: SystemTime,
) -> Answer {
    let name = form.get("StackName").map_or("", String::as_str);
    match operation {
        "DescribeStacks" => {
            let stack = world
                .find(region, name, seen)
                .ok_or_else(|| missing(name))?;
            Ok(format!("<Stacks>{}</Stacks>", describe(stack, seen)))
        }
        "ListStacks" => Ok(list(world, region, form, seen)),
        "GetTemplate" => {
            let stack = world
                .find(region, name, seen)
                .ok_or_else(|| missing(name))?;
            let view = stack.at(seen).ok_or_else(|| missing(name))?;
            if view.template.is_null() {
                return Err(("ValidationError", format!("Template not found for {name}")));
            }
            Ok(format!(
                "<TemplateBody>{}</TemplateBody>",
                esc(&view.template.to_string())
            ))
        }
        "DescribeStackEvents" => {
            let stack = world
                .find(region, name, seen)
                .ok_or_else(|| missing(name))?;
            Ok(events(stack, form, seen))
        }
        "ListStackResources" => {
            let stack = world
                .find(region, name, seen)
                .ok_or_else(|| missing(name))?;
            Ok(resources(stack, seen))
        }
        "CreateChangeSet" => create_change_set(world, region, form, now),
        "DescribeChangeSet" => describe_change_set(world, region, form, seen),
        "ListChangeSets" => {
            let stack = world.find(region, name, seen);
            let stack =
                stack.ok_or(("ValidationError", format!("Stack [{name}] does not exist")))?;
            let there = stack
                .change_sets
                .iter()
                .filter(|it| it.made <= seen && it.deleted.is_none_or(|at| at > seen));
            let mut out = String::from("<Summaries>");
            for it in there {
                let _ = write!(
                    out,
                    "<member><ChangeSetName>{}</ChangeSetName></member>",
                    it.name
                );
            }
            Ok(out + "</Summaries>")
        }
        "DeleteChangeSet" => delete_change_set(world, region, form, now),
        "ExecuteChangeSet" => execute(world, region, form, now),
        "DeleteStack" => delete_stack(world, region, form, now),
        "DescribeEvents" => Ok(operation_events(world, region, form, seen)),
        other => panic!("the fake does not know {other}"),
    }
}

fn describe(stack: &Stack, seen: SystemTime) -> String {
    let Some(view) = stack.at(seen) else {
        return String::new();
    };
    let mut out = format!(
        "<member><StackId>{}</StackId><StackName>{}</StackName><CreationTime>{}</CreationTime>\
         <StackStatus>{}</StackStatus><EnableTerminationProtection>{}</EnableTerminationProtection>",
        stack.id,
        stack.name,
        time(stack.created),
        view.status,
        stack.protected,
    );
    if let Some(updated) = view.updated {
        let _ = write!(out, "<LastUpdatedTime>{}</LastUpdatedTime>", time(updated));
    }
    if let Some(reason) = &view.reason {
        let _ = write!(
            out,
            "<StackStatusReason>{}</StackStatusReason>",
            esc(reason)
        );
    }
    out += "<Parameters>";
    for (key, value) in &view.parameters {
        let _ = write!(
            out,
            "<member><ParameterKey>{key}</ParameterKey><ParameterValue>{}</ParameterValue></member>",
            esc(value)
        );
    }
    out += "</Parameters><Outputs>";
    // What a stack shows is known once it is made.
    if view.status.contains("COMPLETE")
        && let Some(outputs) = view.template["Outputs"].as_object()
    {
        for key in outputs.keys() {
            let value = format!("arn:aws:test:{}:{ACCOUNT}:{key}", stack.name);
            let _ = write!(
                out,
                "<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
            );
        }
    }
    out + "</Outputs></member>"
}

fn list(world: &mut World, region: &str, form: &Form, seen: SystemTime) -> String {
    let filter: Vec<&String> = form
        .iter()
        .filter(|(key, _)| key.starts_with("StackStatusFilter"))
        .map(|(_, it)| it)
        .collect();
    let is_wanted = |status: &str| filter.is_empty() || filter.iter().any(|it| *it == status);
    let mut entries = Vec::new();
    for stack in world.stacks.entry(region.to_owned()).or_default() {
        if let Some(view) = stack.at(seen)
            && is_wanted(&view.status)
        {
            let description = view.template["Description"].as_str().unwrap_or_default();
            entries.push(format!(
                "<member><StackId>{}</StackId><StackName>{}</StackName><StackStatus>{}</StackStatus>\
                 <CreationTime>{}</CreationTime><TemplateDescription>{}</TemplateDescription></member>",
                stack.id, stack.name, view.status, time(stack.created), esc(description),
            ));
        }
    }
    if is_wanted("DELETE_COMPLETE") {
        for number in 0..world.long_gone {
            entries.push(format!(
                "<member><StackName>gone-{number}</StackName><StackStatus>DELETE_COMPLETE</StackStatus>\
                 <CreationTime>{}</CreationTime></member>",
                time(SystemTime::UNIX_EPOCH),
            ));
        }
    }
    page("StackSummaries", &entries, form, 100)
}

/// One page of a list.
pub(crate) fn page(name: &str, entries: &[String], form: &Form, size: usize) -> String {
    let from: usize = form.get("NextToken").map_or(0, |it| it.parse().unwrap());
    let to = (from + size).min(entries.len());
    let next = if to < entries.len() {
        format!("<NextToken>{to}</NextToken>")
    } else {
        String::new()
    };
    format!("<{name}>{}</{name}>{next}", entries[from..to].concat())
}

fn events(stack: &Stack, form: &Form, seen: SystemTime) -> String {
    let mut sorted: Vec<_> = stack.events.iter().filter(|it| it.at <= seen).collect();
    sorted.sort_by_key(|it| it.at);
    let entries: Vec<String> = sorted
        .into_iter()
        .rev()
        .map(|it| {
            let reason = it.reason.as_ref().map_or(String::new(), |reason| {
                format!(
                    "<ResourceStatusReason>{}</ResourceStatusReason>",
                    esc(reason)
                )
            });
            let token = it.token.as_ref().map_or(String::new(), |token| {
                format!("<ClientRequestToken>{token}</ClientRequestToken>")
            });
            format!(
                "<member><StackId>{}</StackId><StackName>{}</StackName><EventId>{}</EventId>\
                 <Timestamp>{}</Timestamp><LogicalResourceId>{}</LogicalResourceId>\
                 <PhysicalResourceId>{}</PhysicalResourceId><ResourceType>{}</ResourceType>\
                 <ResourceStatus>{}</ResourceStatus>{reason}{token}</member>",
                stack.id,
                stack.name,
                it.id,
                time(it.at),
                it.logical,
                it.physical,
                it.kind,
                it.status,
            )
        })
        .collect();
    page("StackEvents", &entries, form, 100)
}

fn resources(stack: &Stack, seen: SystemTime) -> String {
    let mut out = String::from("<StackResourceSummaries>");
    let template = stack
        .at(seen)
        .map(|it| Arc::clone(&it.template))
        .unwrap_or_default();
    // What a failed create has taken back is gone.
    let rolled_back = stack
        .at(seen)
        .is_some_and(|it| it.status == "ROLLBACK_COMPLETE");
    for (id, resource) in template["Resources"].as_object().into_iter().flatten() {
        let status = if rolled_back {
            "DELETE_COMPLETE"
        } else {
            "CREATE_COMPLETE"
        };
        let _ = write!(
            out,
            "<member><LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>{}-{id}-1</PhysicalResourceId>\
             <ResourceType>{}</ResourceType><ResourceStatus>{status}</ResourceStatus>\
             <LastUpdatedTimestamp>{}</LastUpdatedTimestamp></member>",
            stack.name,
            resource["Type"].as_str().unwrap_or_default(),
            time(stack.created),
        );
    }
    out + "</StackResourceSummaries>"
}

pub(crate) fn is_busy(status: &str) -> bool {
    status.ends_with("_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS"
}
