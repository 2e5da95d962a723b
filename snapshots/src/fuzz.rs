//! What must hold of any bytes that come from outside. `make fuzz` looks for bytes that break it; the
//! tests replay the corpus in `snapshots/fuzz/corpus`.
//!
//! Each function takes what a fuzzer made up and panics where a promise is broken.

use std::sync::LazyLock;

use crate::every_alarm;
use contract::{Envelope, FunctionName, Group, Paths, Title};
use jiff::Timestamp;
use runtime::{
    decision::{Decision, Finding},
    deliver::parse_batch,
    functions::evaluation,
    read,
};
use serde_json::{Value as Json, json};
use stacks::{EventPattern, event_pattern::Scope};
use synth::{config, redrive::describe};
use webhook::{Answer, SignedRequest, UrlPolicy, Verdict, Webhook};

use crate::CONTEXT;

/// A target: its name, and what it holds of any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("account_file", account_file),
    ("answer", answer),
    ("dead_letter", dead_letter),
    ("event", event_of_aws),
    ("event_pattern", event_pattern),
    ("queue", queue),
    ("secret", secret),
    ("title", title),
    ("url_policy", url_policy),
];

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// An account file becomes templates, or says what is wrong with it at places that are in it.
///
/// # Panics
///
/// When it does neither.
pub fn account_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (account, diagnostics) = config::parse(text, CONTEXT);
    assert_eq!(
        account.is_none(),
        diagnostics.iter().any(config::Diagnostic::is_error)
    );
    shown(&diagnostics, text);
    let Some(account) = account else { return };
    match account.synthesize() {
        Ok(stacks) => {
            let names: Vec<String> = stacks.iter().map(|it| it.name.clone()).collect();
            assert_eq!(names, stacks::stack_names(&account.monitor));
            for stack in stacks {
                let text = stack.template.to_json().to_string();
                assert_eq!(stack.template.bytes(), text.len());
            }
        }
        Err(problems) => {
            assert!(problems.iter().all(config::Diagnostic::is_error));
            shown(&problems, text);
        }
    }
}

fn shown(diagnostics: &[config::Diagnostic], text: &str) {
    for diagnostic in diagnostics {
        assert!(
            diagnostic
                .render("account.yaml", text, false)
                .contains("account.yaml")
        );
    }
}

/// Whatever is answered has a verdict. The first two bytes are the status, the rest is split between
/// `Retry-After` and the body.
///
/// # Panics
///
/// When a success is waited for, or a wait is longer than a message can be hidden.
pub fn answer(bytes: &[u8]) {
    let Some(([high, low], rest)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let status = u16::from_be_bytes([*high, *low]);
    let (header, body) = rest.split_at(rest.len().min(usize::from(*low) % 48));
    let answer = Answer {
        status,
        retry_after: std::str::from_utf8(header).ok().map(str::to_owned),
        body: body.to_vec(),
    };
    match answer.verdict(now()) {
        Verdict::Confirmed | Verdict::Unconfirmed => assert_eq!(status / 100, 2),
        Verdict::Later(Some(wait)) => assert!(wait.as_secs() <= 6 * 3_600),
        Verdict::Rejected(why) => assert!(why.chars().count() <= 300 && !why.contains('\n')),
        Verdict::Later(None) | Verdict::Unauthorized | Verdict::Misconfigured => {}
    }
}

/// Whatever lies among the dead letters is shown in lines of bounded length, without control
/// characters. The first byte says which attributes come with the rest.
///
/// # Panics
///
/// When it is not.
pub fn dead_letter(bytes: &[u8]) {
    static ACCOUNT: LazyLock<config::Account> = LazyLock::new(|| {
        let text = "name: x\nops-topic: ops\nclusters: [\"*\"]\ncost-report: {at: \"07:30\"}";
        config::parse(text, CONTEXT)
            .0
            .unwrap_or_else(|| unreachable!("a valid file"))
    });
    const NAMES: [&str; 8] = [
        "RULE_ARN",
        "SCHEDULE_ARN",
        "RequestID",
        "ErrorMessage",
        "ERROR_CODE",
        contract::dead_letter::REASON,
        contract::dead_letter::QUEUED,
        "TARGET_ARN",
    ];
    let Some((which, body)) = bytes.split_first() else {
        return;
    };
    let Ok(body) = std::str::from_utf8(body) else {
        return;
    };
    let rule = "arn:aws:events:eu-central-1:111122223333:rule/tocsin-x-ecs-tasks";
    let attributes = NAMES
        .iter()
        .enumerate()
        .filter(|(bit, _)| which >> bit & 1 == 1)
        .map(|(_, name)| ((*name).to_owned(), rule.to_owned()))
        .collect();
    for line in describe(body, &attributes, &ACCOUNT.monitor) {
        assert!(line.chars().count() <= 400 && !line.contains(char::is_control));
    }
}

/// Every function makes of any payload an incident within the agent's limits, a skip, or an error.
///
/// # Panics
///
/// When an incident or its group is over a limit or holds control characters, or is another the second
/// time.
pub fn event_of_aws(bytes: &[u8]) {
    let Ok(payload) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(event) = read::parse(payload) else {
        return;
    };
    for evaluate in FunctionName::ALL.into_iter().filter_map(evaluation) {
        let Ok(Decision::Investigate(finding)) = evaluate(&event, &every_alarm()) else {
            continue;
        };
        let Finding { incident, group } = *finding;
        assert!((1..=400).contains(&incident.title().chars().count()));
        assert!(incident.description().chars().count() <= 10_000);
        assert!(!incident.title().contains(char::is_control));
        for (line, limit) in [
            (&group.name, Group::MAX_NAME),
            (&group.cause, Group::MAX_CAUSE),
        ] {
            assert!((1..=limit).contains(&line.chars().count()));
            assert!(!line.contains(char::is_control));
        }
        assert!(group.covers.len() <= 100);
        let again = evaluate(&event, &every_alarm());
        assert!(matches!(
            again,
            Ok(Decision::Investigate(it)) if it.incident.id() == incident.id() && it.group == group
        ));
        let envelope = Envelope::of_group(FunctionName::Event, incident, group);
        let read = Envelope::parse(&envelope.to_body());
        assert!(read.is_ok_and(|it| it == envelope));
    }
}

/// A pattern that is read is printed as it was meant, and an event that it matches has no mismatch.
/// Pattern and event are the elements of a list.
///
/// # Panics
///
/// When they disagree.
pub fn event_pattern(bytes: &[u8]) {
    let Ok(Json::Array(parts)) = serde_json::from_slice(bytes) else {
        return;
    };
    let [pattern, event] = parts.as_slice() else {
        return;
    };
    let Ok(pattern) = EventPattern::parse(pattern) else {
        return;
    };
    let scope = Scope {
        partition: "aws",
        region: "eu-central-1",
        account: "111122223333",
        stack: "tocsin",
    };
    let matches = pattern.matches(event, &scope);
    assert!(!matches || pattern.mismatches(event, &scope).is_empty());
    let again = EventPattern::parse(&pattern.resolved(&scope));
    assert!(again.is_ok_and(|it| it.matches(event, &scope) == matches));
}

/// Whatever lies in the queue is a message with an ID or is left out; an envelope that is read is
/// written as it was.
///
/// # Panics
///
/// When it is not.
pub fn queue(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(envelope) = Envelope::parse(text) {
        let again = Envelope::parse(&envelope.to_body());
        assert!(again.is_ok_and(|it| it == envelope));
    }
    if let Ok(event) = serde_json::from_str(text) {
        assert!(parse_batch(&event).iter().all(|it| !it.id.is_empty()));
    }
    let batch = json!({ "Records": [{ "messageId": "m", "body": text }] });
    assert_eq!(parse_batch(&batch).len(), 1);
}

/// A secret is used or refused, and never shown.
///
/// # Panics
///
/// When an error or a debug form shows a part of it.
pub fn secret(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    // Long enough that no word of ours is one of them by chance.
    let values: Vec<String> = match serde_json::from_str(text) {
        Ok(Json::Object(fields)) => fields
            .iter()
            .filter(|(key, _)| ["secret", "apiKey"].contains(&key.as_str()))
            .filter_map(|(_, value)| value.as_str().map(str::to_owned))
            .collect(),
        _ => vec![text.to_owned()],
    };
    let shown = match Webhook::parse(text, &UrlPolicy::default()) {
        Ok(webhook) => {
            let request = SignedRequest::new(&webhook, b"{}".to_vec(), now());
            format!("{webhook:?} {request:?} {}", webhook.host())
        }
        Err(error) => format!("{error} {error:?}"),
    };
    for value in values.iter().filter(|it| it.len() >= 16) {
        assert!(!shown.contains(value.as_str()));
    }
}

/// A title is filled or refused; what is filled in is never read as a title again.
///
/// # Panics
///
/// When it is.
pub fn title(bytes: &[u8]) {
    const MARK: char = '\u{1}';
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if text.contains(MARK) {
        return;
    }
    if let Ok(title) = Title::parse(text) {
        let marked = title.fill(|_| Some(MARK.to_string()));
        let braces = title.fill(|_| Some("{x} {{".to_owned()));
        assert_eq!(braces, marked.replace(MARK, "{x} {{"));
    }
    drop(text.parse::<Paths>());
}

/// A URL that is allowed is the agent's own over HTTPS, and is sent as it was written.
///
/// # Panics
///
/// When it is anything else.
pub fn url_policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(url) = UrlPolicy::default().check(text) else {
        return;
    };
    assert_eq!(url.scheme(), "https");
    let host = url.host_str().unwrap_or_default();
    assert!(
        host.starts_with("event-ai.") && host.ends_with(".api.aws"),
        "{host}"
    );
    assert!(url.username().is_empty() && url.password().is_none() && url.port().is_none());
    assert!(!text.contains(char::is_whitespace));
}
