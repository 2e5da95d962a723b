//! What is known of some kinds of events: what matters most in them, and where to look at it.
//!
//! Sources: "Monitoring CodePipeline events" in the CodePipeline user guide, and "CloudTrail record
//! contents" in the CloudTrail user guide.

use serde_json::Value as Json;

use crate::{place::encode, read::text};

/// What is known of events of one `detail-type`.
pub(super) struct Kind {
    detail_type: &'static str,
    /// What matters most: what it is called, and where it is; the first path that is there counts.
    pub(super) essentials: &'static [(&'static str, &'static [&'static str])],
    /// What somebody who investigates will miss.
    pub(super) missed: Option<&'static str>,
    /// The page of the console: a path, and what comes after `#`.
    page: fn(&Json) -> Option<(String, String)>,
}

const KINDS: &[Kind] = &[
    Kind {
        detail_type: "CodePipeline Pipeline Execution State Change",
        essentials: &[
            ("pipeline", &["detail.pipeline"]),
            ("execution", &["detail.execution-id"]),
            ("state", &["detail.state"]),
            ("attempt", &["detail.pipeline-execution-attempt"]),
            ("started", &["detail.start-time"]),
            ("trigger", &["detail.execution-trigger.trigger-type"]),
        ],
        missed: Some("which stage and action decided, and why: the execution's page shows it"),
        page: |event| {
            let (pipeline, execution) = (
                text(event, "detail.pipeline")?,
                text(event, "detail.execution-id")?,
            );
            let path = format!(
                "/codesuite/codepipeline/pipelines/{}/executions/{}/timeline",
                encode(pipeline),
                encode(execution)
            );
            Some((path, String::new()))
        },
    },
    Kind {
        detail_type: "AWS API Call via CloudTrail",
        essentials: &[
            (
                "principal",
                &[
                    "detail.userIdentity.arn",
                    "detail.userIdentity.principalId",
                    "detail.userIdentity.invokedBy",
                ],
            ),
            (
                "role",
                &["detail.userIdentity.sessionContext.sessionIssuer.arn"],
            ),
            ("service", &["detail.eventSource"]),
            ("action", &["detail.eventName"]),
            ("error", &["detail.errorCode"]),
            ("message", &["detail.errorMessage"]),
            ("source IP", &["detail.sourceIPAddress"]),
            ("user agent", &["detail.userAgent"]),
        ],
        missed: None,
        page: |event| {
            let fragment = format!("/events?EventId={}", encode(text(event, "detail.eventID")?));
            Some(("/cloudtrailv2/home".to_owned(), fragment))
        },
    },
];

/// What is known of events of this type, if anything is.
pub(super) fn kind(detail_type: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.detail_type == detail_type)
}

impl Kind {
    /// The page of the console that shows what happened: a path, and what comes after `#`.
    pub(super) fn page(&self, event: &Json) -> Option<(String, String)> {
        (self.page)(event)
    }
}
