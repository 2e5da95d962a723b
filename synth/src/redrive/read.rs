//! From a message to a dead letter: by whose hand it came.
//!
//! Delivery, EventBridge and the scheduler share the queue, each with a shape of its own; Lambda writes into the bucket, and
//! before this version wrote into the queue. Sources: "Adding a dead-letter queue"
//! and "Adding an on-failure destination" in the Lambda developer guide, "Using dead-letter queues to
//! process undelivered events" in the EventBridge user guide, "Configuring a dead-letter queue" in the
//! EventBridge Scheduler user guide, and [`contract::dead_letter`].

use contract::{
    Envelope, UnreadableEnvelope, dead_letter,
    text::{clean, cut},
};
use runtime::{functions::taking, read::parse, withhold};
use serde_json::Value as Json;

use super::{
    Message, Receipt,
    event::summary,
    letter::{Content, Kind, Letter},
};

/// Characters of a line that is shown at most.
const LINE: usize = 400;

/// Why an incident that the agent rejected stays.
const REJECTED: &str = "the agent would reject it again";
/// Why an incident stays that came without a reason.
const UNEXPLAINED: &str =
    "no reason attribute: anyone who may send to this queue could have written it";

/// Understands a message, whatever it is.
pub(crate) fn read(message: &Message) -> Letter {
    if let Receipt::Object(_) = message.receipt {
        return in_the_bucket(message);
    }
    let of = |name: &str| message.attribute(name);
    if let Some(reason) = of(dead_letter::REASON) {
        return incident(message, reason);
    }
    let body = parse(&message.body).ok();
    match (of("RULE_ARN"), of("SCHEDULE_ARN"), of("RequestID")) {
        (Some(rule), _, _) => by_rule(message, rule, body),
        (None, Some(schedule), _) => by_schedule(message, schedule, body.as_ref()),
        (None, None, Some(_)) => by_function(message, body.as_ref()),
        (None, None, None) => match body {
            Some(record) if is_record(&record) => by_destination(message, &record),
            _ if message.moved => {
                incident(message, "it was received too often without being delivered")
            }
            // Whoever may send to the queue may have written it.
            _ => incident_of(message, "no reason is given", Some(UNEXPLAINED)),
        },
    }
}

fn letter(message: &Message, kind: Kind, what: &str, why: &str, content: Content) -> Letter {
    Letter {
        id: message.id.clone(),
        kind,
        incident_id: None,
        what: line(what),
        since: message.since(),
        why: line(why),
        content,
    }
}

/// One line of bounded length, without what may be secret.
pub(super) fn line(text: &str) -> String {
    let text = clean(&withhold::text(text)).replace(['\n', '\t'], " ");
    cut(&text, LINE)
}

/// A record of Lambda's, and nothing else. The roles of the functions may write there, because Lambda does it with them.
fn in_the_bucket(message: &Message) -> Letter {
    match parse(&message.body) {
        Ok(record) if is_record(&record) => by_destination(message, &record),
        _ => unknown(message, "it is no record of Lambda's"),
    }
}

fn is_record(json: &Json) -> bool {
    json["requestContext"].is_object() && json.get("requestPayload").is_some()
}

fn incident(message: &Message, why: &str) -> Letter {
    let doubt = why.starts_with(dead_letter::REJECTED).then_some(REJECTED);
    incident_of(message, why, doubt)
}

fn incident_of(message: &Message, why: &str, doubt: Option<&'static str>) -> Letter {
    match Envelope::parse(&message.body) {
        Ok(envelope) => {
            let content = Content::Incident {
                body: redriven(&message.body),
                doubt,
            };
            let incident = envelope.incident;
            Letter {
                incident_id: Some(incident.id().to_string()),
                ..letter(message, Kind::Incident, incident.title(), why, content)
            }
        }
        Err(UnreadableEnvelope::Newer(version)) => letter(
            message,
            Kind::Incident,
            &format!("an incident in an envelope of version {version}"),
            why,
            Content::Unusable("a newer version of Tocsin wrote it: redrive it with that version"),
        ),
        Err(UnreadableEnvelope::Malformed(_) | UnreadableEnvelope::TooLong(_)) => {
            unknown(message, why)
        }
    }
}

/// The same envelope, marked so that delivery tries again what it has put among the dead letters. Everything
/// else stays as whichever version wrote it.
fn redriven(body: &str) -> String {
    match parse(body) {
        Ok(Json::Object(mut envelope)) => {
            envelope.insert("redriven".to_owned(), true.into());
            Json::Object(envelope).to_string()
        }
        _ => body.to_owned(),
    }
}

fn unknown(message: &Message, why: &str) -> Letter {
    let size = message.body.len();
    let what = if parse(&message.body).is_ok() {
        format!("{size} bytes of JSON")
    } else {
        format!("{size} bytes that are not JSON")
    };
    let content = Content::Unusable(
        "unknown format: not written by this stack, EventBridge, the scheduler or Lambda",
    );
    letter(message, Kind::Unknown, &what, why, content)
}

/// Lambda keeps the event as the function got it, and does not say which function.
fn by_function(message: &Message, event: Option<&Json>) -> Letter {
    let why = match (
        message.attribute("ErrorMessage"),
        message.attribute("ErrorCode"),
    ) {
        (Some(why), _) => why.to_owned(),
        (None, Some(code)) => format!("the function ended with status {code}"),
        (None, None) => "the function failed".to_owned(),
    };
    match event {
        Some(event) => {
            let content = Content::Payload {
                payload: message.body.clone(),
                named: None,
                shape: taking(event),
                doubt: None,
            };
            letter(message, Kind::Function, &summary(event), &why, content)
        }
        None => unknown(message, &why),
    }
}

/// Lambda writes such records into the bucket. What stands like one in the queue anybody may have written.
fn by_destination(message: &Message, record: &Json) -> Letter {
    let is_in_the_bucket = matches!(message.receipt, Receipt::Object(_));
    let text = |path: &str| record.pointer(path).and_then(Json::as_str);
    let condition = text("/requestContext/condition").unwrap_or("the function failed");
    let why = match text("/responsePayload/errorMessage") {
        Some(message) => format!("{condition}: {message}"),
        None => condition.to_owned(),
    };
    let event = &record["requestPayload"];
    let content = Content::Payload {
        payload: event.to_string(),
        named: text("/requestContext/functionArn").map(str::to_owned),
        shape: taking(event),
        doubt: (!is_in_the_bucket).then_some(UNEXPLAINED),
    };
    letter(message, Kind::OnFailure, &summary(event), &why, content)
}

/// EventBridge keeps the event itself, and not what the rule makes of it.
fn by_rule(message: &Message, arn: &str, event: Option<Json>) -> Letter {
    let why = refusal(message);
    let Some(event) = event.filter(Json::is_object) else {
        return unknown(message, &why);
    };
    let what = summary(&event);
    // The name is at the end, behind that of the bus unless it is the default one.
    let rule = arn.rsplit('/').next().unwrap_or_default().to_owned();
    letter(
        message,
        Kind::Rule,
        &what,
        &why,
        Content::Event { event, rule },
    )
}

fn by_schedule(message: &Message, schedule: &str, input: Option<&Json>) -> Letter {
    let why = refusal(message);
    if message.attribute("IS_PAYLOAD_TRUNCATED") == Some("true") {
        return letter(
            message,
            Kind::Schedule,
            "what a schedule hands over, cut",
            &why,
            Content::Unusable("the scheduler has cut it"),
        );
    }
    if input.is_none() {
        return unknown(message, &why);
    }
    // Whatever of its own the scheduler has not filled in: the function would take the time of the
    // redrive for the time that the schedule was for.
    let time = message.attribute("SCHEDULED_TIME").unwrap_or_default();
    let payload = [
        ("<aws.scheduler.scheduled-time>", time),
        ("<aws.scheduler.schedule-arn>", schedule),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .fold(message.body.clone(), |payload, (place, value)| {
        let quoted = Json::from(value).to_string();
        payload.replace(place, quoted.get(1..quoted.len() - 1).unwrap_or_default())
    });
    let filled = parse(&payload).unwrap_or_default();
    let content = Content::Payload {
        payload,
        named: message.attribute("TARGET_ARN").map(str::to_owned),
        shape: taking(&filled),
        doubt: None,
    };
    letter(message, Kind::Schedule, &summary(&filled), &why, content)
}

/// Why EventBridge or its scheduler did not reach a target.
fn refusal(message: &Message) -> String {
    let code = message.attribute("ERROR_CODE").unwrap_or("not delivered");
    let mut why = code.to_owned();
    if let Some(text) = message.attribute("ERROR_MESSAGE") {
        why = format!("{why}: {text}");
    }
    if let Some(retries) = message.attribute("RETRY_ATTEMPTS").filter(|it| *it != "0") {
        why = format!("{why} (after {retries} retries)");
    }
    why
}
