//! The ledger: which incident is in which report, what is still to be sent, and what of the budget is used.

use crate::{
    constructs::Core,
    policy::{Condition, Statement},
    resources::dynamodb_table::{
        AttributeDefinition, AttributeDefinitionAttributeType as AttributeType, BillingMode,
        GlobalSecondaryIndex, GlobalSecondaryIndexKeySchema, KeySchema,
        PointInTimeRecoverySpecification, Projection, ProjectionProjectionType as ProjectionType,
        SSESpecification, SSESpecificationSSEType as SseType, Table, TimeToLiveSpecification,
    },
    suppression::Reason,
    tag::tags,
    template::{Attributes, DuplicateLogicalId, ParameterType, Template},
    value::Value,
};

/// What an item is about: the partition key.
const GROUP: &str = "group";
/// Which of the items on the same thing it is: the sort key.
const NUMBER: &str = "number";
/// When DynamoDB may delete an item, in seconds since 1970.
const EXPIRES: &str = "expires";
/// The index of windows that are still to be sent. It is sparse: an item without these attributes is not in it.
const DUE_INDEX: &str = "due";
/// The same on every window that is still to be sent.
const PENDING: &str = "pending";
/// When a window is due, in milliseconds since 1970.
const DUE: &str = "due";
/// What a sweep must know of a window to put the most urgent first.
const BRIEF: &str = "brief";

/// The parameter that names another table than the stack's own.
pub(crate) const LEDGER_TABLE: &str = "RestoredLedger";

/// The table that delivery keeps.
pub(crate) struct Ledger {
    pub(crate) name: Value<String>,
    arn: Value<String>,
}

/// Adds the table. It is the only record of incidents whose messages have ended: so it can be restored to any
/// second of the last 35 days, cannot be deleted by mistake, and outlives its stack.
pub(crate) fn ledger(
    template: &mut Template,
    core: &Core<'_>,
) -> Result<Ledger, DuplicateLogicalId> {
    let sse_specification = core.key_arn().map(|key| SSESpecification {
        kms_master_key_id: Some(key.into_text()),
        sse_type: Some(SseType::Kms.into()),
        ..SSESpecification::new(true)
    });
    let table = template.add_with(
        &["Ledger"],
        &Table {
            attribute_definitions: Some(vec![
                AttributeDefinition::new(DUE, AttributeType::N),
                AttributeDefinition::new(GROUP, AttributeType::S),
                AttributeDefinition::new(NUMBER, AttributeType::N),
                AttributeDefinition::new(PENDING, AttributeType::S),
            ]),
            billing_mode: Some(BillingMode::PayPerRequest.into()),
            deletion_protection_enabled: Some(true.into()),
            global_secondary_indexes: Some(vec![due_index()]),
            point_in_time_recovery_specification: Some(PointInTimeRecoverySpecification {
                point_in_time_recovery_enabled: Some(true.into()),
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
        Attributes::retained()
            .but([Reason::NamedAfterTheStack])
            .but(core.aws_owned_key()),
    )?;
    if core.monitor.hardening.ledger_tables.is_empty() {
        return Ok(Ledger {
            name: table.reference(),
            arn: table.arn().into_text(),
        });
    }
    let name: Value<String> = template.parameter(
        LEDGER_TABLE,
        ParameterType::String,
        "The table that the ledger was restored into; filled in by `synth deploy`",
    );
    let arn = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Table}";
    Ok(Ledger {
        arn: Value::sub_with(arn, [("Table", name.clone())]),
        name,
    })
}

fn due_index() -> GlobalSecondaryIndex {
    let projection = Projection {
        non_key_attributes: Some(vec![BRIEF.into()].into()),
        projection_type: Some(ProjectionType::Include.into()),
    };
    let key = vec![
        GlobalSecondaryIndexKeySchema::new(PENDING, "HASH"),
        GlobalSecondaryIndexKeySchema::new(DUE, "RANGE"),
    ];
    GlobalSecondaryIndex::new(DUE_INDEX, key, projection)
}

/// What keeping the ledger takes. Source: "Actions, resources, and condition keys for Amazon
/// DynamoDB" in the service authorization reference; transactions need the actions of their parts.
pub(crate) fn keep_ledger(ledger: &Ledger) -> [Statement; 2] {
    let index = Value::sub_with(
        format!("${{Table}}/index/{DUE_INDEX}"),
        [("Table", ledger.arn.clone())],
    );
    [
        Statement::allow(
            "KeepLedger",
            &["dynamodb:BatchGetItem", "dynamodb:PutItem"],
            [ledger.arn.clone()],
        ),
        Statement::allow("FindWhatIsDue", &["dynamodb:Query"], [index]),
    ]
}

/// What remembering cost reports takes: the items that are theirs, and no others.
pub(crate) fn remember_reports(ledger: &Ledger) -> Statement {
    of_items(
        ledger,
        "RememberReports",
        &["dynamodb:BatchGetItem", "dynamodb:PutItem"],
        &["cost#*"],
    )
}

/// What recording results takes: to read incidents, their windows and days; to write results, and days to give back
/// what they took.
pub(crate) fn record_results(ledger: &Ledger) -> [Statement; 2] {
    let read = ["day#*", "group#*", "id#*", "result#*", "spending#*"];
    [
        of_items(ledger, "ReadIncidents", &["dynamodb:BatchGetItem"], &read),
        of_items(
            ledger,
            "RecordResults",
            &["dynamodb:PutItem"],
            &["day#*", "result#*", "spending#*"],
        ),
    ]
}

/// Actions on items whose partition keys are like these, and no others.
fn of_items(
    ledger: &Ledger,
    name: &'static str,
    actions: &'static [&'static str],
    keys: &[&str],
) -> Statement {
    Statement {
        conditions: vec![Condition {
            operator: "ForAllValues:StringLike",
            key: "dynamodb:LeadingKeys",
            values: keys.iter().map(|it| (*it).into()).collect(),
        }],
        ..Statement::allow(name, actions, [ledger.arn.clone()])
    }
}
