//! A Lambda function with all that belongs to it: role, policy, logs, and where what it fails on goes.

use std::collections::BTreeMap;

use contract::FunctionName;

use crate::{
    asset::{BUCKET_PARAMETER, key_parameter},
    constructs::{
        Core,
        failures::{destination, keep_failures},
        role::role_with,
    },
    logical_id::LogicalId,
    monitor::Architecture,
    policy::{PolicyDocument, Statement},
    resources::{
        iam_managed_policy::ManagedPolicy,
        iam_role::Role,
        lambda_event_invoke_config::EventInvokeConfig,
        lambda_function::{
            Code, Environment, Function, LoggingConfig, LoggingConfigLogFormat as LogFormat,
            Runtime, TracingConfig, TracingConfigMode as TracingMode, VpcConfig,
        },
        logs_log_group::LogGroup,
    },
    suppression::Reason,
    tag::tags,
    template::{Attributes, DuplicateLogicalId, Handle, ParameterType, Template},
    value::Value,
};

/// What makes one function different from the others.
pub(crate) struct Spec {
    /// Which it is.
    pub(crate) function: FunctionName,
    pub(crate) description: &'static str,
    /// In seconds.
    pub(crate) timeout: i64,
    /// In MB.
    pub(crate) memory: i64,
    pub(crate) environment: Vec<(&'static str, Value<String>)>,
    /// What the function may do beyond writing its logs.
    pub(crate) statements: Vec<Statement>,
    pub(crate) invocation: Invocation,
}

/// How the function is invoked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invocation {
    /// Lambda keeps the event and tries again: what fails three times goes to the bucket of failed events.
    Asynchronous,
    /// The queue keeps the message.
    FromQueue,
}

/// Adds the function.
pub(crate) fn function(
    template: &mut Template,
    core: &Core<'_>,
    spec: Spec,
) -> Result<Handle<Function>, DuplicateLogicalId> {
    let monitor = core.monitor;
    let name = spec.function.logical_id();
    let logs = template.add_with(
        &[name, "Logs"],
        &LogGroup {
            kms_key_id: core.key_arn(),
            retention_in_days: Some(i64::from(monitor.log_retention.days()).into()),
            tags: Some(tags(monitor)),
            ..LogGroup::new()
        },
        Attributes::deleted().but(core.aws_owned_key()),
    )?;
    let role = role(template, core, name, &logs, &spec)?;

    let variables: BTreeMap<String, Value<String>> = spec
        .environment
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    let hardening = &monitor.hardening;
    let mut reasons = vec![Reason::DeclaredLogGroup];
    reasons.extend(core.aws_owned_key());
    reasons.extend(
        hardening
            .vpc
            .is_none()
            .then_some(Reason::OwnNetworkOfLambda),
    );
    let shared = hardening.reserved_concurrency.is_none();
    reasons.extend(shared.then_some(Reason::SharedConcurrency));
    reasons.push(match spec.invocation {
        Invocation::Asynchronous => Reason::DestinationKeepsEvents,
        Invocation::FromQueue => Reason::QueueKeepsEvents,
    });
    let vpc_config = hardening.vpc.is_some().then(|| vpc_config(template));
    let from_bucket = Code {
        s3_bucket: Some(template.parameter(
            BUCKET_PARAMETER,
            ParameterType::String,
            "The bucket that holds the functions' code; filled in by `synth deploy`",
        )),
        s3_key: Some(template.parameter(
            key_parameter(spec.function),
            ParameterType::String,
            "The key of the function's code; filled in by `synth deploy`",
        )),
        ..Code::new()
    };
    let function = template.add_with(
        &[name],
        &Function {
            description: Some(spec.description.into()),
            runtime: Some(Runtime::ProvidedAl2023.into()),
            architectures: Some(vec![architecture(monitor.architecture).into()].into()),
            handler: Some("bootstrap".into()),
            memory_size: Some(spec.memory.into()),
            timeout: Some(spec.timeout.into()),
            environment: Some(Environment {
                variables: Some(variables),
            }),
            kms_key_arn: core.key_arn(),
            logging_config: Some(LoggingConfig {
                log_format: Some(LogFormat::Json.into()),
                log_group: Some(logs.reference()),
                ..LoggingConfig::new()
            }),
            reserved_concurrent_executions: hardening
                .reserved_concurrency
                .map(|it| i64::from(it.get()).into()),
            tracing_config: hardening.tracing.then(|| TracingConfig {
                mode: Some(TracingMode::Active.into()),
            }),
            vpc_config,
            tags: Some(tags(monitor)),
            ..Function::new(from_bucket, role.arn())
        },
        Attributes::default().but(reasons),
    )?;
    if spec.invocation == Invocation::Asynchronous {
        template.add(
            &[name, "Retries"],
            &EventInvokeConfig {
                destination_config: Some(destination(core)),
                maximum_retry_attempts: Some(2.into()),
                maximum_event_age_in_seconds: Some(21_600.into()),
                ..EventInvokeConfig::new(function.reference(), "$LATEST")
            },
        )?;
    }
    Ok(function)
}

fn role(
    template: &mut Template,
    core: &Core<'_>,
    name: &str,
    logs: &Handle<LogGroup>,
    spec: &Spec,
) -> Result<Handle<Role>, DuplicateLogicalId> {
    let monitor = core.monitor;
    let mut statements = vec![Statement::allow(
        "WriteLogs",
        &["logs:CreateLogStream", "logs:PutLogEvents"],
        [logs.arn().into_text()],
    )];
    statements.extend(spec.statements.iter().cloned());
    if spec.invocation == Invocation::Asynchronous {
        statements.extend(keep_failures(core));
    }
    statements.extend(core.use_of_key());
    if monitor.hardening.tracing {
        // These actions know no resources.
        statements.push(Statement::allow(
            "Trace",
            &["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
            [Value::from("*")],
        ));
    }
    if monitor.hardening.vpc.is_some() {
        statements.extend(network_interfaces());
    }
    let mut reasons = vec![Reason::NamedAfterTheStack];
    if statements.iter().any(Statement::is_on_everything) {
        reasons.push(Reason::NoResourceLevel);
    }
    if monitor.hardening.vpc.is_some() {
        reasons.push(Reason::InterfacesOfLambda);
    }
    if spec.invocation == Invocation::Asynchronous {
        reasons.push(Reason::AnyFailedEvent);
    }
    let policy = template.add_with(
        &[name, "Policy"],
        &ManagedPolicy::new(PolicyDocument::new(statements)),
        Attributes::default().but(reasons),
    )?;
    template.add_with(
        &[name, "Role"],
        &role_with(monitor, Statement::trust("lambda.amazonaws.com"), &policy),
        Reason::NamedAfterTheStack.into(),
    )
}

/// The ARN of the role that a function of the stack runs as.
pub(crate) fn role_of(function: FunctionName) -> Value<String> {
    let role = LogicalId::from_path(&[function.logical_id(), "Role"]);
    Value::attribute(&role, "Arn")
}

/// The parameters that `synth deploy` fills with what the account file says of each region.
pub(crate) const SUBNETS: &str = "Subnets";
pub(crate) const SECURITY_GROUPS: &str = "SecurityGroups";

fn vpc_config(template: &mut Template) -> VpcConfig {
    VpcConfig {
        subnet_ids: Some(template.parameter(
            SUBNETS,
            ParameterType::Subnets,
            "The subnets that the functions run in; filled in by `synth deploy`",
        )),
        security_group_ids: Some(template.parameter(
            SECURITY_GROUPS,
            ParameterType::SecurityGroups,
            "The security groups of the functions; filled in by `synth deploy`",
        )),
        ..VpcConfig::new()
    }
}

/// What Lambda needs to connect a function to a VPC. Source: "Giving Lambda functions access to
/// resources in an Amazon VPC" in the Lambda developer guide; where an action knows resources, they
/// are named.
fn network_interfaces() -> [Statement; 3] {
    let any = |resource: &str| {
        Value::sub(format!(
            "arn:${{AWS::Partition}}:ec2:${{AWS::Region}}:${{AWS::AccountId}}:{resource}/*"
        ))
    };
    [
        Statement::allow(
            "CreateNetworkInterfaces",
            &["ec2:CreateNetworkInterface"],
            [
                any("network-interface"),
                any("security-group"),
                any("subnet"),
            ],
        ),
        Statement::allow(
            "ManageNetworkInterfaces",
            &[
                "ec2:AssignPrivateIpAddresses",
                "ec2:DeleteNetworkInterface",
                "ec2:UnassignPrivateIpAddresses",
            ],
            [any("network-interface")],
        ),
        Statement::allow(
            "FindNetworkInterfaces",
            &["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
            [Value::from("*")],
        ),
    ]
}

fn architecture(architecture: Architecture) -> crate::resources::lambda_function::Architecture {
    use crate::resources::lambda_function::Architecture as Property;
    match architecture {
        Architecture::Arm64 => Property::Arm64,
        Architecture::X86_64 => Property::X8664,
    }
}
