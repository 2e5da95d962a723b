//! Change sets, and what they are for: creations, updates, deletions.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::Value as Json;

use crate::{
    cloudformation::{Answer, Form, esc, is_busy, page, time},
    model::{ACCOUNT, ChangeSet, Stack, World},
};

#[expect(
    clippy::too_many_lines,
    reason = "everything that is refused, in order"
)]
pub(crate) fn create_change_set(
    world: &mut World,
    region: &str,
    form: &Form,
    now: SystemTime,
) -> Answer {
    let key = form["StackName"].clone();
    let name = form["ChangeSetName"].clone();
    let is_update = form["ChangeSetType"] == "UPDATE";
    let template = match (form.get("TemplateBody"), form.get("TemplateURL")) {
        (Some(body), _) => {
            assert!(body.len() <= 51_200, "a template of {} bytes", body.len());
            body.clone()
        }
        (None, Some(url)) => {
            object(world, url).ok_or(("ValidationError", "S3 error: Access Denied".to_owned()))?
        }
        (None, None) => return Err(("ValidationError", "no template".to_owned())),
    };
    let template: Json = serde_json::from_str(&template).unwrap();
    let mut parameters = BTreeMap::new();
    for number in 1.. {
        let Some(key) = form.get(&format!("Parameters.member.{number}.ParameterKey")) else {
            break;
        };
        parameters.insert(
            key.clone(),
            form[&format!("Parameters.member.{number}.ParameterValue")].clone(),
        );
    }
    for (key, declared) in template["Parameters"].as_object().into_iter().flatten() {
        if declared.get("Default").is_none() && !parameters.contains_key(key) {
            return Err((
                "ValidationError",
                format!("Parameters: [{key}] must have values"),
            ));
        }
    }
    let has_roles = template["Resources"]
        .as_object()
        .is_some_and(|it| it.values().any(|it| it["Type"] == "AWS::IAM::Role"));
    if has_roles && !form.keys().any(|it| it.starts_with("Capabilities")) {
        return Err((
            "InsufficientCapabilitiesException",
            "Requires capabilities : [CAPABILITY_IAM]".to_owned(),
        ));
    }
    let found = world
        .find(region, &key, now)
        .map(|it| (it.id.clone(), it.at(now).unwrap().status.clone()));
    match (&found, is_update) {
        (None, true) => return Err(("ValidationError", format!("Stack [{key}] does not exist"))),
        (Some((_, status)), false) if status != "REVIEW_IN_PROGRESS" => {
            return Err((
                "ValidationError",
                format!(
                    "Stack [{key}] already exists and cannot be created again with the changeSet [{name}]."
                ),
            ));
        }
        (Some((id, status)), true)
            if is_busy(status)
                || status.contains("FAILED")
                || status == "ROLLBACK_COMPLETE"
                || status == "REVIEW_IN_PROGRESS" =>
        {
            return Err((
                "ValidationError",
                format!("Stack:{id} is in {status} state and can not be updated."),
            ));
        }
        _ => {}
    }
    let failure = world.change_set_failures.pop_front().flatten();
    let pending = world.change_sets_stay_pending;
    let replaces = world.replaces.clone();
    let number = world.next();
    if found.is_none() {
        world.new_stack(region, &key, now);
    }
    let stack = world.find(region, &key, now).unwrap();
    if stack
        .change_sets
        .iter()
        .any(|it| it.name == name && it.deleted.is_none())
    {
        return Err((
            "AlreadyExistsException",
            format!("ChangeSet {name} already exists"),
        ));
    }
    let before = stack.at(now).unwrap();
    let changes = changes(
        &before.template,
        &before.parameters,
        &template,
        &parameters,
        replaces.as_deref(),
    );
    let no_changes = changes.is_empty().then(|| {
        ("The submitted information didn't contain changes. Submit different information to create a change set.".to_owned(), Vec::new())
    });
    let failure = failure.or(no_changes);
    let ready = if pending {
        Duration::from_hours(10_000)
    } else {
        Duration::from_millis(2_600)
    };
    let id = format!("arn:aws:cloudformation:{region}:{ACCOUNT}:changeSet/{name}/{number:08}");
    stack.change_sets.push(ChangeSet {
        name,
        id: id.clone(),
        made: now,
        ready: now + ready,
        details: failure.as_ref().map(|it| it.1.clone()).unwrap_or_default(),
        failed: failure.map(|it| it.0),
        template: Arc::new(template),
        parameters,
        is_update,
        changes,
        executed: None,
        deleted: None,
    });
    Ok(format!("<Id>{id}</Id><StackId>{}</StackId>", stack.id))
}

pub(crate) fn object(world: &World, url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    let (host, key) = rest.split_once('/')?;
    let bucket = host.split('.').next()?;
    let bytes = world.buckets.get(bucket)?.objects.get(key)?;
    String::from_utf8(bytes.clone()).ok()
}

/// What changes: logical ID, type, action, and whether it is replaced.
pub(crate) fn changes(
    before: &Json,
    old: &BTreeMap<String, String>,
    after: &Json,
    new: &BTreeMap<String, String>,
    replaced: Option<&str>,
) -> Vec<(String, String, String, bool)> {
    let none = serde_json::Map::new();
    let list = |it: &Json| {
        it["Resources"]
            .as_object()
            .cloned()
            .unwrap_or_else(|| none.clone())
    };
    let (a, b) = (list(before), list(after));
    let kind = |it: &Json| it["Type"].as_str().unwrap_or_default().to_owned();
    let uses = |it: &Json, key: &str| it.to_string().contains(&format!("{{\"Ref\":\"{key}\"}}"));
    let mut out = Vec::new();
    for (id, resource) in &b {
        let action = match a.get(id) {
            None => "Add",
            Some(there) if there != resource => "Modify",
            Some(_)
                if new
                    .iter()
                    .any(|(key, value)| old.get(key) != Some(value) && uses(resource, key)) =>
            {
                "Modify"
            }
            Some(_) => continue,
        };
        let is_replaced = action == "Modify" && replaced == Some(id.as_str());
        out.push((id.clone(), kind(resource), action.to_owned(), is_replaced));
    }
    for (id, resource) in &a {
        if !b.contains_key(id) {
            out.push((id.clone(), kind(resource), "Remove".to_owned(), false));
        }
    }
    out
}

/// The change set that a request speaks of, as it is known then.
pub(crate) fn change_set<'a>(
    world: &'a mut World,
    region: &str,
    form: &Form,
    at: SystemTime,
) -> Result<(&'a mut Stack, usize), (&'static str, String)> {
    let key = form["ChangeSetName"].clone();
    let not_found = (
        "ChangeSetNotFound",
        format!("ChangeSet [{key}] does not exist"),
    );
    let name = form.get("StackName").cloned().unwrap_or_default();
    let stacks = world.stacks.entry(region.to_owned()).or_default();
    let is_named = |it: &Stack| name.is_empty() || it.name == name || it.id == name;
    let stack = stacks
        .iter_mut()
        .rev()
        .filter(|it| is_named(it))
        .find(|it| {
            it.change_sets
                .iter()
                .any(|it| it.name == key || it.id == key)
        });
    let Some(stack) = stack else {
        return Err(not_found);
    };
    let is_known = |it: &ChangeSet| it.made <= at && it.deleted.is_none_or(|gone| gone > at);
    let found = stack
        .change_sets
        .iter()
        .position(|it| (it.name == key || it.id == key) && is_known(it));
    match found {
        Some(index) => Ok((stack, index)),
        None => Err(not_found),
    }
}

pub(crate) fn describe_change_set(
    world: &mut World,
    region: &str,
    form: &Form,
    seen: SystemTime,
) -> Answer {
    let (stack, index) = change_set(world, region, form, seen)?;
    let change = &stack.change_sets[index];
    let executed = change.executed.filter(|at| *at <= seen);
    let is_done = executed.is_some() && stack.at(seen).is_some_and(|it| !is_busy(&it.status));
    let (status, execution) = match (&change.failed, executed) {
        _ if seen < change.ready => ("CREATE_IN_PROGRESS", "UNAVAILABLE"),
        (Some(_), _) => ("FAILED", "UNAVAILABLE"),
        (None, None) => ("CREATE_COMPLETE", "AVAILABLE"),
        (None, Some(_)) if is_done => ("CREATE_COMPLETE", "EXECUTE_COMPLETE"),
        (None, Some(_)) => ("CREATE_COMPLETE", "EXECUTE_IN_PROGRESS"),
    };
    let mut out = format!(
        "<ChangeSetName>{}</ChangeSetName><ChangeSetId>{}</ChangeSetId><StackId>{}</StackId>\
         <StackName>{}</StackName><CreationTime>{}</CreationTime><Status>{status}</Status>\
         <ExecutionStatus>{execution}</ExecutionStatus>",
        change.name,
        change.id,
        stack.id,
        stack.name,
        time(change.made),
    );
    if status == "FAILED" {
        let reason = change.failed.as_deref().unwrap_or_default();
        let _ = write!(out, "<StatusReason>{}</StatusReason>", esc(reason));
    }
    let entries: Vec<String> = change
        .changes
        .iter()
        .filter(|_| status == "CREATE_COMPLETE")
        .map(|(id, kind, action, replaced)| {
            let replacement = if *replaced { "True" } else { "False" };
            format!(
                "<member><Type>Resource</Type><ResourceChange><Action>{action}</Action>\
                 <LogicalResourceId>{id}</LogicalResourceId><ResourceType>{kind}</ResourceType>\
                 <Replacement>{replacement}</Replacement></ResourceChange></member>"
            )
        })
        .collect();
    Ok(out + &page("Changes", &entries, form, 100))
}

pub(crate) fn delete_change_set(
    world: &mut World,
    region: &str,
    form: &Form,
    now: SystemTime,
) -> Answer {
    let Ok((stack, index)) = change_set(world, region, form, now) else {
        // AWS does not mind.
        return Ok(String::new());
    };
    let change = &mut stack.change_sets[index];
    if now < change.ready || change.executed.is_some() {
        return Err((
            "InvalidChangeSetStatus",
            format!(
                "An operation on this ChangeSet is currently in progress: {}",
                change.name
            ),
        ));
    }
    change.deleted = Some(now);
    Ok(String::new())
}

pub(crate) fn execute(world: &mut World, region: &str, form: &Form, now: SystemTime) -> Answer {
    let ending = world.ending();
    let (stack, index) = change_set(world, region, form, now)?;
    let change = stack.change_sets[index].clone();
    if change.executed.is_some() || change.failed.is_some() || now < change.ready {
        world.endings.push_front(ending);
        return Err((
            "InvalidChangeSetStatus",
            format!(
                "ChangeSet [{}] cannot be executed in its current status",
                change.id
            ),
        ));
    }
    let status = stack.at(now).unwrap().status.clone();
    if is_busy(&status) {
        let id = stack.id.clone();
        world.endings.push_front(ending);
        return Err((
            "ValidationError",
            format!("Stack:{id} is in {status} state and can not be updated."),
        ));
    }
    let token = form.get("ClientRequestToken").cloned();
    for (other, it) in stack.change_sets.iter_mut().enumerate() {
        if other == index {
            it.executed = Some(now);
        } else {
            it.deleted.get_or_insert(now);
        }
    }
    stack.begun.extend(token.clone());
    stack.deploy(now, &change, token.as_deref(), &ending);
    Ok(String::new())
}

pub(crate) fn delete_stack(
    world: &mut World,
    region: &str,
    form: &Form,
    now: SystemTime,
) -> Answer {
    let Some(stack) = world.find(region, &form["StackName"], now) else {
        return Ok(String::new());
    };
    if stack.protected {
        let reason = format!(
            "Stack [{}] cannot be deleted while TerminationProtection is enabled",
            stack.name
        );
        return Err(("ValidationError", reason));
    }
    let token = form.get("ClientRequestToken").cloned();
    let status = stack.at(now).unwrap().status.clone();
    match status.as_str() {
        "DELETE_IN_PROGRESS" | "DELETE_COMPLETE" => return Ok(String::new()),
        "REVIEW_IN_PROGRESS" => {
            stack.delete(now, token.as_deref(), &crate::model::Ending::Succeeds);
            return Ok(String::new());
        }
        status if is_busy(status) => {
            return Err((
                "ValidationError",
                format!(
                    "Stack [{}] cannot be deleted while in status {status}",
                    stack.name
                ),
            ));
        }
        _ => {}
    }
    let ending = world.ending();
    let stack = world.find(region, &form["StackName"], now).unwrap();
    stack.begun.extend(token.clone());
    stack.delete(now, token.as_deref(), &ending);
    Ok(String::new())
}

pub(crate) fn operation_events(
    world: &mut World,
    region: &str,
    form: &Form,
    seen: SystemTime,
) -> String {
    let mut out = String::from("<OperationEvents>");
    if let Ok((stack, index)) = change_set(world, region, form, seen) {
        for (hook, reason) in &stack.change_sets[index].details {
            let _ = write!(
                out,
                "<member><EventId>h</EventId><LogicalResourceId>{}</LogicalResourceId><HookType>{hook}</HookType>\
                 <HookStatus>HOOK_COMPLETE_FAILED</HookStatus><HookStatusReason>{}</HookStatusReason></member>",
                stack.name,
                esc(reason),
            );
        }
    }
    out + "</OperationEvents>"
}
