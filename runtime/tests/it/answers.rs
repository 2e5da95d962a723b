//! Rows 2, 3, 5, 8 to 10, 21 and 22: what is sent, and what is made of each answer.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    hostile::{CONFIRMED, Receiver, Step, answer, answers, confirms, large},
    secret::proves,
    setting::{Disposition, Ended, Setting},
};

/// A row of the table in `docs/delivery.md`.
#[derive(Debug)]
struct Row {
    statuses: Vec<u16>,
    bodies: Vec<String>,
    verdict: String,
    requests: usize,
    incident: String,
}

/// The table in `docs/delivery.md`.
fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/delivery.md");
    let document = fs::read_to_string(path).unwrap();
    let (_, section) = document
        .split_once("## What becomes of each answer")
        .unwrap();
    let lines = section
        .lines()
        .skip_while(|it| !it.starts_with('|'))
        .skip(2);
    lines
        .take_while(|it| it.starts_with('|'))
        .map(Row::read)
        .collect()
}

impl Row {
    fn read(line: &str) -> Self {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [answer, verdict, requests, incident] = cells.as_slice() else {
            panic!("{line}")
        };
        // Code is a status or a body; two statuses with a dash between them are a range.
        let parts: Vec<&str> = answer.split('`').collect();
        let mut row = Self {
            statuses: Vec::new(),
            bodies: Vec::new(),
            verdict: (*verdict).to_owned(),
            requests: requests.parse().unwrap(),
            incident: (*incident).to_owned(),
        };
        for (before, code) in parts.iter().step_by(2).zip(parts.iter().skip(1).step_by(2)) {
            match (code.parse::<u16>(), row.statuses.last()) {
                (Ok(end), Some(begin)) if *before == "–" => row.statuses.extend(begin + 1..=end),
                (Ok(status), _) => row.statuses.push(status),
                (Err(_), _) => row.bodies.push((*code).to_owned()),
            }
        }
        row
    }

    #[track_caller]
    fn check(&self, receiver: &Receiver, ended: &Ended, case: &str) {
        let verdict = (ended.verdict(), receiver.seen().connections);
        assert_eq!(
            verdict,
            (self.verdict.as_str(), self.requests),
            "{case}: {ended:?}"
        );
        let disposition = ended.disposition();
        let expected = match disposition {
            Disposition::Ends => "leaves the queue",
            Disposition::Deferred(_) => "goes back",
            Disposition::Dead(_) => "dead letter",
        };
        assert!(
            self.incident.starts_with(expected),
            "{case}: {disposition:?}"
        );
        let failed = match disposition {
            Disposition::Ends => 0,
            _ => self.requests,
        };
        assert_eq!(ended.metric("FailedAttempts"), failed as u64, "{case}");
    }
}

/// Row 3, from end to end: whatever the status, the table in docs/delivery.md says what becomes of it.
#[tokio::test]
async fn every_status_is_what_the_document_says() {
    let rows = rows();
    let other = rows.last().unwrap();
    for status in 100..=599 {
        let mut of_it = rows.iter().filter(|row| row.statuses.contains(&status));
        // Of those that take a success, the one whose body may be anything.
        let row = match status {
            200..=299 => rows
                .iter()
                .find(|row| row.verdict == "unconfirmed")
                .unwrap(),
            _ => of_it.next().unwrap_or(other),
        };
        assert!(
            status < 300 || of_it.next().is_none(),
            "{status} is in two rows"
        );
        let receiver = Receiver::plain([answers(status, &[], "")]).await;
        let ended = Setting::to(&receiver).await.deliver(&["a"]).await;
        row.check(&receiver, &ended, &status.to_string());
    }
}

/// A success is one by its body.
#[tokio::test]
async fn every_body_is_what_the_document_says() {
    let mut bodies = 0;
    for row in rows().iter().filter(|row| !row.bodies.is_empty()) {
        for body in &row.bodies {
            for status in [200, 201, 202, 299] {
                assert!(row.statuses.contains(&status));
                let receiver = Receiver::plain([answers(status, &[], body)]).await;
                let ended = Setting::to(&receiver).await.deliver(&["a"]).await;
                row.check(&receiver, &ended, &format!("{status} {body}"));
            }
            bodies += 1;
        }
    }
    assert_eq!(bodies, 5);
}

/// The reason is the receiver's own, and stays with the incident.
#[tokio::test]
async fn a_dead_letter_says_what_the_receiver_said() {
    for (status, body, reason) in [
        (
            200,
            r#"{"errors":["no title"]}"#,
            r#"rejected: ["no title"]"#,
        ),
        (
            413,
            "",
            "rejected: the receiver says that the incident is too large",
        ),
    ] {
        let receiver = Receiver::plain([answers(status, &[], body)]).await;
        let ended = Setting::to(&receiver).await.deliver(&["a"]).await;
        assert_eq!(ended.disposition(), Disposition::Dead(reason.to_owned()));
    }
}

/// Row 2: a wait that was asked for is kept, in every form in which it can be asked for: on the spot if
/// it is short, in the queue if it is not. What asks for nothing that can be read is tried once more.
#[tokio::test]
async fn nothing_is_sent_earlier_than_was_asked_for() {
    let now = Timestamp::now();
    let date = |seconds, format| {
        let at = now + SignedDuration::from_secs(seconds);
        Some(at.strftime(format).to_string())
    };
    let text = |it: &str| Some(it.to_owned());
    let (imf, obsolete, c) = (
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
    );
    // How many seconds were asked for; dates are whole seconds.
    for (retry_after, asked) in [
        (None, 0),
        (text("0"), 0),
        (text("1"), 1),
        (text("5"), 5),
        (text("6"), 6),
        (text("7"), 7),
        (text("600"), 600),
        (text("1000000000"), 6 * 3_600),
        (text("99999999999999999999999"), 6 * 3_600),
        (text("-5"), 0),
        (text("1.5"), 0),
        (text("abc"), 0),
        (text(""), 0),
        (date(3_600, imf), 3_590),
        (date(3_600, obsolete), 3_590),
        (date(3_600, c), 3_590),
        (date(-3_600, imf), 0),
    ] {
        for status in [429, 503] {
            let headers: Vec<(&str, &str)> = retry_after
                .iter()
                .map(|it| ("retry-after", it.as_str()))
                .collect();
            let receiver = Receiver::plain([answers(status, &headers, ""), confirms()]).await;
            let ended = Setting::to(&receiver).await.deliver(&["a"]).await;
            let case = format!("{status} {retry_after:?}: {ended:?}");
            let requests = receiver.requests();
            if asked > 5 {
                let Disposition::Deferred(seconds) = ended.disposition() else {
                    panic!("{case}")
                };
                assert!(seconds >= asked && requests.len() == 1, "{case}");
                // A date is read to the second, and waits are spread twice.
                assert!(seconds <= asked.max(900) + 75, "{case}");
            } else {
                assert_eq!(ended.disposition(), Disposition::Ends, "{case}");
                let times: Vec<Timestamp> = requests.iter().map(sent).collect();
                let apart = times[1].duration_since(times[0]).as_secs();
                assert!(apart.unsigned_abs() >= asked, "{case}");
            }
        }
    }
}

fn sent(request: &crate::hostile::Request) -> Timestamp {
    let header = request.header("x-amzn-event-timestamp").unwrap();
    header.parse().unwrap()
}

/// Rows 9 and 22: every attempt is the same incident, byte by byte, with a time and a signature of its
/// own; also when it is put back into the queue after three days.
#[tokio::test]
async fn every_attempt_is_signed_anew_and_says_the_same() {
    let scripts = [answers(503, &[], ""), answers(503, &[], ""), confirms()];
    let receiver = Receiver::plain(scripts).await;
    let mut setting = Setting::to(&receiver).await;
    assert!(matches!(
        setting.deliver(&["a"]).await.disposition(),
        Disposition::Deferred(_)
    ));
    setting.skip(SignedDuration::from_hours(72));
    assert_eq!(
        setting.deliver(&["a"]).await.disposition(),
        Disposition::Ends
    );

    let requests = receiver.requests();
    assert_eq!(requests.len(), 3);
    for pair in requests.windows(2) {
        assert_eq!(pair[0].body, pair[1].body);
        assert!(sent(&pair[0]) < sent(&pair[1]));
        let signature = "x-amzn-event-signature";
        assert_ne!(pair[0].header(signature), pair[1].header(signature));
    }
    let apart = sent(&requests[2]).duration_since(sent(&requests[0]));
    assert!(apart >= SignedDuration::from_hours(72));
}

/// Rows 8 and 21: the proof is of the bytes that arrive, in as few headers as it takes, whatever the
/// incident holds.
#[tokio::test]
async fn no_text_becomes_a_header() {
    for (key, proof) in [
        ("secret", "x-amzn-event-signature"),
        ("apiKey", "authorization"),
    ] {
        let receiver = Receiver::plain([confirms()]).await;
        let stored = crate::setting::secret(&receiver.origin(), key);
        let mut setting = Setting::with(stored, runtime::http::web_roots()).await;
        let name = "a\r\nx-evil: 1\r\n\r\n\0\u{2028}\u{202e}\u{1f600}";
        assert_eq!(
            setting.deliver(&[name]).await.disposition(),
            Disposition::Ends
        );
        let request = receiver.requests().remove(0);
        let mut names: Vec<&str> = request
            .headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        names.sort_unstable();
        let mut expected = [
            "accept",
            "content-length",
            "content-type",
            "host",
            "x-amzn-event-timestamp",
            proof,
        ];
        expected.sort_unstable();
        assert_eq!(names, expected);
        assert!(request.line.starts_with("POST /webhook/generic/"));
        let length = request.header("content-length").unwrap();
        assert_eq!(length, request.body.len().to_string());
        assert!(proves(&request, key), "{request:?}");
    }
}

/// Row 10: a receiver that does not take the time that a request was signed at seldom says so. Where
/// its own clock tells, the log does.
#[tokio::test]
async fn a_clock_that_is_wrong_is_named() {
    for (status, ahead, named) in [(403, 600, true), (400, -600, true), (403, 5, false)] {
        let date = Timestamp::now() + SignedDuration::from_secs(ahead);
        let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let receiver = Receiver::plain([answers(status, &[("date", &date)], "")]).await;
        let ended = Setting::to(&receiver).await.deliver(&["a"]).await;
        let skew = ended.attempts()[0]["clockSkewSeconds"].as_i64();
        assert_eq!(skew.is_some(), named, "{ended:?}");
        assert!(
            skew.is_none_or(|skew| (skew - ahead).abs() < 60),
            "{ended:?}"
        );
    }
}

/// Row 5: of an answer that is large, endless, compressed or beset with headers, no more is taken than is
/// needed. How much memory that takes is measured in `deployed`.
#[tokio::test]
async fn a_large_answer_is_left_where_it_is() {
    let taken = Arc::new(AtomicBool::new(false));
    let all = Arc::clone(&taken);
    let finished = Step::Then(Arc::new(move || all.store(true, Ordering::Relaxed)));
    let headers = "x-more: and more\r\n".repeat(10_000);
    let many = format!("HTTP/1.1 200 OK\r\n{headers}\r\n").into_bytes();
    let endless = Step::Repeat(vec![b' '; 1 << 20], 1 << 20);
    let too_much = [
        vec![Step::Read, Step::Send(many)],
        vec![Step::Read, endless.clone(), finished.clone()],
        vec![
            Step::Read,
            Step::Send(b"HTTP/1.1 200 OK\r\nx: ".to_vec()),
            endless,
        ],
    ];
    let large = large(&finished).map(|it| (it, "unconfirmed"));
    for (script, verdict) in large
        .into_iter()
        .chain(too_much.map(|it| (it, "no answer")))
    {
        let receiver = Receiver::plain([script]).await;
        let ended = Setting::to(&receiver).await.deliver(&["a"]).await;
        assert_eq!(ended.verdict(), verdict, "{ended:?}");
        for request in receiver.requests() {
            assert_eq!(request.header("accept-encoding"), None);
        }
    }
    assert!(!taken.load(Ordering::Relaxed), "800 MB were taken");
}

/// What comes after 4 KiB is not read, and so confirms nothing and rejects nothing.
#[tokio::test]
async fn only_the_beginning_of_a_body_counts() {
    for (padding, verdict) in [(4_000, "confirmed"), (4_096, "unconfirmed")] {
        let body = " ".repeat(padding) + CONFIRMED;
        let receiver =
            Receiver::plain([vec![Step::Read, Step::Send(answer(200, &[], &body))]]).await;
        let ended = Setting::to(&receiver).await.deliver(&["a"]).await;
        assert_eq!(ended.verdict(), verdict);
    }
}
