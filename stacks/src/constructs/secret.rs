//! Where the webhook's URL and secret are kept.

use crate::{
    constructs::Core,
    resources::secretsmanager_secret::Secret,
    suppression::Reason,
    tag::tags,
    template::{Attributes, DuplicateLogicalId, Handle, Template},
};

/// Adds the secret. It has no value and no name: a value in a template would be readable and would
/// overwrite, on some later update, what `synth webhook set` has put there.
pub(crate) fn webhook_secret(
    template: &mut Template,
    core: &Core<'_>,
) -> Result<Handle<Secret>, DuplicateLogicalId> {
    let description = format!(
        "Webhook of AWS DevOps Agent. Set it with: synth webhook set --account {}",
        core.monitor.account_name
    );
    template.add_with(
        &["WebhookSecret"],
        &Secret {
            description: Some(description.into()),
            kms_key_id: core.key_arn().map(crate::Value::into_text),
            tags: Some(tags(core.monitor)),
            ..Secret::new()
        },
        Attributes::retained()
            .but([Reason::IssuedByTheAgent])
            .but(core.aws_owned_key()),
    )
}
