//! What happens while something is deployed, for whoever watches: a terminal, a test, another program.

use super::StackStatus;

/// Something that happens while something is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeployEvent<'a> {
    /// The bucket for the functions' code is made.
    BucketMissing {
        /// Its name.
        bucket: &'a str,
    },
    /// A function's code is sent to the bucket.
    Uploading {
        /// Where it goes in the bucket.
        key: &'a str,
        /// How large it is.
        bytes: usize,
    },
    /// A stack is created or updated.
    Deploying {
        /// Its name.
        stack: &'a str,
        /// The region.
        region: &'a str,
        /// How many resources are made, changed or deleted by it, as the comparison says.
        resources: usize,
    },
    /// Alarms leave a stack, so that others can have their names.
    RemovingAlarms {
        /// Its name.
        stack: &'a str,
        /// The region.
        region: &'a str,
    },
    /// A stack is deleted.
    Deleting {
        /// Its name.
        stack: &'a str,
        /// The region.
        region: &'a str,
    },
    /// Something goes on in a stack already, and has to end first.
    Waiting {
        /// Its name.
        stack: &'a str,
        /// What goes on.
        status: StackStatus,
    },
    /// The first deploy of a stack failed: what is left of it is deleted.
    DeletingRemains {
        /// Its name.
        stack: &'a str,
        /// How it failed.
        status: StackStatus,
    },
    /// CloudFormation is done with a resource, or has failed on it.
    Resource {
        /// CloudFormation's word for how it ended, such as `CREATE_COMPLETE`.
        status: &'a str,
        /// The logical ID.
        id: &'a str,
        /// The registry's name of the type.
        resource_type: &'a str,
        /// Why it failed, if it did.
        reason: Option<&'a str>,
    },
    /// An operation goes on, and nothing of it has ended for a while.
    Still {
        /// The stack.
        stack: &'a str,
        /// For how long the operation has been watched, in seconds.
        seconds: u64,
        /// The logical IDs of what is being worked on, the longest first.
        running: &'a [&'a str],
        /// Since when the first of them is, in seconds since 1970.
        oldest: i64,
    },
    /// CloudFormation would replace or remove a resource of which the comparison does not say so.
    BeyondPlan {
        /// The stack.
        stack: &'a str,
        /// The logical ID.
        id: &'a str,
        /// The type.
        kind: &'a str,
    },
    /// Something stays that this run has made and could not take away.
    LeftBehind {
        /// What.
        what: &'a str,
        /// The command that removes it.
        command: &'a str,
    },
    /// A stack was as it should be.
    NoChanges {
        /// Its name.
        stack: &'a str,
    },
}

/// Whoever watches.
pub type Observer<'a> = dyn Fn(&DeployEvent<'_>) + 'a;
