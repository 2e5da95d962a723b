//! What delivery remembers between batches: which groups were told, and what of the budget is used.

use crate::{
    constructs::Core,
    policy::Statement,
    resources::dynamodb_table::{
        AttributeDefinition, AttributeDefinitionAttributeType as AttributeType, BillingMode,
        KeySchema, PointInTimeRecoverySpecification, SSESpecification,
        SSESpecificationSSEType as SseType, Table, TimeToLiveSpecification,
    },
    suppression::Reason,
    tag::tags,
    template::{Attributes, DuplicateLogicalId, Handle, Template},
};

/// What an item is about: the partition key.
const GROUP: &str = "group";
/// Which of the items on the same thing it is: the sort key.
const NUMBER: &str = "number";
/// When DynamoDB may delete an item, in seconds since 1970.
const EXPIRES: &str = "expires";

/// Adds the table. It holds the state of minutes: where an item is lost, an incident is told twice.
/// So it is neither backed up nor protected, and goes with its stack.
pub(crate) fn ledger(
    template: &mut Template,
    core: &Core<'_>,
) -> Result<Handle<Table>, DuplicateLogicalId> {
    let sse_specification = core.key_arn().map(|key| SSESpecification {
        kms_master_key_id: Some(key.into_text()),
        sse_type: Some(SseType::Kms.into()),
        ..SSESpecification::new(true)
    });
    template.add_with(
        &["Ledger"],
        &Table {
            attribute_definitions: Some(vec![
                AttributeDefinition::new(GROUP, AttributeType::S),
                AttributeDefinition::new(NUMBER, AttributeType::N),
            ]),
            billing_mode: Some(BillingMode::PayPerRequest.into()),
            deletion_protection_enabled: Some(false.into()),
            point_in_time_recovery_specification: Some(PointInTimeRecoverySpecification {
                point_in_time_recovery_enabled: Some(false.into()),
                ..PointInTimeRecoverySpecification::new()
            }),
            sse_specification,
            time_to_live_specification: Some(TimeToLiveSpecification {
                attribute_name: Some(EXPIRES.into()),
                ..TimeToLiveSpecification::new(true)
            }),
            tags: Some(tags(core.monitor)),
            ..Table::new(vec![
                KeySchema::new(GROUP, "HASH"),
                KeySchema::new(NUMBER, "RANGE"),
            ])
        },
        Attributes::deleted()
            .but([Reason::StateOfMinutes, Reason::NamedAfterTheStack])
            .but(core.aws_owned_key()),
    )
}

/// What keeping the ledger takes. Source: "Actions, resources, and condition keys for Amazon
/// DynamoDB" in the service authorization reference; transactions need the actions of their parts.
pub(crate) fn keep_ledger(ledger: &Handle<Table>) -> Statement {
    Statement::allow(
        "KeepLedger",
        &[
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
        ],
        [ledger.arn().into_text()],
    )
}
