//! Rows 11 to 13: the secret, and what is done when it is not what it should be.

use std::{rc::Rc, sync::Arc};

use jiff::SignedDuration;
use runtime::{deliver::ATTEMPT, http::web_roots};
use secrecy::SecretString;
use serde_json::json;
use tokio::task::LocalSet;
use webhook::{Kind, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};

use crate::{
    aws::{Aws, Stored},
    canary,
    hostile::{Receiver, Request, Script, Step, answer, answers, confirms},
    setting::{Disposition, Ended, Setting, batch, envelope, secret},
};

/// Sees that nothing was sent, that the incidents wait, and what the log says.
#[track_caller]
fn waits(receiver: &Receiver, ended: &Ended, why: &str) {
    let lines = ended.said("the webhook is not usable: incidents wait");
    assert_eq!(lines[0]["why"], why, "{ended:?}");
    assert_eq!(lines[0]["next"], "synth webhook set");
    assert!(
        ended
            .dispositions()
            .iter()
            .all(|it| matches!(it, Disposition::Deferred(1..))),
        "{ended:?}"
    );
    assert_eq!(
        (receiver.seen().connections, ended.metric("Misconfigured")),
        (0, 1)
    );
}

/// Row 12: a mistake is named by its key, never shown, and keeps the incidents waiting.
#[tokio::test]
async fn a_secret_that_cannot_be_used_keeps_incidents_waiting() {
    let receiver = Receiver::plain([confirms()]).await;
    let url = format!("{}/{}", receiver.origin(), canary::PATH);
    let (proof, long) = (canary::SECRET, canary::SECRET.repeat(2_000));
    let text = |json: serde_json::Value| Stored::Text(json.to_string());
    let no_object = r#"the secret is not a JSON object such as {"url": .., "secret": ..}"#;
    for (stored, why) in [
        (
            Stored::NoVersion,
            "the webhook's URL and secret have not been set",
        ),
        (
            Stored::NoValue,
            "the webhook's URL and secret have not been set",
        ),
        (Stored::Text(" \n".to_owned()), "the secret is empty"),
        (Stored::Text("\u{feff}".to_owned()), "the secret is empty"),
        (Stored::Binary, no_object),
        (Stored::Text(proof.to_owned()), no_object),
        (Stored::Text(format!("[{url:?}]")), no_object),
        (Stored::Text(format!("{{\"url\": {url:?}")), no_object),
        (
            text(json!({ "secret": proof })),
            "the secret has no key `url`",
        ),
        (
            text(json!({ "URL": url, "secret": proof })),
            "the secret has no key `url`",
        ),
        (
            text(json!({ "url": url })),
            "the secret has no key `secret` or `apiKey`",
        ),
        (
            text(json!({ "url": url, "Secret": proof })),
            "the secret has no key `secret` or `apiKey`",
        ),
        (
            text(json!({ "url": url, "api_key": proof })),
            "the secret has no key `secret` or `apiKey`",
        ),
        (
            text(json!({ "url": url, "secret": proof, "apiKey": proof })),
            "the secret has both keys `secret` and `apiKey`: keep the one that the agent shows",
        ),
        (
            text(json!({ "url": [url], "secret": proof })),
            "the key `url` is not a text",
        ),
        (
            text(json!({ "url": "<the URL>", "secret": proof })),
            "the key `url` still holds a placeholder",
        ),
        (
            text(json!({ "url": url, "secret": 7 })),
            "the key `secret` is not a text",
        ),
        (
            text(json!({ "url": url, "secret": "" })),
            "the key `secret` is empty",
        ),
        (
            text(json!({ "url": url, "secret": "CHANGEME" })),
            "the key `secret` still holds a placeholder",
        ),
        (
            text(json!({ "url": url, "secret": format!("{proof}\n") })),
            "the key `secret` holds white space or characters that no header can carry",
        ),
        (
            text(json!({ "url": url, "apiKey": format!("{proof}\r\nx-evil: 1") })),
            "the key `apiKey` holds white space or characters that no header can carry",
        ),
        (
            text(json!({ "url": url, "secret": long })),
            "the key `secret` is longer than 4,096 bytes",
        ),
    ] {
        let ended = Setting::with(stored, web_roots())
            .await
            .deliver(&["a", "b"])
            .await;
        waits(&receiver, &ended, why);
    }
}

/// Where there is no secret to fall back upon, an outage of Secrets Manager keeps them waiting too.
#[tokio::test]
async fn a_secret_that_cannot_be_read_keeps_incidents_waiting() {
    let receiver = Receiver::plain([confirms()]).await;
    for (stored, error) in [
        (Stored::Down, "InternalServiceError (status 503)"),
        (Stored::Denied, "AccessDeniedException (status 400)"),
    ] {
        let ended = Setting::with(stored, web_roots())
            .await
            .deliver(&["a", "b"])
            .await;
        let why = format!("the secret could not be read: secretsmanager GetSecretValue: {error}");
        waits(&receiver, &ended, &why);
    }
}

/// Either kind, and whatever an editor puts around it.
#[tokio::test]
async fn what_surrounds_a_secret_is_no_mistake() {
    let receiver = Receiver::plain([confirms()]).await;
    for key in Kind::ALL.map(Kind::key) {
        let Stored::Text(value) = secret(&receiver.origin(), key) else {
            panic!("no text")
        };
        let stored = Stored::Text(format!("\u{feff} {value}\n"));
        let ended = Setting::with(stored, web_roots())
            .await
            .deliver(&["a"])
            .await;
        assert_eq!(ended.verdict(), "confirmed", "{key}");
    }
}

/// Row 11: read once, and again when it is five minutes old, by the wall clock.
#[tokio::test]
async fn a_secret_is_read_once_in_five_minutes() {
    let receiver = Receiver::plain([confirms()]).await;
    let mut setting = Setting::to(&receiver).await;
    for (minutes, reads) in [(0, 1), (2, 1), (2, 1), (2, 2), (4, 2), (60, 3)] {
        setting.skip(SignedDuration::from_mins(minutes));
        let now = setting.now().to_string();
        let names = [format!("a {now}"), format!("b {now}")];
        let ended = setting.deliver(&names.each_ref().map(String::as_str)).await;
        assert_eq!(ended.verdict(), "confirmed");
        assert_eq!(setting.aws.state().reads, reads, "after {minutes}");
    }
}

/// An old secret dies when it is rotated: the first refusal has it read again, and the same incident
/// is signed with the new one. Also where the rotation comes between reading and sending, and where it
/// changes the kind.
#[tokio::test]
async fn a_rotation_loses_nothing() {
    for (old, new) in [
        ("secret", "secret"),
        ("secret", "apiKey"),
        ("apiKey", "secret"),
    ] {
        for warm in [false, true] {
            let aws = Aws::with(Stored::NoVersion).await;
            let shared = aws.shared();
            let rotated = Arc::new(std::sync::OnceLock::new());
            let value = Arc::clone(&rotated);
            let rotate = move || {
                let value: &Stored = value.get().unwrap();
                shared.lock().unwrap().stored = value.clone();
            };
            let refuses: Script = vec![
                Step::Read,
                Step::Then(Arc::new(rotate)),
                Step::Send(answer(403, &[], "")),
            ];
            let before = if warm { vec![confirms()] } else { Vec::new() };
            let scripts = before.into_iter().chain([refuses, confirms()]);
            let receiver = Receiver::plain(scripts).await;
            aws.state().stored = replaced(secret(&receiver.origin(), old), "old-");
            rotated.set(secret(&receiver.origin(), new)).unwrap();

            let mut setting = Setting::around(aws, &web_roots());
            let mut reads = 2;
            if warm {
                setting.deliver(&["warm"]).await;
            }
            let ended = setting.deliver(&["a", "b", "c"]).await;
            assert!(
                ended
                    .dispositions()
                    .iter()
                    .all(|it| *it == Disposition::Ends),
                "{ended:?}"
            );
            assert_eq!(
                ended.attempts().len(),
                4,
                "one more than there are incidents"
            );
            // Another environment reads it for itself, and is refused nothing.
            setting.replace(ATTEMPT);
            assert_eq!(setting.deliver(&["d"]).await.attempts().len(), 1);
            reads += 1;
            assert_eq!(setting.aws.state().reads, reads, "{old} {new} {warm}");

            let requests = receiver.requests();
            let tried = &requests[usize::from(warm)..];
            assert_eq!(tried[0].body, tried[1].body);
            assert!(proves(&tried[1], new) && !proves(&tried[0], new));
        }
    }
}

/// The same secret with something before its proof.
fn replaced(stored: Stored, before: &str) -> Stored {
    let Stored::Text(value) = stored else {
        panic!("no text")
    };
    let mut value: serde_json::Value = serde_json::from_str(&value).unwrap();
    for kind in Kind::ALL {
        if let Some(proof) = value.get_mut(kind.key()) {
            *proof = json!(format!("{before}{}", proof.as_str().unwrap()));
        }
    }
    Stored::Text(value.to_string())
}

/// Whether a request carries the proof of the secret with this key.
pub(crate) fn proves(request: &Request, key: &str) -> bool {
    let timestamp = request.header(TIMESTAMP_HEADER).unwrap();
    let signature = sign(
        &SecretString::from(canary::SECRET),
        timestamp,
        &request.body,
    );
    let key_header = format!("Bearer {}", canary::API_KEY);
    match key {
        "secret" => request.header(SIGNATURE_HEADER) == Some(&signature),
        _ => request.header("authorization") == Some(&key_header),
    }
}

/// A secret that stays refused is not tried again and again.
#[tokio::test]
async fn a_secret_that_stays_wrong_is_read_again_once() {
    for status in [401, 403] {
        let receiver = Receiver::plain([answers(status, &[], "")]).await;
        let mut setting = Setting::to(&receiver).await;
        let ended = setting.deliver(&["a", "b", "c"]).await;
        assert!(
            ended
                .dispositions()
                .iter()
                .all(|it| matches!(it, Disposition::Deferred(120..)))
        );
        assert_eq!(
            (receiver.seen().connections, setting.aws.state().reads),
            (2, 2)
        );
        // Nor by the batches that come before it is time to look again.
        setting.deliver(&["d"]).await;
        assert_eq!(
            (receiver.seen().connections, setting.aws.state().reads),
            (2, 2)
        );
    }
}

/// What was known to work goes on working for as long as Secrets Manager does not.
#[tokio::test]
async fn an_outage_of_secrets_manager_loses_nothing() {
    let receiver = Receiver::plain([confirms()]).await;
    let mut setting = Setting::to(&receiver).await;
    setting.deliver(&["a"]).await;
    setting.aws.state().stored = Stored::Down;
    for minutes in [10, 20, 30] {
        setting.skip(SignedDuration::from_mins(minutes));
        let names = ["b", "c", "d"].map(|it| format!("{it} {minutes}"));
        let ended = setting.deliver(&names.each_ref().map(String::as_str)).await;
        assert!(
            ended
                .dispositions()
                .iter()
                .all(|it| *it == Disposition::Ends),
            "{ended:?}"
        );
        let said = ended.said("the secret could not be read: the one that is known is used");
        assert_eq!(said.len(), 1, "once, and not for each incident");
    }
}

/// Row 13: invocations that come at once read the secret once, and events that come often, in one batch
/// or in many, are one incident.
#[tokio::test]
async fn fifty_invocations_at_once_read_the_secret_once() {
    let receiver = Receiver::plain([confirms()]).await;
    let setting = Rc::new(Setting::to(&receiver).await);
    let tasks = LocalSet::new();
    for _ in 0..50 {
        let setting = Rc::clone(&setting);
        tasks.spawn_local(async move {
            let batch = batch(&[envelope("a"), envelope("a"), envelope("a")], 1);
            let answer = setting.function.handle(&batch, setting.deadline()).await;
            assert_eq!(answer, json!({ "batchItemFailures": [] }));
        });
    }
    tasks.await;
    assert_eq!(setting.aws.state().reads, 1);
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1, "one for all of them");
    assert!(
        requests
            .iter()
            .all(|it| it.incident() == requests[0].incident())
    );
    assert!(requests.iter().all(|it| it.body == requests[0].body));
}
