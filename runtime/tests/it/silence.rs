//! Rows 4, 5 and 23: receivers that are silent, slow or gone. No attempt outlives its deadline, none is
//! repeated more than once, and nothing is lost.

use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::{
    certificate::{Authority, Flaw},
    hostile::{CONFIRMED, Receiver, Script, Step, answer},
    setting::{DEADLINE, Disposition, Ended, Setting, secret},
};

/// Delivers an incident to a receiver that plays a script, in plain text and over TLS.
async fn play(script: Script) -> [(Ended, usize); 2] {
    let authority = Authority::new();
    let plain = Receiver::plain([script.clone()]).await;
    let tls = Receiver::tls(authority.server(Flaw::None), [script]).await;
    let to = async |receiver: Receiver| {
        let stored = secret(&receiver.origin(), "secret");
        let mut setting = Setting::with(stored, authority.roots()).await;
        setting.replace(DEADLINE);
        let ended = setting.deliver(&["a"]).await;
        let connections = receiver.seen().connections;
        (ended, connections)
    };
    let (plain, tls) = tokio::join!(to(plain), to(tls));
    [plain, tls]
}

/// Sees that there is no answer, and that the incident goes back after a second attempt.
#[track_caller]
fn is_unanswered(ended: &Ended, connections: usize, why: &[&str], case: &str) {
    assert_eq!(
        (ended.verdict(), connections),
        ("no answer", 2),
        "{case}: {ended:?}"
    );
    assert!(
        matches!(ended.disposition(), Disposition::Deferred(120..)),
        "{case}: {ended:?}"
    );
    for attempt in ended.attempts() {
        let said = attempt["why"].as_str().unwrap();
        assert!(
            why.iter().any(|why| said == format!("no answer ({why})")),
            "{case}: {said}"
        );
    }
}

fn head(more: &str) -> Step {
    Step::Send(format!("HTTP/1.1 200 OK\r\n{more}").into_bytes())
}

/// Whoever says nothing, or not enough of it, is waited for until the deadline and no longer.
#[tokio::test]
async fn who_does_not_answer_is_not_waited_for() {
    let slow = "x-slow: ".to_owned() + &"z".repeat(60_000);
    for (case, script) in [
        ("takes nothing", vec![Step::Hang]),
        ("takes a little", vec![Step::ReadBytes(10), Step::Hang]),
        ("says nothing", vec![Step::Read, Step::Hang]),
        (
            "breaks off in the status",
            vec![Step::Read, Step::Send(b"HTTP/1.1 2".to_vec()), Step::Hang],
        ),
        (
            "breaks off in the headers",
            vec![Step::Read, head("x: y\r\n"), Step::Hang],
        ),
        (
            "drips",
            vec![
                Step::Read,
                Step::Drip(answer(200, &[], CONFIRMED)),
                Step::Hang,
            ],
        ),
        (
            "drips a header",
            vec![Step::Read, head(""), Step::Drip(slow.clone().into_bytes())],
        ),
        (
            "says to go on",
            vec![
                Step::Read,
                Step::Send(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
                Step::Hang,
            ],
        ),
    ] {
        for (ended, connections) in play(script).await {
            is_unanswered(&ended, connections, &["timeout"], case);
        }
    }
}

/// Once the status is there, the incident has arrived: a body that does not come changes nothing.
#[tokio::test]
async fn who_has_answered_need_not_finish() {
    let length = head("content-length: 100\r\n\r\n");
    let chunked = head("transfer-encoding: chunked\r\n\r\n");
    let part = Step::Send(CONFIRMED.as_bytes().to_vec());
    for (case, script) in [
        (
            "hangs before the body",
            vec![Step::Read, length.clone(), Step::Hang],
        ),
        (
            "hangs in the body",
            vec![Step::Read, length.clone(), part.clone(), Step::Hang],
        ),
        (
            "drips the body",
            vec![Step::Read, length.clone(), Step::Drip(vec![b' '; 100])],
        ),
        ("breaks off", vec![Step::Read, length.clone(), part.clone()]),
        (
            "resets in the body",
            vec![Step::Read, length, part, Step::Reset],
        ),
        (
            "sends no chunk",
            vec![Step::Read, chunked, Step::Send(b"zz\r\n".to_vec())],
        ),
    ] {
        for (ended, connections) in play(script).await {
            // What has come of the body may be all there is to know.
            let known = ["unconfirmed", "confirmed"].contains(&ended.verdict());
            assert!(known && connections == 1, "{case}: {ended:?}");
            assert_eq!(ended.disposition(), Disposition::Ends, "{case}");
        }
    }
}

/// Whoever goes away, or talks something else than HTTP, has not answered.
#[tokio::test]
async fn who_breaks_off_has_not_answered() {
    let noise: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    for (case, script) in [
        ("closes at once", vec![]),
        ("closes without an answer", vec![Step::Read]),
        (
            "closes in the status",
            vec![Step::Read, Step::Send(b"HTTP/1.1 2".to_vec())],
        ),
        ("closes in the headers", vec![Step::Read, head("x: y\r\n")]),
        ("resets at once", vec![Step::Reset]),
        (
            "resets in the request",
            vec![Step::ReadBytes(10), Step::Reset],
        ),
        ("resets after the request", vec![Step::Read, Step::Reset]),
        (
            "resets in the headers",
            vec![Step::Read, head("x: y\r\n"), Step::Reset],
        ),
        ("sends noise", vec![Step::Read, Step::Send(noise)]),
        ("sends zeros", vec![Step::Read, Step::Send(vec![0; 5_000])]),
        (
            "talks SSH",
            vec![Step::Send(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), Step::Hang],
        ),
        (
            "talks HTTP/0.9",
            vec![
                Step::Read,
                Step::Send(b"<html>Webhook received</html>".to_vec()),
            ],
        ),
        (
            "talks HTTP/2",
            vec![
                Step::Read,
                Step::Send(b"\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0".to_vec()),
            ],
        ),
        (
            "knows no such status",
            vec![Step::Read, Step::Send(b"HTTP/1.1 2OO OK\r\n\r\n".to_vec())],
        ),
        (
            "says two lengths",
            vec![
                Step::Read,
                head("content-length: 1\r\ncontent-length: 2\r\n\r\n"),
            ],
        ),
    ] {
        for (ended, connections) in play(script).await {
            is_unanswered(&ended, connections, &["request", "connect", "body"], case);
        }
    }
}

/// The same before there is a connection, or before it is a secure one.
#[tokio::test]
async fn who_cannot_be_reached_is_not_waited_for() {
    // The queue of a listener that accepts nobody is full after a few.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(0).unwrap();
    let address = full.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(it)) =
        tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await
    {
        waiting.push(it);
    }
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = gone.local_addr().unwrap();
    drop(gone);
    for (case, origin, why) in [
        ("accepts nobody", format!("http://{address}"), "timeout"),
        (
            "accepts nobody, with TLS",
            format!("https://{address}"),
            "timeout",
        ),
        ("nobody listens", format!("http://{nobody}"), "connect"),
        (
            "nobody listens with TLS",
            format!("https://{nobody}"),
            "connect",
        ),
    ] {
        let stored = secret(&origin, "secret");
        let mut setting = Setting::with(stored, Authority::new().roots()).await;
        setting.replace(DEADLINE);
        let ended = setting.deliver(&["a"]).await;
        is_unanswered(&ended, ended.attempts().len(), &[why], case);
    }
    drop((full, waiting));
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_not_waited_for() {
    for (case, script, why) in [
        ("says nothing", vec![Step::Hang], "timeout"),
        (
            "reads and says nothing",
            vec![Step::ReadBytes(4_096), Step::Hang],
            "timeout",
        ),
        (
            "resets",
            vec![Step::ReadBytes(4_096), Step::Reset],
            "connect",
        ),
        ("closes", vec![Step::ReadBytes(4_096)], "connect"),
    ] {
        let receiver = Receiver::instead_of_tls([script]).await;
        let stored = secret(&receiver.origin(), "secret");
        let mut setting = Setting::with(stored, Authority::new().roots()).await;
        setting.replace(DEADLINE);
        let ended = setting.deliver(&["a"]).await;
        let connections = receiver.seen().connections;
        is_unanswered(&ended, connections, &[why], case);
    }
}
