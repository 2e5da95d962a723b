//! How the functions' code enters a template: by parameters without defaults that only `synth deploy`
//! fills. So a template never changes because code did, and needs no build.

use contract::FunctionName;

/// The parameter that names the bucket of all code.
pub(crate) const BUCKET_PARAMETER: &str = "AssetBucket";

/// The parameter that names the key of a function's code in the bucket.
pub(crate) fn key_parameter(function: FunctionName) -> &'static str {
    match function {
        FunctionName::Alarm => "AlarmCodeKey",
        FunctionName::Ecs => "EcsCodeKey",
        FunctionName::Event => "EventCodeKey",
        FunctionName::Cost => "CostCodeKey",
        FunctionName::Deliver => "DeliverCodeKey",
        FunctionName::Result => "ResultCodeKey",
    }
}
