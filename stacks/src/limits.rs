//! Quotas of AWS that a template can run into.
//!
//! Source of each: the service's page "Quotas" in its user guide, read in 2026.

/// Characters of one event pattern (EventBridge).
pub const EVENT_PATTERN_CHARACTERS: usize = 2_048;
/// Characters of the template that a rule hands to a function beside the event (EventBridge).
pub const INPUT_TEMPLATE_CHARACTERS: usize = 8_192;
/// Characters of a rule's name (EventBridge).
pub const RULE_NAME_CHARACTERS: usize = 64;
/// Resources of one template (CloudFormation).
pub const RESOURCES: usize = 500;
/// Alarms of one shard: what is left of [`RESOURCES`] for later kinds of resource.
pub const ALARMS_PER_SHARD: usize = 450;
/// Alarms that one composite alarm looks at (CloudWatch).
pub const ALARM_RULE_ALARMS: usize = 100;
/// Elements of the rule of a composite alarm (CloudWatch).
pub const ALARM_RULE_ELEMENTS: usize = 500;
/// Characters of the rule of a composite alarm (CloudWatch).
pub const ALARM_RULE_CHARACTERS: usize = 10_240;
/// Characters of an alarm's name (CloudWatch).
pub const ALARM_NAME_CHARACTERS: usize = 255;
/// Alarms on queries of Metrics Insights in one region (CloudWatch).
pub const QUERY_ALARMS: usize = 200;
/// Bytes of one template, where it comes from a bucket (CloudFormation).
pub const TEMPLATE_BYTES: usize = 1_048_576;
/// Outputs of one template (CloudFormation).
pub const OUTPUTS: usize = 200;
/// Parameters of one template (CloudFormation).
pub const PARAMETERS: usize = 200;
/// Rules of one event bus (EventBridge); 100 in Africa (Cape Town) and Europe (Milan).
pub const RULES: usize = 300;
/// Characters of a managed policy, without spaces (IAM).
pub const MANAGED_POLICY_CHARACTERS: usize = 6_144;
/// Bytes of a queue's policy (SQS).
pub const QUEUE_POLICY_BYTES: usize = 8_192;
/// Statements of a queue's policy (SQS).
pub const QUEUE_POLICY_STATEMENTS: usize = 20;
/// Bytes of a function's policy (Lambda).
pub const FUNCTION_POLICY_BYTES: usize = 20_480;
/// Bytes that one permission takes of a function's policy; measured.
pub const FUNCTION_POLICY_STATEMENT_BYTES: usize = 538;
/// Bytes of a function's environment (Lambda).
pub const ENVIRONMENT_BYTES: usize = 4_096;
