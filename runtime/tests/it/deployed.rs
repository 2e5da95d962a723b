//! The function as it is deployed: how long it waits, what it needs of memory, and what it writes.

use std::time::Duration;

use runtime::deliver::ATTEMPT;
use serde_json::json;

use crate::{
    aws::{Aws, Stored},
    canary,
    hostile::{Receiver, Step, answers, confirms, large},
    lambda::Lambda,
    setting::{Setting, batch, envelope, secret},
};

/// One incident.
fn event() -> serde_json::Value {
    event_of("a")
}

fn event_of(name: &str) -> serde_json::Value {
    batch(&[envelope(name)], 1)
}

/// The most memory that a process ever had, in kB. It is the real one's, so that the parts are counted
/// that no allocator sees. Source: proc(5).
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|it| it.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Row 4: the deadline of a deployed function, once: of all of an attempt, and not of each read.
#[tokio::test]
async fn the_real_deadline_is_ten_seconds_in_all() {
    let script = vec![
        Step::Read,
        Step::Send(b"HTTP/1.1 200 OK\r\nx-slow: ".to_vec()),
        Step::Drip(vec![b'z'; 60_000]),
    ];
    let receiver = Receiver::plain([script]).await;
    let mut setting = Setting::to(&receiver).await;
    // What comes back to an environment that has just started is tried once.
    let ended = setting.handle(batch(&[envelope("a")], 4)).await;
    assert_eq!(
        (ended.verdict(), receiver.seen().connections),
        ("no answer", 1)
    );
    let took = Duration::from_millis(ended.attempts()[0]["milliseconds"].as_u64().unwrap());
    // Dripping takes twenty minutes; this machine may be busy.
    assert!((ATTEMPT..ATTEMPT * 3).contains(&took), "{took:?}");
}

/// Row 5: whatever size an answer has, the function grows by less than a megabyte.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_large_answer_takes_no_memory() {
    // What any first answer takes is not what a large one takes.
    let scripts = [confirms(), confirms()]
        .into_iter()
        .chain(large(&Step::Hang));
    let receiver = Receiver::plain(scripts).await;
    let aws = Aws::with(secret(&receiver.origin(), "secret")).await;
    let mut lambda = Lambda::start(&aws, &[]).await;
    let delivered = json!({ "batchItemFailures": [] }).to_string();
    for name in ["a", "b"] {
        assert_eq!(
            lambda.invoke(event_of(name)).await.as_ref(),
            Some(&delivered)
        );
    }
    let before = peak_memory(lambda.id());
    for name in ["c", "d", "e"] {
        assert_eq!(
            lambda.invoke(event_of(name)).await.as_ref(),
            Some(&delivered)
        );
    }
    let grown = peak_memory(lambda.id()) - before;
    assert!(grown < 1_024, "{grown} kB");
    assert_eq!(receiver.requests().len(), 5);
    lambda.end().await;
}

/// Row 7: no proxy of the environment gets to see a request.
#[tokio::test]
async fn a_proxy_is_not_asked() {
    let proxy = Receiver::plain([confirms()]).await;
    let receiver = Receiver::plain([confirms()]).await;
    let aws = Aws::with(secret(&receiver.origin(), "secret")).await;
    let names = [
        "http_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
    ];
    let origin = proxy.origin();
    let more = names.map(|name| (name, origin.as_str()));
    let mut lambda = Lambda::start(&aws, &more).await;
    lambda.invoke(event()).await.unwrap();
    lambda.end().await;
    assert_eq!(
        (proxy.seen().connections, receiver.seen().connections),
        (0, 1)
    );
}

/// Nothing that the process writes or answers shows a secret, whatever it is answered.
#[tokio::test]
async fn the_process_shows_nothing() {
    let echo = Step::Echo(std::sync::Arc::new(|request| {
        json!({ "errors": [format!("{:?}", request.headers), request.line] }).to_string()
    }));
    for (key, script) in [
        ("secret", confirms()),
        ("secret", vec![Step::Read, echo.clone()]),
        ("apiKey", vec![Step::Read, echo]),
        ("secret", answers(400, &[], "")),
        ("apiKey", answers(429, &[("retry-after", "60")], "")),
    ] {
        let receiver = Receiver::plain([script]).await;
        let aws = Aws::with(secret(&receiver.origin(), key)).await;
        shows_nothing(&aws, &receiver).await;
    }
    let receiver = Receiver::plain([confirms()]).await;
    for value in [
        canary::SECRET.to_owned(),
        json!({ "url": canary::SECRET }).to_string(),
    ] {
        let aws = Aws::with(Stored::Text(value)).await;
        shows_nothing(&aws, &receiver).await;
    }
}

async fn shows_nothing(aws: &Aws, receiver: &Receiver) {
    let mut lambda = Lambda::start(aws, &[]).await;
    let answer = lambda.invoke(event()).await.unwrap();
    let written = lambda.end().await;
    assert!(written.contains("batch done"), "{written}");
    let proofs: Vec<String> = receiver
        .requests()
        .iter()
        .filter_map(|it| it.header("x-amzn-event-signature").map(str::to_owned))
        .collect();
    let dead = serde_json::Value::from(aws.state().letters.clone()).to_string();
    let shown = [
        ("the output", written),
        ("the answer", answer),
        ("the dead letters", dead),
    ];
    canary::check(&proofs, &shown);
}
