//! The known kinds of events.
//!
//! Sources: the page about EventBridge events in each service's user guide; "CloudTrail record contents" in the
//! CloudTrail user guide; "Capturing records of Lambda asynchronous invocations" in the Lambda developer guide.

use serde_json::Value as Json;

use super::{Alternatives, EventKind};
use crate::{place::encode, read::text};

/// The source of kinds that every service of AWS has.
pub(super) const ANY_OF_AWS: &str = "aws.*";

/// The events of a source, of whatever type, and the paths of the resource that they are about.
const fn of(source: &'static str, about: &'static [Alternatives]) -> EventKind {
    EventKind {
        source,
        detail_types: &[],
        about,
        stable_part: |name| name,
        essentials: &[],
        missed: None,
        link: None,
        page: |_| None,
    }
}

pub(super) static KINDS: &[EventKind] = &[
    EventKind {
        detail_types: &["AWS API Call via CloudTrail"],
        essentials: &[
            ("principal", &["principal"]),
            ("session", &["session"]),
            ("through", &["detail.userIdentity.invokedBy"]),
            ("service", &["detail.eventSource"]),
            ("action", &["detail.eventName"]),
            ("error", &["detail.errorCode"]),
            ("message", &["detail.errorMessage"]),
            ("dry run", &["dryRun"]),
            ("source IP", &["detail.sourceIPAddress"]),
            ("user agent", &["detail.userAgent"]),
        ],
        page: |event| {
            let fragment = format!("/events?EventId={}", encode(text(event, "detail.eventID")?));
            Some(("/cloudtrailv2/home".to_owned(), fragment))
        },
        ..of(ANY_OF_AWS, &[])
    },
    EventKind {
        detail_types: &["CodePipeline Pipeline Execution State Change"],
        essentials: &[
            ("pipeline", &["detail.pipeline"]),
            ("execution", &["detail.execution-id"]),
            ("type", &["detail.execution-type"]),
            (
                "rolled back to execution",
                &["detail.rollback-metadata.rollback-target-pipeline-execution-id"],
            ),
            ("state", &["detail.state"]),
            ("attempt", &["detail.pipeline-execution-attempt"]),
            ("started", &["detail.start-time"]),
            ("trigger", &["detail.execution-trigger.trigger-type"]),
        ],
        missed: Some("which stage and action decided, and why: the execution's page shows it"),
        page: pipeline_execution,
        ..of("aws.codepipeline", &[&["resources.0", "detail.pipeline"]])
    },
    of("aws.codepipeline", &[&["resources.0", "detail.pipeline"]]),
    EventKind {
        stable_part: of_state_machine,
        essentials: &[
            ("state machine", &["detail.stateMachineArn"]),
            ("execution", &["detail.name"]),
            ("status", &["detail.status"]),
            ("error", &["detail.error"]),
            ("cause", &["detail.cause"]),
        ],
        ..of(
            "aws.states",
            &[&["detail.stateMachineArn", "detail.executionArn"]],
        )
    },
    EventKind {
        essentials: &[
            ("project", &["detail.project-name"]),
            ("build", &["detail.build-id"]),
            (
                "status",
                &["detail.build-status", "detail.completed-phase-status"],
            ),
            ("log", &["detail.additional-information.logs.deep-link"]),
        ],
        ..of("aws.codebuild", &[&["detail.project-name"]])
    },
    EventKind {
        detail_types: &["Batch Job Queue Blocked"],
        ..of("aws.batch", &[&["detail.jobQueue"]])
    },
    EventKind {
        stable_part: without_revision,
        essentials: &[
            ("job", &["detail.jobName"]),
            ("job definition", &["detail.jobDefinition"]),
            ("job queue", &["detail.jobQueue"]),
            ("status", &["detail.status"]),
            ("reason", &["detail.statusReason"]),
            ("log stream", &["detail.container.logStreamName"]),
        ],
        ..of("aws.batch", &[&["detail.jobDefinition", "detail.jobQueue"]])
    },
    EventKind {
        stable_part: without_qualifier,
        essentials: &[
            ("function", &["detail.requestContext.functionArn"]),
            ("condition", &["detail.requestContext.condition"]),
            ("error type", &["detail.responsePayload.errorType"]),
            ("error", &["detail.responsePayload.errorMessage"]),
        ],
        ..of("lambda", &[&["detail.requestContext.functionArn"]])
    },
    EventKind {
        essentials: &[
            ("job", &["detail.jobName"]),
            ("crawler", &["detail.crawlerName"]),
            ("run", &["detail.jobRunId"]),
            ("state", &["detail.state"]),
            ("message", &["detail.message", "detail.errorMessage"]),
        ],
        ..of(
            "aws.glue",
            &[&[
                "detail.jobName",
                "detail.crawlerName",
                "detail.databaseName",
            ]],
        )
    },
    of(
        "aws.glue-dataquality",
        &[&[
            "detail.context.jobName",
            "detail.context.tableName",
            "detail.rulesetNames.0",
        ]],
    ),
    of("aws.access-analyzer", &[&["detail.resource"]]),
    of("aws.amplify", &[&["detail.appId"], &["detail.branchName"]]),
    of("aws.appflow", &[&["detail.flow-name"]]),
    of("aws.application-autoscaling", &[&["detail.resourceId"]]),
    of("aws.athena", &[&["detail.workgroupName"]]),
    of("aws.autoscaling", &[&["detail.AutoScalingGroupName"]]),
    of(
        "aws.backup",
        &[&[
            "detail.resourceArn",
            "detail.sourceResourceArn",
            "detail.backupVaultName",
        ]],
    ),
    EventKind {
        essentials: &[
            (
                "service",
                &["detail.rootCauses.0.service", "detail.dimensionValue"],
            ),
            ("usage type", &["detail.rootCauses.0.usageType"]),
            (
                "account",
                &["detail.rootCauses.0.linkedAccount", "detail.accountId"],
            ),
            ("region", &["detail.rootCauses.0.region"]),
            ("expected, in USD", &["detail.impact.totalExpectedSpend"]),
            ("actual, in USD", &["detail.impact.totalActualSpend"]),
            ("more than expected, in USD", &["detail.impact.totalImpact"]),
            ("since", &["detail.anomalyStartDate"]),
            ("until", &["detail.anomalyEndDate"]),
            ("monitor", &["detail.monitorName", "detail.monitorArn"]),
        ],
        missed: Some("which resources cause it: billing data can be a day late, and names none"),
        link: Some("detail.anomalyDetailsLink"),
        ..of("aws.ce", &[&["detail.monitorArn"]])
    },
    of(
        "aws.cloudformation",
        &[&["detail.stack-set-arn", "detail.stack-id"]],
    ),
    of(
        "aws.codedeploy",
        &[&["detail.application"], &["detail.deploymentGroup"]],
    ),
    of("aws.config", &[&["detail.configRuleName"]]),
    of("aws.databrew", &[&["detail.jobName"]]),
    EventKind {
        stable_part: |arn| before(arn, "/execution/"),
        ..of("aws.datasync", &[&["resources.0"]])
    },
    of("aws.devops-guru", &[&["detail.insightId"]]),
    EventKind {
        detail_types: &[
            "EBS Snapshot Notification",
            "EBS Multi-Volume Snapshots Completion Status",
        ],
        ..of(
            "aws.ec2",
            &[&["detail.source", "detail.snapshots.0.source"]],
        )
    },
    of("aws.ecr", &[&["detail.repository-name"]]),
    EventKind {
        detail_types: &["ECS Task State Change"],
        ..of("aws.ecs", &[&["detail.clusterArn"], &["detail.group"]])
    },
    of("aws.elasticbeanstalk", &[&["detail.EnvironmentName"]]),
    of("aws.emr", &[&["detail.clusterId"]]),
    of("aws.emr-containers", &[&["detail.virtualClusterId"]]),
    of("aws.emr-serverless", &[&["detail.applicationId"]]),
    of("aws.fis", &[&["detail.experiment-template-id"]]),
    of(
        "aws.guardduty",
        &[&[
            "detail.resource.instanceDetails.instanceId",
            "detail.resource.eksClusterDetails.arn",
            "detail.resource.ecsClusterDetails.arn",
            "detail.resource.lambdaDetails.functionArn",
            "detail.resource.rdsDbInstanceDetails.dbInstanceArn",
            "detail.resource.s3BucketDetails.0.arn",
            "detail.s3ObjectDetails.bucketName",
            "detail.resource.accessKeyDetails.userName",
            "detail.arn",
        ]],
    ),
    of(
        "aws.health",
        &[
            &["detail.eventArn", "detail.service"],
            &["detail.eventTypeCode"],
        ],
    ),
    EventKind {
        stable_part: of_image,
        ..of("aws.imagebuilder", &[&["resources.0"]])
    },
    of(
        "aws.inspector2",
        &[&["detail.resources.0.id", "detail.repository-name"]],
    ),
    of("aws.macie", &[&["detail.resourcesAffected.s3Bucket.arn"]]),
    of("aws.mediaconvert", &[&["detail.queue"]]),
    of("aws.medialive", &[&["detail.channel_arn"]]),
    of(
        "aws.sagemaker",
        &[&["detail.pipelineArn", "detail.EndpointArn"]],
    ),
    of(
        "aws.securityhub",
        &[&[
            "detail.findings.0.Resources.0.Id",
            "detail.findings.0.resources.0.uid",
        ]],
    ),
    of(
        "aws.ssm",
        &[&[
            "detail.association-id",
            "detail.window-id",
            "detail.Definition",
            "detail.document-name",
        ]],
    ),
    of("aws.synthetics", &[&["detail.canary-name"]]),
    of("aws.trustedadvisor", &[&["detail.check-name"]]),
];

fn pipeline_execution(event: &Json) -> Option<(String, String)> {
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
}

/// The state machine of an ARN. After it, the ARN of a map run has the map's label, and that of an execution has
/// the execution's name.
fn of_state_machine(arn: &str) -> &str {
    before(first_parts(arn, 7), "/")
}

/// The function of `arn:aws:lambda:eu-central-1:111122223333:function:pay:$LATEST`.
fn without_qualifier(arn: &str) -> &str {
    first_parts(arn, 7)
}

/// The job definition of `arn:aws:batch:eu-central-1:111122223333:job-definition/import:3`.
fn without_revision(arn: &str) -> &str {
    first_parts(arn, 6)
}

/// The image of `arn:aws:imagebuilder:eu-central-1:111122223333:image/base/1.0.3/1`.
fn of_image(arn: &str) -> &str {
    arn.match_indices('/')
        .nth(1)
        .map_or(arn, |(at, _)| &arn[..at])
}

/// The first parts of an ARN, which colons separate.
fn first_parts(arn: &str, count: usize) -> &str {
    let end = arn.match_indices(':').nth(count - 1);
    end.map_or(arn, |(at, _)| &arn[..at])
}

fn before<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split_once(mark).map_or(text, |(before, _)| before)
}
