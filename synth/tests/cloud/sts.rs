//! STS: who the credentials are of, and roles that they take on.

use crate::model::ACCOUNT;

pub(crate) fn answer(operation: &str) -> String {
    if operation == "AssumeRole" {
        return "<Credentials><AccessKeyId>ASIAROLE</AccessKeyId>\
                <SecretAccessKey>secret-of-role</SecretAccessKey>\
                <SessionToken>token</SessionToken>\
                <Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>"
            .to_owned();
    }
    format!("<Account>{ACCOUNT}</Account><Arn>arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci</Arn>")
}
