//! What travels between the functions: an incident, and which of them made it.
//!
//! Messages outlive deploys, so the format has a version. This crate writes the newest and reads the
//! newest and the one before; recorded bodies of each are among the tests.

use serde::{Deserialize, Serialize};

use crate::{FunctionName, Group, Incident, IncidentId};

/// Bytes of a body at most. The largest that is written is smaller; whatever is larger is none of ours. It is also what
/// SQS counts as one request.
pub const MAX_MESSAGE: usize = 65_536;

/// The version that is written.
const VERSION: u64 = 3;
/// That of canaries, which readers of the one before do not know: such a message waits for a reader that does.
const NEWEST: u64 = 4;

/// What made an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Signal {
    /// A function of the stack. `deliver` made it where it is a report that was not delivered and was put back
    /// among the incidents.
    Function(FunctionName),
    /// A person who tests.
    Test,
    /// The canary of the pipeline.
    Canary,
}

impl From<FunctionName> for Signal {
    fn from(function: FunctionName) -> Self {
        Self::Function(function)
    }
}

impl From<Signal> for &'static str {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Function(FunctionName::Deliver) => "report",
            Signal::Function(function) => function.as_str(),
            Signal::Test => "test",
            Signal::Canary => "canary",
        }
    }
}

impl TryFrom<String> for Signal {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let functions = FunctionName::ALL.into_iter().map(Self::Function);
        functions
            .chain([Self::Test, Self::Canary])
            .find(|signal| <&str>::from(*signal) == name)
            .ok_or("nothing that makes incidents is called so")
    }
}

/// An incident on its way to delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    version: u64,
    /// What made it.
    pub signal: Signal,
    /// What is to be delivered.
    pub incident: Incident,
    /// What it belongs to; the first version did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Group>,
    /// Whether a person took it from the dead letters, to be tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redriven: bool,
}

/// A message that is no envelope of a known version.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableEnvelope {
    /// A newer version of the functions wrote it. It can be read once they are deployed again.
    #[error("envelope version {0} is newer than {NEWEST}, which this function reads")]
    Newer(u64),
    /// It is larger than anything that is written, and was not read.
    #[error("{0} bytes: an envelope has {MAX_MESSAGE} at most")]
    TooLong(usize),
    /// Nothing of ours wrote it, or it was damaged.
    #[error("not an envelope: {0}")]
    Malformed(String),
}

impl Envelope {
    /// An incident that belongs to nothing, ready to be queued.
    pub fn new(signal: impl Into<Signal>, incident: Incident) -> Self {
        let signal = signal.into();
        Self {
            version: match signal {
                Signal::Canary => NEWEST,
                Signal::Function(_) | Signal::Test => VERSION,
            },
            signal,
            incident,
            group: None,
            redriven: false,
        }
    }

    /// An incident of a group, ready to be queued.
    pub fn of_group(signal: impl Into<Signal>, incident: Incident, group: Group) -> Self {
        Self {
            group: Some(group),
            ..Self::new(signal, incident)
        }
    }

    /// What the incident belongs to: itself, where nothing else is known.
    pub fn group(&self) -> Group {
        self.group
            .clone()
            .unwrap_or_else(|| Group::alone(&self.incident))
    }

    /// The incident's identity: its ID. Where an older version queued it, several incidents can share an ID,
    /// and the group says what happened once.
    pub fn identity(&self) -> IncidentId {
        let occurrence = self.group.as_ref().and_then(|it| it.occurrence.as_deref());
        occurrence.map_or_else(|| self.incident.id().clone(), IncidentId::from_occurrence)
    }

    /// The message's body.
    ///
    /// # Panics
    ///
    /// Never: there is nothing in an envelope that JSON cannot say.
    pub fn to_body(&self) -> String {
        serde_json::to_string(self).expect("texts, numbers and maps with text keys are JSON")
    }

    /// Reads a message's body.
    ///
    /// # Errors
    ///
    /// Returns [`UnreadableEnvelope::TooLong`] if the body has more than [`MAX_MESSAGE`] bytes,
    /// [`UnreadableEnvelope::Newer`] if a newer version wrote it, and [`UnreadableEnvelope::Malformed`] if it is
    /// not the JSON of an envelope.
    pub fn parse(body: &str) -> Result<Self, UnreadableEnvelope> {
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        if body.len() > MAX_MESSAGE {
            return Err(UnreadableEnvelope::TooLong(body.len()));
        }
        // The message says nothing of the body itself: serde's would quote from it.
        let malformed = |error: &serde_json::Error| {
            UnreadableEnvelope::Malformed(format!(
                "{:?} error at line {} column {}",
                error.classify(),
                error.line(),
                error.column()
            ))
        };
        let Version { version } = serde_json::from_str(body).map_err(|error| malformed(&error))?;
        if version > NEWEST {
            return Err(UnreadableEnvelope::Newer(version));
        }
        serde_json::from_str(body).map_err(|error| malformed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GroupKey, Priority};

    /// Bodies as earlier releases queued them. They are never edited, only added to.
    #[test]
    fn recorded_bodies_are_read() {
        for (body, signal, title) in [
            (
                include_str!("../tests/envelopes/v1-alarm.json"),
                Signal::from(FunctionName::Alarm),
                "Alarm ServerCpuTooHigh is in ALARM in us-east-1",
            ),
            (
                include_str!("../tests/envelopes/v1-ecs.json"),
                Signal::from(FunctionName::Ecs),
                "A task of the ECS service sin-web_service-dev stopped: out of memory (cluster \
                 sin-web_cluster-dev, ap-northeast-2)",
            ),
            (
                include_str!("../tests/envelopes/v1-event.json"),
                Signal::from(FunctionName::Event),
                "Pipeline myPipeline failed in us-east-1",
            ),
            (
                include_str!("../tests/envelopes/v2-alarm.json"),
                Signal::from(FunctionName::Alarm),
                "Alarm CompositeDemo.Main is in ALARM in us-east-1",
            ),
            (
                include_str!("../tests/envelopes/v2-ecs.json"),
                Signal::from(FunctionName::Ecs),
                "A task of the ECS service sin-web_service-dev stopped: out of memory (cluster \
                 sin-web_cluster-dev, ap-northeast-2)",
            ),
            (
                include_str!("../tests/envelopes/v2-event.json"),
                Signal::from(FunctionName::Event),
                "Pipeline myPipeline failed in us-east-1",
            ),
        ] {
            let envelope = Envelope::parse(body).unwrap();
            assert_eq!(envelope.signal, signal);
            assert_eq!(envelope.incident.title(), title);
            // What is written again is of the newest version, and says the same.
            let again = Envelope::parse(
                &Envelope::of_group(signal, envelope.incident.clone(), envelope.group()).to_body(),
            );
            assert_eq!(again.unwrap().incident, envelope.incident);
            // The first version did not say what an incident belongs to.
            let is_alone = envelope.group() == Group::alone(&envelope.incident);
            assert_eq!(is_alone, body.starts_with("{\"version\":1,"));
        }
    }

    /// Four bytes a character, and as much of everything as there can be.
    #[test]
    fn whatever_is_written_is_read() {
        let long = "\u{1f525}".repeat(20_000);
        let at = "2026-01-02T03:04:05Z".parse().unwrap();
        let id = IncidentId::of("alarm", &["x"]);
        let data = serde_json::json!({ "a": "\u{1f525}".repeat(1_990) });
        let incident = Incident::new(id, Priority::High, &long, &long, at, &long, data);
        let covers = (0..100).map(|it| format!("arn:{it}:{}", "x".repeat(300)));
        let group = Group::new(GroupKey::of("alarm", &["x"]), &long, &long)
            .of_rule(&long)
            .of_alarm(&"x".repeat(1_600), covers);
        assert_eq!(group.covers.len(), 26);
        let body = Envelope::of_group(FunctionName::Alarm, incident, group).to_body();
        assert!(body.len() > 55_000, "{}", body.len());
        Envelope::parse(&body).unwrap();
        let larger = format!("{body}{}", " ".repeat(MAX_MESSAGE));
        assert!(matches!(
            Envelope::parse(&larger),
            Err(UnreadableEnvelope::TooLong(_))
        ));
    }

    #[test]
    fn what_cannot_be_a_key_is_no_id() {
        for id in ["", "a b", "\u{e9}", &"x".repeat(201)] {
            let id = serde_json::json!(id);
            assert!(
                serde_json::from_value::<IncidentId>(id.clone()).is_err(),
                "{id}"
            );
            assert!(
                serde_json::from_value::<GroupKey>(id.clone()).is_err(),
                "{id}"
            );
        }
    }

    #[test]
    fn a_newer_version_can_wait() {
        let error = Envelope::parse(r#"{"version":99,"shape":"unknown"}"#).unwrap_err();
        assert!(matches!(error, UnreadableEnvelope::Newer(99)));
    }

    #[test]
    fn what_is_no_envelope_is_not_quoted() {
        for body in [
            "",
            "{}",
            "[]",
            "canary",
            r#"{"version":1,"signal":"canary"}"#,
        ] {
            let error = Envelope::parse(body).unwrap_err();
            assert!(matches!(error, UnreadableEnvelope::Malformed(_)), "{body}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }
}
