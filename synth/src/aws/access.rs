//! Whose credentials an account file asks for.

/// Whose credentials an account file asks for, and whose CloudFormation works with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The profile of the AWS configuration; nothing for the one that the environment names. Access keys in the
    /// environment come first all the same, as everywhere in AWS.
    pub profile: Option<String>,
    /// The ARN of a role that is taken on with those credentials.
    pub assume_role: Option<String>,
    /// The ARN of the role that CloudFormation works as; nothing for the credentials' own permissions. Source: "AWS
    /// CloudFormation service role" in the CloudFormation user guide.
    pub cloudformation_role: Option<String>,
}
