//! A resource type, as far as its Rust code needs it.

/// One type of the registry.
#[derive(Debug)]
pub(crate) struct ResourceType {
    /// `AWS::SQS::Queue`
    pub(crate) name: String,
    /// `sqs_queue`
    pub(crate) module: String,
    /// The file that the type was read from.
    pub(crate) schema: String,
    /// The type itself, then its property types by name.
    pub(crate) structs: Vec<Struct>,
    /// The enumerations, by name.
    pub(crate) enums: Vec<Enum>,
    /// Paths such as `Code/ImageUri`: changing one replaces the resource.
    pub(crate) create_only: Vec<String>,
    /// Paths whose change replaces the resource in some cases.
    pub(crate) conditional_create_only: Vec<String>,
    /// What `Fn::GetAtt` yields.
    pub(crate) attributes: Vec<Attribute>,
    /// The Rust type that `Ref` yields.
    pub(crate) reference: String,
    /// Whether there is a `Tags` property.
    pub(crate) taggable: bool,
    /// The IAM actions that CloudFormation needs to create, read, update and delete it, sorted.
    pub(crate) permissions: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Struct {
    pub(crate) name: String,
    /// `AWS::SQS::Queue`, or `AWS::SQS::Queue.RedrivePolicy`
    pub(crate) title: String,
    /// AWS's first sentence on it.
    pub(crate) description: Option<String>,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct Field {
    /// The property, such as `QueueName`.
    pub(crate) property: String,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// AWS's first sentence on it.
    pub(crate) description: Option<String>,
    /// What is said of the property: its range, and what a change costs.
    pub(crate) notes: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A scalar that can be an expression: the `T` of `Value<T>`.
    Scalar(String),
    /// A type that prints itself: a struct, a policy document, JSON.
    Plain(String),
    List(Box<Kind>),
    Map(Box<Kind>),
}

#[derive(Debug)]
pub(crate) struct Enum {
    pub(crate) name: String,
    /// `AWS::SQS::Queue.RedriveAllow`
    pub(crate) title: String,
    pub(crate) values: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Attribute {
    /// `Arn`, or a path such as `Endpoint.Port`.
    pub(crate) name: String,
    /// AWS's first sentence on it.
    pub(crate) description: Option<String>,
    /// The `T` of the `Value<T>` that it yields.
    pub(crate) scalar: String,
}
