//! What must be shown to nobody, looked for wherever anything is shown.
//!
//! Every delivery of these tests goes through [`check`], at the finest log level, with whatever the
//! libraries beneath write too: so every case here is a case of this one.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet},
    fmt::{self, Write as _},
    sync::{Arc, Mutex, Once},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use runtime::http::web_roots;
use serde_json::json;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use webhook::{SignedRequest, UrlPolicy, Webhook};

use crate::{
    aws::Stored,
    hostile::{Receiver, Request, Step, answers, confirms},
    setting::{Disposition, Setting, secret},
};

/// The secret of an HMAC webhook. It holds whatever an encoding may change.
pub(crate) const SECRET: &str = "4Fq/zK0+7wPm\"Xh9\\uR2sJ5/Tg8+LbY3vC6n=";
/// The key of an API key webhook.
pub(crate) const API_KEY: &str = "Qd7-mW2_xE9~kR4/hN6+cV1.bZ8yT5sL0uP3=";
/// The last part of the URL's path.
pub(crate) const PATH: &str = "7b1d9f3e-5c2a-4e8b-9a6d-0f4c8e2b7a51";
/// The URL's query.
pub(crate) const QUERY: &str = "token=Hs6Kj2Wn8Rv4Xb0Lq5";

/// As long a part of a secret is not there by chance.
const TELLING: usize = 12;

/// Everything that the libraries wrote.
static WRITTEN: Mutex<String> = Mutex::new(String::new());
/// Which of them wrote something.
static HEARD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Begins to listen to what the libraries write.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Listener).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        tracing::subscriber::set_global_default(Listener).unwrap();
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            write(&panic.to_string());
            usual(panic);
        }));
    });
}

/// What the libraries have written since the last call.
pub(crate) fn written() -> String {
    std::mem::take(&mut *WRITTEN.lock().unwrap())
}

/// Sees that none of `shown`, nor what the libraries wrote, holds a secret of ours, one of `more`, or a
/// part of one, in any encoding. `shown` is pairs of a name and a text.
#[track_caller]
pub(crate) fn check(more: &[String], shown: &[(&str, String)]) {
    let secrets = [SECRET, API_KEY, PATH, QUERY];
    let needles = needles(secrets.into_iter().chain(more.iter().map(String::as_str)));
    for (name, text) in shown {
        assert_eq!(find(&needles, text), None, "in {name}");
    }
    assert_eq!(
        find(&needles, &written()),
        None,
        "in what the libraries wrote"
    );
}

/// The parts by which secrets are known, in each encoding.
struct Needles {
    parts: HashSet<Vec<u8>>,
    /// By the first two bytes, whether one of them begins so: most of what is looked through does not.
    begin: Vec<bool>,
}

fn needles<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Needles {
    let mut needles = Needles {
        parts: HashSet::new(),
        begin: vec![false; 1 << 16],
    };
    for encoding in secrets.into_iter().flat_map(encodings) {
        for part in encoding.as_bytes().windows(TELLING) {
            needles.parts.insert(part.to_vec());
            needles.begin[first_two(part)] = true;
        }
    }
    needles
}

fn first_two(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// The text around the first part of a secret in `text`.
fn find<'a>(needles: &Needles, text: &'a str) -> Option<Cow<'a, str>> {
    let bytes = text.as_bytes();
    let at = bytes
        .windows(TELLING)
        .position(|it| needles.begin[first_two(it)] && needles.parts.contains(it))?;
    let around = at.saturating_sub(80)..(at + 80).min(bytes.len());
    Some(String::from_utf8_lossy(&bytes[around]))
}

pub(crate) fn encodings(secret: &str) -> Vec<String> {
    let hex = secret.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    });
    let percent: String = secret
        .chars()
        .map(|it| match it {
            it if it.is_ascii_alphanumeric() || "-._~".contains(it) => it.to_string(),
            it => format!("%{:02X}", u32::from(it)),
        })
        .collect();
    let json = serde_json::to_string(secret).unwrap();
    vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        URL_SAFE.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        hex.to_uppercase(),
        hex,
        percent,
        json.trim_matches('"').to_owned(),
        json.replace('/', "\\/").trim_matches('"').to_owned(),
    ]
}

/// Notes whatever any library says, at any level.
struct Listener;

fn write(entry: &str) {
    let name = entry.split(':').next().unwrap_or_default();
    HEARD.lock().unwrap().insert(name.to_owned());
    let mut written = WRITTEN.lock().unwrap();
    written.push_str(entry);
    written.push('\n');
}

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        write(&format!("{} {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// The fields of a span or an event, as `{:?}` shows them.
struct Fields(String);

impl Visit for Fields {
    #[expect(clippy::use_debug, reason = "the least careful way to show something")]
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(span.metadata().target().to_owned());
        span.record(&mut fields);
        write(&fields.0);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        write(&fields.0);
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(event.metadata().target().to_owned());
        event.record(&mut fields);
        write(&fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// What finds nothing proves nothing unless it would find something.
#[test]
fn every_encoding_is_found() {
    for secret in [SECRET, API_KEY, PATH, QUERY] {
        for encoding in encodings(secret) {
            let needles = needles([secret]);
            let part = &encoding[3..3 + TELLING];
            for text in [encoding.clone(), format!("{{\"a\":\"{part}\"}}")] {
                assert!(find(&needles, &text).is_some(), "{text}");
            }
            assert_eq!(find(&needles, &encoding[..TELLING - 1]), None);
        }
    }
}

/// The log has lines of every library that is known to write some.
#[tokio::test]
async fn the_finest_level_is_logged() {
    let receiver = Receiver::plain([confirms()]).await;
    Setting::to(&receiver).await.deliver(&["a"]).await;
    let heard = HEARD.lock().unwrap();
    for name in ["aws_sigv4", "hyper_util", "reqwest"] {
        assert!(heard.contains(name), "{heard:?}");
    }
}

/// A receiver that repeats what it was sent, or knows, in a list of mistakes: as it is, encoded, or in
/// part.
#[tokio::test]
async fn what_a_receiver_repeats_is_withheld() {
    for secret in [SECRET, PATH, QUERY] {
        let part = secret[2..2 + TELLING].to_owned();
        for repeated in encodings(secret).into_iter().chain([part]) {
            let body = json!({ "errors": [format!("not valid: <{repeated}>")] }).to_string();
            is_withheld(Setting::to, &body).await;
        }
    }
    for encoding in encodings(&format!("Bearer {API_KEY}")) {
        let body = json!({ "errors": [encoding] }).to_string();
        let with_key = async |receiver: &Receiver| {
            Setting::with(secret(&receiver.origin(), "apiKey"), web_roots()).await
        };
        is_withheld(with_key, &body).await;
    }
}

async fn is_withheld(setting: impl AsyncFn(&Receiver) -> Setting, body: &str) {
    let receiver = Receiver::plain([answers(200, &[], body)]).await;
    let ended = setting(&receiver).await.deliver(&["a"]).await;
    let reason = "rejected: the receiver's words are withheld: they repeat the secret";
    assert_eq!(
        ended.disposition(),
        Disposition::Dead(reason.to_owned()),
        "{body}"
    );
}

/// The same with the signature, which is another each time.
#[tokio::test]
async fn a_signature_that_comes_back_is_withheld() {
    for encode in [
        |signature: &str| signature.to_owned(),
        |signature: &str| STANDARD.encode(signature),
        |signature: &str| signature[5..5 + TELLING].to_owned(),
    ] {
        let body = move |request: &Request| {
            let signature = request.header("x-amzn-event-signature").unwrap();
            json!({ "errors": [encode(signature)] }).to_string()
        };
        let receiver = Receiver::plain([vec![Step::Read, Step::Echo(Arc::new(body))]]).await;
        let ended = Setting::to(&receiver).await.deliver(&["a"]).await;
        assert_eq!(ended.verdict(), "rejected");
    }
}

/// Whatever panics while it holds the webhook, a request or the function, and shows what it holds.
#[tokio::test]
async fn a_panic_shows_nothing() {
    let receiver = Receiver::plain([confirms()]).await;
    let mut setting = Setting::to(&receiver).await;
    setting.deliver(&["a"]).await;
    let Stored::Text(value) = secret(&receiver.origin(), "secret") else {
        panic!("no text")
    };
    let policy = UrlPolicy {
        loopback_http: true,
        ..UrlPolicy::default()
    };
    let webhook = Webhook::parse(&value, &policy).unwrap();
    let request = || SignedRequest::new(&webhook, b"{}".to_vec(), Timestamp::UNIX_EPOCH);
    let (_, signature) = request().headers.remove(2);
    let panics: [Box<dyn FnOnce() + '_>; 4] = [
        Box::new(|| panic!("{webhook:?}")),
        Box::new(|| panic!("{:?}", request())),
        Box::new(|| panic!("{:?}", request().confidential(&webhook))),
        Box::new(|| panic!("{:?}", setting.function)),
    ];
    for panic in panics {
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(panic)).unwrap_err();
        let message = panicked.downcast_ref::<String>().unwrap().clone();
        assert!(message.contains("[redacted]"), "{message}");
        check(std::slice::from_ref(&signature), &[("a panic", message)]);
    }
}
