//! Free texts. In the tables, `⟦` and `⟧` enclose the part that is withheld, `⏎` is a line break, and `·` is a
//! space.

use std::borrow::Cow;

use serde_json::json;

use super::super::{document, text};

/// Values of sensitive names.
const NAMED: &str = r#"
DB_PASSWORD=⟦canary⟧ STAGE=prod
export API_TOKEN="⟦a canary⟧" && run
run with password = '⟦it''s canary⟧' now
s3_key=b'k', secret_key=b'⟦canary⟧'
pw = """⟦canary⏎canary⟧""" # x
Config(user=app, credentials=⟦{'a': 'canary'}⟧, n=1)
{:password=>"⟦canary⟧", :a=>1}
Server=db;User Id=app;Password=⟦canary⟧;Timeout=3
  db:⏎    password: ⟦canary two words⟧⏎    host: db
a: |⏎  a⏎private_key: ⟦|⏎  canary⏎⏎  canary⟧⏎next: 1
creds:⟦⏎  - user: canary⏎    id: canary⟧⏎next: 1
pin: ⟦4711⟧⏎user: a
Das Passwort: ⟦canary⟧
éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé-password=⟦canary⟧
https://x.io/a?sig=⟦canary⟧&page=2
https://b.s3.amazonaws.com/k?X-Amz-Credential=⟦canary%2F20260101⟧&X-Amz-Expires=60&X-Amz-Signature=⟦canary⟧
x?redirect=https%3A%2F%2Fa%3Ftoken%3D⟦canary⟧%26b%3D1
jdbc:postgresql://db:5432/app?user=app&password=⟦canary⟧
{"user": "a", "password": "⟦can\"ary⟧
got {"pin": ⟦4711⟧, "user": "a
got {\"token\":\"⟦canary⟧\",\"a\":1}
got {\"auth\":⟦{\"user\":\"canary\"}⟧} x
migrate --dsn ⟦canary⟧ --dry-run
migrate --password=⟦canary⟧
['--token', '⟦canary⟧', '-v']
curl -u ⟦app:canary⟧ https://x
curl -H "Authorization: ⟦Bearer canary⟧" https://x
curl -H 'X-Api-Key: ⟦canary⟧' https://x
Cookie: ⟦a=canary; b=canary⟧⏎Host: x
Authorization: ⟦Digest username="a", response="canary"⟧⏎Host: x
sent Bearer ⟦canary-1⟧, got 401
sent basic ⟦Y2FuYXJ5OmNhbmFyeQ==⟧ to x
<db><password a="1">⟦canary⟧</password><host>x</host></db>
<credentials>⟦<user>canary</user>⟧</credentials>
<add key="DbPassword" value="⟦canary⟧" />
ParameterKey=DbPwd,ParameterValue=⟦canary⟧
bad: {"value": "⟦canary⟧", "name": "DB_PASS"
Access denied, password "⟦canary⟧" is wrong
the connection string: ⟦canary⟧ is wrong
invalid api key: ⟦canary⟧
invalid environment variable: ⟦canary x⟧
could not run command: ⟦canary --x⟧
"#;

/// Secrets that are recognizable by their form.
const SHOWN: &str = r#"
cannot reach postgres://⟦app:canary⟧@db:5432/app.
amqps://⟦app:can/ary⟧@mq, then x
mongodb://⟦a:canary⟧@h1:1,h2:2/x mysql://⟦b:canary⟧@h/
a://⟦u:canary⟧@h,b://⟦u:canary⟧@h
git clone https://⟦canary⟧@github.com/shop/web
at "redis:\/\/⟦:canary⟧@cache"
jdbc:oracle:thin:⟦app/canary⟧@//db:1521/x
⟦app:canary⟧@tcp(db:3306)/shop
used ⟦AKIAIOSFODNN7EXAMPLE⟧, and
x-⟦ASIAIOSFODNN7EXAMPLE⟧/x
got ⟦eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2lnbmF0dXJl⟧; x
pushed with ⟦ghp_0123456789abcdefghij0123⟧
to https://hooks.slack.com/services/⟦T0/B0/canary⟧ failed
read ⟦-----BEGIN RSA PRIVATE KEY-----⏎canary⏎-----END RSA PRIVATE KEY-----⟧ x
read ⟦-----BEGIN PRIVATE KEY-----⏎canary⟧
read ⟦LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCg==⟧ x
"#;

/// Commands in error messages.
const COMMANDS: &str = r#"
CannotStartContainerError: runc create failed: unable to start container process: exec: "⟦migrate canary \"x\"⟧": stat ⟦migrate canary \"x\"⟧: no such file or directory
CannotStartContainerError: exec: "⟦migrate --dsn postgres://app:canary@db:5432/app⟧": stat ⟦migrate --dsn postgres://app:canary@db:5432/app⟧: no such file
COMMAND_EXECUTION_ERROR: Error while executing command: ⟦a canary⟧. Reason: exit status 1
"#;

/// Texts without secrets.
const HARMLESS: &str = r#"
Access Denied
User: arn:aws:sts::111122223333:assumed-role/app/i-0abc is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/db-AbCdEf because no identity-based policy allows the secretsmanager:GetSecretValue action
Access denied for user 'app'@'10.0.0.1' (using password: YES)
FATAL: password authentication failed for user "app"
The security token included in the request is expired
The bearer token is missing. Basic authentication is off.
Unexpected token '<', "<!DOCTYPE" is not valid JSON
open /run/secrets/token: no such file or directory
OutOfMemoryError: Container killed due to memory usage
CannotPullContainerError: pull image manifest has been retried 5 time(s): 111122223333.dkr.ecr.eu-central-1.amazonaws.com/app:v1@sha256:0a1b not found
Essential container in task exited
repo:shop/web:ref:refs/heads/feature-1
arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com:sts.amazonaws.com:repo:shop/web
https://console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logEvent:group=/aws/codebuild/web
https://db.example.com:5432/@scope/package
mail ops@example.com, or mailto:ops@example.com at 10:04:05
author: alice, compass: north, passenger=bob, signal: 9, designation = pilot, sidecar: proxy
token=null, password: none, secret=******, pwd=(withheld), auth: [REDACTED]
secretArn=arn:aws:x, tokenType=JWT
Traceback: File "a.py", line 3, in main⏎  raise ValueError(f"x: {x}")
{"tenant": "shop", "n": 1}
[INFO] started {} [] {"a": [1, {"b": null}]}
größer → 警報: ok
"#;

fn lines(of: &str) -> impl Iterator<Item = String> {
    of.lines()
        .skip(1)
        .map(|line| line.replace('⏎', "\n").replace('·', " "))
}

/// Redacting twice is the same as redacting once.
#[track_caller]
fn check(marked: &str) {
    let before = marked.replace(['⟦', '⟧'], "");
    let mut after = String::new();
    for part in marked.split('⟦') {
        match part.split_once('⟧') {
            Some((_, rest)) => after.extend(["(withheld)", rest]),
            None => after.push_str(part),
        }
    }
    assert_eq!(text(&before), after);
    assert!(!after.contains("canary"), "{after}");
    assert_eq!(text(&after), after, "redacted twice");
}

#[test]
fn values_of_sensitive_names_are_withheld() {
    lines(NAMED).for_each(|line| check(&line));
}

#[test]
fn secrets_are_recognized_by_their_form() {
    lines(SHOWN).for_each(|line| check(&line));
}

#[test]
fn commands_are_withheld() {
    lines(COMMANDS).for_each(|line| check(&line));
}

#[test]
fn harmless_texts_stay_as_they_are() {
    for harmless in lines(HARMLESS) {
        assert_eq!(text(&harmless), harmless);
        assert!(matches!(text(&harmless), Cow::Borrowed(_)), "{harmless}");
    }
}

/// Texts that take hours if each of their parts is read to the end.
const HOSTILE: &str = r#"
token:
token=
name=
value={
name={
"
\"
{"a":
["
{
[[
://
://a:b/
://u:p@
https://hooks.slack.com/services/
eyJaaaaaaaaa+
AKIA
-----BEGIN·
-a,(
--token·
--token (
<token>
<a
exec: "
executing command:·
bearer·
password "
token 'a⏎
token:arn:a:b:c:d:
token:no·
a:·
a:⏎
arn:aws:
%3D
pwd:⏎·
-----END·
@tcp(
"#;

#[test]
fn hostile_texts_take_linear_time() {
    for part in lines(HOSTILE) {
        let hostile = part.repeat(100_000 / part.len());
        assert!(text(&hostile).len() <= 10 * hostile.len(), "{part}");
        document(&json!({ "detail": [hostile] }));
    }
}
