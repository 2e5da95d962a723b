//! The roles of a stack.

use crate::{
    Handle, Monitor, PolicyDocument, Value,
    policy::Statement,
    resources::{iam_managed_policy::ManagedPolicy, iam_role::Role},
    tag::tags,
};

/// A role that whoever `trust` names can take, with the permissions of one policy.
pub(super) fn role_with(
    monitor: &Monitor,
    trust: Statement,
    policy: &Handle<ManagedPolicy>,
) -> Role {
    let boundary = monitor.hardening.permissions_boundary.as_ref();
    Role {
        path: Some(monitor.role_path().into()),
        managed_policy_arns: Some(vec![policy.reference()].into()),
        permissions_boundary: boundary.map(|it| Value::sub(it.arn())),
        tags: Some(tags(monitor)),
        ..Role::new(PolicyDocument::new([trust]))
    }
}
