//! Rows 17 to 20 and 24: what comes out of the queue, and not only what belongs there.

use std::collections::BTreeSet;

use contract::{Envelope, FunctionName, Incident, IncidentId, Priority};
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use crate::{
    hostile::{Receiver, Request, answers, confirms},
    setting::{Disposition, Setting, batch, envelope},
};

/// Row 18: of ten messages, the one that cannot be read yet goes back, the one that never can be is a
/// dead letter, and the others are delivered.
#[tokio::test]
async fn one_message_of_ten_does_not_hold_up_the_others() {
    let receiver = Receiver::plain([confirms()]).await;
    let mut bodies: Vec<String> = (0..10).map(|it| envelope(&it.to_string())).collect();
    bodies[4] = json!({ "version": 99 }).to_string();
    bodies[7] = r#"{"version":1,"signal":"\ud800"}"#.to_owned();
    let ended = Setting::to(&receiver).await.handle(batch(&bodies, 1)).await;
    let stays = json!({ "batchItemFailures": [{ "itemIdentifier": "message-4" }] });
    assert_eq!(ended.answer, stays);
    assert_eq!(receiver.requests().len(), 8);
    assert_eq!(ended.letters(), [bodies[7].clone()]);
}

/// Row 17, as far as delivery goes: what became a dead letter can be put back, once or twice, after
/// whatever time. It arrives as the incident that it was; what never was one is a dead letter again.
#[tokio::test]
async fn a_thousand_dead_letters_are_put_back() {
    let rejects = std::iter::repeat_n(answers(413, &[], ""), 999);
    let receiver = Receiver::plain(rejects.chain([confirms()])).await;
    let mut setting = Setting::to(&receiver).await;
    let names: Vec<String> = (0..999).map(|it| it.to_string()).collect();
    let mut bodies: Vec<String> = names.iter().map(|name| envelope(name)).collect();
    bodies.push("poison".to_owned());
    let letters = until_none_is_left(&mut setting, bodies).await;
    assert_eq!((letters.len(), receiver.requests().len()), (1_000, 999));

    // As a redrive puts them back: what was no incident cannot say so.
    let put_back: Vec<String> = letters
        .iter()
        .map(|body| match serde_json::from_str::<Json>(body) {
            Ok(mut body) => {
                body["redriven"] = json!(true);
                body.to_string()
            }
            Err(_) => body.clone(),
        })
        .collect();
    let again = put_back[..100].to_vec();
    for left in [put_back, again] {
        for letter in until_none_is_left(&mut setting, left).await {
            assert_eq!(letter, "poison");
        }
    }
    let requests = receiver.requests();
    let ids: BTreeSet<String> = requests.iter().map(Request::incident).collect();
    let expected = names
        .iter()
        .map(|it| IncidentId::of("alarm", &[it]).to_string());
    assert_eq!(ids, expected.collect());
    assert_eq!(
        requests.len(),
        names.len() * 2,
        "put back twice, it is known"
    );
    let bodies: BTreeSet<&Vec<u8>> = requests.iter().map(|it| &it.body).collect();
    assert_eq!(bodies.len(), names.len(), "put back, it is the same");
}

/// Delivers these batch by batch, each message under the same ID; returns the dead letters.
async fn until_none_is_left(setting: &mut Setting, bodies: Vec<String>) -> Vec<String> {
    let mut letters = Vec::new();
    let mut left: Vec<(usize, String)> = bodies.into_iter().enumerate().collect();
    while !left.is_empty() {
        let ended = setting.handle(batch_of_now(setting, &left)).await;
        letters.extend(ended.letters());
        let each = ended.dispositions().into_iter().zip(left);
        left = each
            .filter_map(|(disposition, message)| match disposition {
                Disposition::Deferred(_) => Some(message),
                Disposition::Ends | Disposition::Dead(_) => None,
            })
            .collect();
        setting.skip(SignedDuration::from_mins(3));
    }
    letters
}

/// A batch that is queued when this setting believes it is.
fn batch_of_now(setting: &Setting, messages: &[(usize, String)]) -> Json {
    let bodies: Vec<String> = messages.iter().map(|(_, body)| body.clone()).collect();
    let mut batch = batch(&bodies, 1);
    let now = setting.now().as_millisecond().to_string();
    let records = batch["Records"].as_array_mut().unwrap();
    for (record, (number, _)) in records.iter_mut().zip(messages) {
        record["messageId"] = json!(format!("message-{number}"));
        record["receiptHandle"] = json!(format!("receipt-{number}"));
        record["attributes"]["SentTimestamp"] = json!(now);
    }
    batch
}

/// Rows 19 and 20: whatever an event held, what is sent is small, valid, within the agent's limits, says
/// where it was cut, and shows no character that hides something.
#[tokio::test]
async fn whatever_the_text_the_body_is_fit_to_send() {
    // Every character once: what is none, as half of a pair, cannot be in a text.
    let all: String = ('\0'..=char::MAX).collect();
    let megabyte = "\u{1f600}\"\\".repeat(200_000);
    let receiver = Receiver::plain([confirms()]).await;
    let mut setting = Setting::to(&receiver).await;
    for text in [
        all.as_str(),
        &megabyte,
        "\0\u{1b}[31m\u{202e}\u{2066}\u{feff}\u{fffe}",
    ] {
        let at = "2026-01-02T03:00:00Z".parse().unwrap();
        let id = IncidentId::of("alarm", &[text]);
        let data = json!({ "text": text });
        let incident = Incident::new(id, Priority::High, text, text, at, text, data);
        let body = Envelope::new(FunctionName::Alarm, incident).to_body();
        assert_eq!(
            setting.handle(batch(&[body], 1)).await.disposition(),
            Disposition::Ends
        );
    }
    for request in receiver.requests() {
        assert!(request.body.len() < 65_536, "{}", request.body.len());
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        for (key, limit) in [("title", 400), ("description", 10_000), ("service", 400)] {
            let text = body[key].as_str().unwrap();
            let length = text.chars().count();
            assert!(length <= limit);
            assert!(length < limit - 64 || text.ends_with(" characters left out]"));
            let hides = |it: char| it.is_control() && !"\n\t".contains(it);
            assert!(!text.contains(hides) && !text.contains(['\u{202e}', '\u{2066}', '\u{fffe}']));
        }
    }
}

/// Row 24: what is no batch of the queue holds no incident, and is no failure that Lambda would repeat.
#[tokio::test]
async fn what_is_no_batch_is_no_incident() {
    let receiver = Receiver::plain([confirms()]).await;
    let mut setting = Setting::to(&receiver).await;
    for event in [
        json!({}),
        json!(null),
        json!([]),
        json!("text"),
        json!({ "Records": null }),
        json!({ "Records": {} }),
        json!({ "Records": [] }),
        json!({ "Records": [null, 1, "text", {}, [[]]] }),
        json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Message": "{}" } }] }),
        json!({ "Records": [{ "eventSource": "aws:s3", "s3": {} }] }),
        json!({ "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change" }),
        json!({ "source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {} }),
        json!({ "key1": "value1", "key2": "value2", "key3": "value3" }),
    ] {
        let ended = setting.handle(event).await;
        assert_eq!(ended.answer, json!({ "batchItemFailures": [] }));
        assert_eq!(ended.said("batch done")[0]["messages"], 0);
    }
    assert_eq!(receiver.seen().connections, 0);
}
