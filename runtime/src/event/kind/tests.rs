use serde_json::json;

use super::{table::KINDS, *};

const STATE_MACHINE: &str = "arn:aws:states:eu-central-1:111122223333:stateMachine:import";
const PIPELINE: &str = "arn:aws:codepipeline:eu-central-1:111122223333:release";

fn event(source: &str, detail_type: &str, resources: &[&str], detail: Json) -> Json {
    json!({ "source": source, "detail-type": detail_type, "resources": resources, "detail": detail })
}

/// Every row of the table. An event that lacks the row's fields is about its first resource.
#[test]
#[rustfmt::skip]
fn every_kind_names_the_resource_that_it_is_about() {
    let rows = [
        ("aws.iam", "AWS API Call via CloudTrail", json!({ "eventName": "x" }), "arn:first"),
        ("aws.codepipeline", "CodePipeline Pipeline Execution State Change", json!({ "pipeline": "release" }), "arn:first"),
        ("aws.codepipeline", "CodePipeline Stage Execution State Change", json!({ "pipeline": "release" }), "arn:first"),
        ("aws.states", "Step Functions Execution Status Change", json!({ "stateMachineArn": STATE_MACHINE, "executionArn": "x" }), STATE_MACHINE),
        ("aws.states", "Step Functions Execution Status Change", json!({ "stateMachineArn": format!("{STATE_MACHINE}/map") }), STATE_MACHINE),
        ("aws.states", "Step Functions Execution Status Change", json!({ "executionArn": "arn:aws:states:r:a:express:import:1:2" }), "arn:aws:states:r:a:express:import"),
        ("aws.codebuild", "CodeBuild Build State Change", json!({ "project-name": "web", "build-id": "arn:build/web:1" }), "codebuild web"),
        ("aws.codebuild", "CodeBuild Build Phase Change", json!({ "project-name": "web" }), "codebuild web"),
        ("aws.batch", "Batch Job State Change", json!({ "jobDefinition": "arn:aws:batch:r:a:job-definition/import:3", "jobQueue": "q" }), "arn:aws:batch:r:a:job-definition/import"),
        ("aws.batch", "Batch Job State Change", json!({ "jobQueue": "arn:aws:batch:r:a:job-queue/q" }), "arn:aws:batch:r:a:job-queue/q"),
        ("aws.batch", "Batch Job Queue Blocked", json!({ "jobDefinition": "d", "jobQueue": "q" }), "batch q"),
        ("lambda", "Lambda Function Invocation Result - Failure", json!({ "requestContext": { "functionArn": "arn:aws:lambda:r:a:function:pay:$LATEST" } }), "arn:aws:lambda:r:a:function:pay"),
        ("aws.glue", "Glue Job State Change", json!({ "jobName": "load", "jobRunId": "1" }), "glue load"),
        ("aws.glue", "Glue Crawler State Change", json!({ "crawlerName": "c" }), "glue c"),
        ("aws.glue-dataquality", "Data Quality Evaluation Results Available", json!({ "context": { "jobName": "load" } }), "glue-dataquality load"),
        ("aws.access-analyzer", "Access Analyzer Finding", json!({ "resource": "arn:bucket" }), "arn:bucket"),
        ("aws.amplify", "Amplify Deployment Status Change", json!({ "appId": "d1", "branchName": "main", "jobId": "7" }), "amplify d1/main"),
        ("aws.appflow", "AppFlow End Flow Run Report", json!({ "flow-name": "f" }), "appflow f"),
        ("aws.application-autoscaling", "Application Auto Scaling Scaling Activity State Change", json!({ "resourceId": "service/a/b" }), "application-autoscaling service/a/b"),
        ("aws.athena", "Athena Query State Change", json!({ "workgroupName": "w", "queryExecutionId": "1" }), "athena w"),
        ("aws.autoscaling", "EC2 Instance Launch Unsuccessful", json!({ "AutoScalingGroupName": "web" }), "autoscaling web"),
        ("aws.backup", "Backup Job State Change", json!({ "resourceArn": "arn:volume", "backupJobId": "1" }), "arn:volume"),
        ("aws.ce", "Anomaly Detected", json!({ "monitorArn": "arn:monitor", "anomalyId": "1" }), "arn:monitor"),
        ("aws.cloudformation", "CloudFormation Stack Status Change", json!({ "stack-id": "arn:stack" }), "arn:stack"),
        ("aws.codedeploy", "CodeDeploy Deployment State-change Notification", json!({ "application": "shop", "deploymentGroup": "blue", "deploymentId": "d-1" }), "codedeploy shop/blue"),
        ("aws.config", "Config Rules Compliance Change", json!({ "configRuleName": "r", "resourceId": "i" }), "config r"),
        ("aws.databrew", "DataBrew Job State Change", json!({ "jobName": "j" }), "databrew j"),
        ("aws.devops-guru", "DevOps Guru New Insight Open", json!({ "insightId": "i" }), "devops-guru i"),
        ("aws.ec2", "EBS Snapshot Notification", json!({ "source": "arn:volume", "snapshot_id": "s" }), "arn:volume"),
        ("aws.ecr", "ECR Image Scan", json!({ "repository-name": "app", "image-digest": "sha256:0" }), "ecr app"),
        ("aws.ecs", "ECS Task State Change", json!({ "clusterArn": "arn:cluster", "group": "service:api", "taskArn": "t" }), "arn:cluster/service:api"),
        ("aws.elasticbeanstalk", "Health status change", json!({ "EnvironmentName": "shop" }), "elasticbeanstalk shop"),
        ("aws.emr", "EMR Step Status Change", json!({ "clusterId": "j-1", "stepId": "s-1" }), "emr j-1"),
        ("aws.emr-containers", "EMR Job Run State Change", json!({ "virtualClusterId": "v", "id": "1" }), "emr-containers v"),
        ("aws.emr-serverless", "EMR Serverless Job Run State Change", json!({ "applicationId": "a", "jobRunId": "1" }), "emr-serverless a"),
        ("aws.fis", "FIS Experiment State Change", json!({ "experiment-template-id": "e" }), "fis e"),
        ("aws.guardduty", "GuardDuty Finding", json!({ "arn": "arn:finding", "resource": { "instanceDetails": { "instanceId": "i-1" } } }), "guardduty i-1"),
        ("aws.guardduty", "GuardDuty Finding", json!({ "arn": "arn:finding", "resource": { "accessKeyDetails": { "userName": "ci" } } }), "guardduty ci"),
        ("aws.guardduty", "GuardDuty Finding", json!({ "arn": "arn:finding" }), "arn:finding"),
        ("aws.health", "AWS Health Event", json!({ "eventArn": "arn:event", "eventTypeCode": "X", "service": "EC2" }), "arn:event/X"),
        ("aws.inspector2", "Inspector2 Finding", json!({ "resources": [{ "id": "i-1" }], "findingArn": "f" }), "inspector2 i-1"),
        ("aws.macie", "Macie Finding", json!({ "resourcesAffected": { "s3Bucket": { "arn": "arn:bucket" } } }), "arn:bucket"),
        ("aws.mediaconvert", "MediaConvert Job State Change", json!({ "queue": "arn:queue", "jobId": "1" }), "arn:queue"),
        ("aws.medialive", "MediaLive Channel Alert", json!({ "channel_arn": "arn:channel" }), "arn:channel"),
        ("aws.sagemaker", "SageMaker Model Building Pipeline Execution Status Change", json!({ "pipelineArn": "arn:p" }), "arn:p"),
        ("aws.securityhub", "Security Hub Findings - Imported", json!({ "findings": [{ "Resources": [{ "Id": "arn:bucket" }] }] }), "arn:bucket"),
        ("aws.ssm", "EC2 Automation Execution Status-change Notification", json!({ "Definition": "Patch", "ExecutionId": "1" }), "ssm Patch"),
        ("aws.synthetics", "Synthetics Canary TestRun Failure", json!({ "canary-name": "home" }), "synthetics home"),
        ("aws.trustedadvisor", "Trusted Advisor Check Item Refresh Notification", json!({ "check-name": "c" }), "trustedadvisor c"),
        // Unknown kinds are about their first resource.
        ("aws.dms", "DMS Replication Task State Change", json!({ "eventType": "x" }), "arn:first"),
        ("aws.s3", "Object Created", json!({ "bucket": { "name": "b" } }), "arn:first"),
        ("shop", "Glue Job State Change", json!({ "jobName": "load" }), "arn:first"),
        ("aws.ec2", "EC2 Spot Instance Interruption Warning", json!({ "source": "x" }), "arn:first"),
    ];
    for (source, detail_type, detail, expected) in &rows {
        let it = event(source, detail_type, &["arn:first", "arn:second"], detail.clone());
        assert_eq!(about(&it).as_deref(), Some(*expected), "{detail_type}");
        let nothing = event(source, detail_type, &["arn:first"], json!({}));
        assert_eq!(about(&nothing).as_deref(), Some("arn:first"), "{detail_type}");
    }
    for (index, kind) in KINDS.iter().enumerate() {
        let is_tested = rows.iter().any(|(source, detail_type, detail, _)| {
            let it = event(source, detail_type, &[], detail.clone());
            super::kind(&it).is_some_and(|found| std::ptr::eq(found, &raw const KINDS[index]))
        });
        let is_by_resource = ["aws.datasync", "aws.imagebuilder"].contains(&kind.source);
        assert!(is_tested || is_by_resource, "{} {:?}", kind.source, kind.detail_types);
    }
}

/// A link out of an event is shown to the agent, so it must lead to the console.
#[test]
fn a_link_of_an_event_leads_to_the_console_or_is_not_shown() {
    let page = "/cost-management/home#/anomaly-detection/monitors/m/anomalies/a";
    for (host, is_shown) in [
        ("https://console.aws.amazon.com", true),
        ("https://us-east-1.console.aws.amazon.com", true),
        ("http://console.aws.amazon.com", false),
        ("https://evil.example/console.aws.amazon.com", false),
        ("https://x@evil.example", false),
        ("https://evil.example.console.aws.amazon.com", false),
        ("https://evilconsole.aws.amazon.com", false),
        ("https://console.aws.amazon.com.evil.example", false),
        ("https://console.aws.amazon.com:8443", false),
        ("", false),
    ] {
        let link = format!("{host}{page}");
        let detail = json!({ "anomalyDetailsLink": link });
        let it = event("aws.ce", "Anomaly Detected", &[], detail);
        let shown = super::kind(&it).unwrap().link(&it);
        assert_eq!(shown, is_shown.then_some(link.as_str()), "{host}");
    }
}

#[test]
fn runs_and_versions_are_cut_off() {
    for (source, resource, expected) in [
        (
            "aws.datasync",
            "arn:aws:datasync:r:a:task/t-1/execution/e-1",
            "arn:aws:datasync:r:a:task/t-1",
        ),
        (
            "aws.imagebuilder",
            "arn:aws:imagebuilder:r:a:image/base/1.0.3/1",
            "arn:aws:imagebuilder:r:a:image/base",
        ),
        ("aws.codepipeline", PIPELINE, PIPELINE),
    ] {
        let it = event(source, "x", &[resource], json!({}));
        assert_eq!(about(&it).as_deref(), Some(expected));
    }
    let pipeline = event(
        "aws.codepipeline",
        "x",
        &[],
        json!({ "pipeline": "release" }),
    );
    assert_eq!(about(&pipeline).as_deref(), Some("codepipeline release"));
    assert_eq!(about(&event("shop", "x", &[], json!({}))), None);
}
