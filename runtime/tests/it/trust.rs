//! Rows 6, 7 and 23: nothing is sent to anybody but the webhook.

use runtime::http::web_roots;
use serde_json::json;

use crate::{
    aws::Stored,
    canary,
    certificate::{Authority, Flaw},
    hostile::{Receiver, Script, Step, answers, confirms},
    setting::{Disposition, Setting, secret},
};

/// Row 6: a redirect would hand the body and the proof of who sent it to whoever it names.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::plain([confirms()]).await;
    for status in [300, 301, 302, 303, 305, 307, 308] {
        for location in ["/elsewhere", "//localhost/", &elsewhere.origin()] {
            let headers = [("location", location), ("refresh", "0; url=/elsewhere")];
            let receiver = Receiver::plain([answers(status, &headers, "")]).await;
            let ended = Setting::to(&receiver).await.deliver(&["a"]).await;
            assert_eq!(ended.verdict(), "misconfigured", "{status} {location}");
            assert!(matches!(ended.disposition(), Disposition::Deferred(_)));
            assert_eq!(receiver.seen().connections, 1, "{status} {location}");
        }
    }
    assert_eq!(elsewhere.seen().connections, 0);
}

/// Nor is anything else that a success may say about other places.
#[tokio::test]
async fn a_success_leads_nowhere() {
    let elsewhere = Receiver::plain([confirms()]).await;
    let origin = elsewhere.origin();
    let headers = [
        ("location", origin.as_str()),
        ("content-location", &origin),
        ("alt-svc", &format!("h2=\"{}\"", elsewhere.address)),
        ("link", &format!("<{origin}>; rel=preconnect")),
        ("set-cookie", "a=b"),
    ];
    let receiver = Receiver::plain([answers(200, &headers, "")]).await;
    let mut setting = Setting::to(&receiver).await;
    setting.deliver(&["a", "b"]).await;
    assert_eq!(elsewhere.seen().connections, 0);
    for request in receiver.requests() {
        assert_eq!(request.header("cookie"), None);
    }
}

/// Row 23: a receiver that cannot prove to be the webhook is sent nothing.
#[tokio::test]
async fn a_certificate_that_does_not_prove_it_gets_nothing() {
    let authority = Authority::new();
    let other = Authority::new();
    for (case, config) in [
        ("expired", authority.server(Flaw::Expired)),
        ("not yet valid", authority.server(Flaw::NotYetValid)),
        ("for another host", authority.server(Flaw::OtherHost)),
        ("for another purpose", authority.server(Flaw::OtherPurpose)),
        ("self-signed", authority.server(Flaw::SelfSigned)),
        ("by another authority", other.server(Flaw::None)),
    ] {
        let receiver = Receiver::tls(config, [confirms()]).await;
        gets_nothing(case, &receiver, &authority).await;
    }
    // The same receiver with nothing wrong gets it.
    let receiver = Receiver::tls(authority.server(Flaw::None), [confirms()]).await;
    let stored = secret(&receiver.origin(), "secret");
    let ended = Setting::with(stored, authority.roots())
        .await
        .deliver(&["a"])
        .await;
    assert_eq!(
        (ended.verdict(), receiver.seen().handshakes),
        ("confirmed", 1)
    );
}

/// Nor is who does not talk TLS as it has been since 2008.
#[tokio::test]
async fn a_handshake_that_is_none_gets_nothing() {
    for (case, script) in [
        ("TLS 1.0", speaks_tls(0x01)),
        ("TLS 1.1", speaks_tls(0x02)),
        ("SSL 3.0", speaks_tls(0x00)),
        (
            "HTTP",
            vec![
                Step::ReadBytes(4_096),
                Step::Send(b"HTTP/1.1 400 No\r\n\r\n".to_vec()),
            ],
        ),
        (
            "an alert",
            vec![
                Step::ReadBytes(4_096),
                Step::Send(vec![0x15, 3, 3, 0, 2, 2, 40]),
            ],
        ),
        ("a reset", vec![Step::ReadBytes(100), Step::Reset]),
    ] {
        let receiver = Receiver::instead_of_tls([[script, vec![Step::Read]].concat()]).await;
        gets_nothing(case, &receiver, &Authority::new()).await;
    }
}

/// A `ServerHello` of TLS 1.`minor - 1` with the cipher suite that all of them have.
fn speaks_tls(minor: u8) -> Script {
    let hello = [&[3, minor][..], &[7; 32], &[0, 0x00, 0x2f, 0]].concat();
    let length = u8::try_from(hello.len()).unwrap();
    let message = [&[2, 0, 0, length][..], &hello].concat();
    let record = [&[22, 3, minor, 0, length + 4][..], &message].concat();
    vec![Step::ReadBytes(4_096), Step::Send(record)]
}

async fn gets_nothing(case: &str, receiver: &Receiver, authority: &Authority) {
    let stored = secret(&receiver.origin(), "secret");
    let ended = Setting::with(stored, authority.roots())
        .await
        .deliver(&["a"])
        .await;
    assert_eq!(ended.verdict(), "no answer", "{case}: {ended:?}");
    assert!(
        matches!(ended.disposition(), Disposition::Deferred(_)),
        "{case}"
    );
    let seen = receiver.seen();
    assert_eq!((seen.connections, seen.requests.len()), (2, 0), "{case}");
}

/// Row 7, where it is used: a URL that incidents may not be sent to opens no connection, whoever wrote
/// it into the secret and however.
#[tokio::test]
async fn a_url_that_is_not_allowed_is_not_opened() {
    let receiver = Receiver::plain([confirms()]).await;
    let port = receiver.address.port();
    for origin in [
        format!("http://0.0.0.0:{port}"),
        format!("http://127.1:{port}"),
        format!("http://127.0.0.2:{port}"),
        format!("http://2130706433:{port}"),
        format!("http://0x7f000001:{port}"),
        format!("http://0177.0.0.1:{port}"),
        format!("http://[::]:{port}"),
        format!("http://[::ffff:127.0.0.1]:{port}"),
        format!("http://localhost.:{port}"),
        format!("http://event-ai.eu-central-1.api.aws@127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}@localhost:{port}"),
        format!("ftp://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}\r\nx-evil: 1"),
        format!("http://127.0.0.1:{port}/%0d%0ax-evil:1"),
        "https://169.254.169.254".to_owned(),
        "https://event-ai.eu-central-1.api.aws:8443".to_owned(),
        "https://evil.com".to_owned(),
        "file:///etc".to_owned(),
    ] {
        let mut setting = Setting::with(secret(&origin, "secret"), web_roots()).await;
        let ended = setting.deliver(&["a"]).await;
        let why = ended.said("the webhook is not usable: incidents wait");
        let why = why[0]["why"].as_str().unwrap();
        assert!(
            why.starts_with("the key `url` cannot be used"),
            "{origin}: {why}"
        );
        assert!(
            matches!(ended.disposition(), Disposition::Deferred(_)),
            "{origin}"
        );
        assert!(ended.attempts().is_empty(), "{origin}");
    }
    assert_eq!(receiver.seen().connections, 0);
}

/// What is allowed on a local AWS is not where the account file does not say so.
#[tokio::test]
async fn loopback_is_for_those_who_asked_for_it() {
    let receiver = Receiver::plain([confirms()]).await;
    let url = format!("{}/{}", receiver.origin(), canary::PATH);
    let value = json!({ "url": url, "secret": canary::SECRET }).to_string();
    let policy = webhook::UrlPolicy::default();
    let error = webhook::Webhook::parse(&value, &policy).unwrap_err();
    canary::check(&[], &[("the error", error.to_string())]);
    let stored = Stored::Text(value);
    let ended = Setting::with(stored, web_roots())
        .await
        .deliver(&["a"])
        .await;
    assert_eq!(ended.verdict(), "confirmed");
}
