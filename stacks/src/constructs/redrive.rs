//! The role that incidents are sent back by.

use crate::{
    constructs::{Core, role::role_with},
    policy::{PolicyDocument, Statement},
    resources::{iam_managed_policy::ManagedPolicy, iam_role::Role},
    suppression::Reason,
    template::{DuplicateLogicalId, Handle, Template},
};

/// Adds the role. Nobody else in the account may send to the queue of incidents, and this one may do nothing else.
/// Who may take it on, the account's policies say.
pub(crate) fn redrive_role(
    template: &mut Template,
    core: &Core<'_>,
) -> Result<Handle<Role>, DuplicateLogicalId> {
    let mut statements = vec![Statement::allow(
        "SendIncidents",
        &["sqs:SendMessage"],
        [core.incidents.arn().into_text()],
    )];
    statements.extend(core.use_of_key());
    let policy = template.add_with(
        &["Redrive", "Policy"],
        &ManagedPolicy::new(PolicyDocument::new(statements)),
        Reason::NamedAfterTheStack.into(),
    )?;
    template.add_with(
        &["Redrive", "Role"],
        &Role {
            description: Some("Sends incidents back to their queue: synth redrive".into()),
            ..role_with(core.monitor, Statement::trust_account(), &policy)
        },
        Reason::NamedAfterTheStack.into(),
    )
}
