//! Redaction of events: a canary under each sensitive name and in each place of an event never leaves the account,
//! and harmless values do.

use contract::{Envelope, FunctionName};
use proptest::{prelude::*, sample::select};
use runtime::{
    decision::{Decision, Finding},
    event, withhold,
};
use serde_json::{Map, Value as Json, json};

const CANARY: &str = "hunter2-Canary";

/// Sensitive names.
const SECRETS: &str = "
    password Password PASSWORD db_password DB_PASSWORD dbPassword MasterUserPassword password2 PGPASSWORD passwd
    pwd MYSQL_PWD pass db_pass DB_PASS userPass dbpass smtp-pass passphrase passcode secret client_secret
    secretKey AWS_SECRET_ACCESS_KEY SecretString shared_secret secretId token access_token authtoken
    refreshToken id_token X-Amz-Security-Token NPM_TOKEN csrf auth NPM_AUTH basicAuth Authorization
    proxy-authorization oauth bearer jwt userJwt apiKey api_key API_KEY apikey x-api-key DD_APP_KEY accessKey
    access_key privateKey private_key sshKey ssh_key id_rsa encryptionKey masterKey signingKey hmac AccountKey
    SharedAccessKey storageKey licenseKey salt nonce psk connectionString connection_string connStr dsn
    SENTRY_DSN DATABASE_URL databaseUrl db_url REDIS_URL mongoUri jdbcUrl AMQP_URL presignedUrl presigned_url
    signedUrl webhookUrl WEBHOOK_URL webhook sasUrl X-Amz-Signature X-Amz-Credential signature sig sas sasToken
    sessionId session_id JSESSIONID PHPSESSID sid sessionKey cookie Set-Cookie pem p12 keystore credentials
    creds cred kubeconfig netrc otp totp mfaCode pin verificationCode cvv ssn cardNumber plaintext htpasswd
    userData user_data args cmd CMD entryPoint ENTRYPOINT entry_point env envVars env_vars environment
    environmentVariables command commands buildspec arguments JAVA_OPTS commandLine
";

/// Names that contain the letters of sensitive names, or are about a secret.
const HARMLESS: &str = "
    author authorEmail compass passenger bypass passed designation assignment signal signalType pinned shipping
    tokenizer secretary secretArn secretName tokenType passwordPolicy accessKeyId keyId publicKey partitionKey
    objectKey credentialId authMethod environmentName commandId sessionContext username detail cause reason
    message url databaseName connectionArn cargo target omitted monkey keyboard basis spanner hostname image-tag
    execution-id unauthorized
";

/// The message that the function queues for an event with this detail. The title and the group show all of it.
fn body(detail: &Json) -> String {
    let payload = json!({
        "rule": "r", "title": "{detail} {detail.it.0.text} {resources}",
        "groupBy": ["detail", "detail.it.0.text", "detail.message"],
        "event": {
            "id": "1", "source": "shop", "detail-type": "Order Failed", "account": "111122223333",
            "region": "eu-central-1", "time": "2026-01-02T03:04:05Z", "resources": [detail["message"]],
            "detail": detail,
        },
    });
    let Ok(Decision::Investigate(finding)) = event::decide(&payload) else {
        panic!("no incident of {payload}")
    };
    let Finding { incident, group } = *finding;
    Envelope::of_group(FunctionName::Event, incident, group).to_body()
}

/// Documents that have the value under the name, one for each way to write that.
fn places(name: &str, value: &Json) -> Vec<Json> {
    let member = json!({ name: value });
    let nested = json!([{ "a": [member] }]);
    let message = json!({ "Message": nested.to_string() });
    vec![
        json!({ "it": member }),
        json!({ "it": nested }),
        json!({ "it": [{ "name": name, "value": value, "type": "PLAINTEXT" }] }),
        json!({ "it": [{ "Key": name, "Value": value }] }),
        json!({ "ParameterKey": name, "ParameterValue": value }),
        json!({ "it": [[name, value]] }),
        json!({ "input": member.to_string() }),
        json!({ "body": message.to_string() }),
        json!({ "Records": [{ "Sns": message }, { "body": json!(message.to_string()).to_string() }] }),
        json!({ "cause": format!("failed with {nested}.") }),
        json!({ "cause": format!("failed with {}", json!({ "a": 1, "b": member })).trim_end_matches('}') }),
        json!({ "message": format!("got {}", json!(member.to_string())) }),
    ]
}

/// Texts that have the value under the name, one for each way to write that.
fn texts(name: &str, value: &str) -> Vec<String> {
    vec![
        format!("{name}={value} STAGE=prod"),
        format!("run with {name}={value}, and more"),
        format!("export {name}='{value} two words'"),
        format!("config:\n  {name}: {value} two words\n  stage: prod"),
        format!("bad value for {name}: {value}"),
        format!("Config(stage=prod, {name}=\"{value}\")"),
        format!("https://api.example.com/x?{name}={value}&page=1"),
        format!("Server=db;{name}={value};Timeout=3"),
        format!("migrate --{name} {value} --dry-run"),
        format!("migrate --{name}={value}"),
        format!("started ['migrate', '--{name}', '{value}']"),
        format!("curl -H \"{name}: {value}\" https://example.com"),
        format!("<config><{name}>{value}</{name}><stage>prod</stage></config>"),
        format!("name={name}, value={value}"),
    ]
}

/// Details that have the text, one for each place of an incident that shows it.
fn shown(text: &str) -> Vec<Json> {
    vec![
        json!({ "message": text }),
        json!({ "it": [{ "text": text }] }),
        json!({ "a": { "b": [text] } }),
        json!({ "input": json!({ "log": text }).to_string() }),
        json!({ text: 1 }),
    ]
}

#[test]
fn canaries_under_sensitive_names_never_leave() {
    let names: Vec<&str> = SECRETS.split_whitespace().collect();
    assert!(names.len() > 120);
    for name in names {
        for value in [
            json!(CANARY),
            json!([CANARY]),
            json!({ "a": CANARY }),
            json!(47_114_711),
        ] {
            for place in places(name, &value) {
                let body = body(&place);
                let leaks = body.contains(CANARY) || body.contains("47114711");
                assert!(!leaks, "{place}\n{body}");
            }
        }
        for text in texts(name, CANARY) {
            let cleaned = withhold::text(&text);
            assert!(!cleaned.contains(CANARY), "{text}\n{cleaned}");
            for place in shown(&text) {
                let body = body(&place);
                assert!(!body.contains(CANARY), "{place}\n{body}");
            }
        }
    }
}

#[test]
fn canaries_of_a_recognizable_form_never_leave() {
    for (secret, canary) in [
        ("postgres://app:hunter2-Canary@db:5432/app", CANARY),
        ("https://hunter2-Canary@github.com/shop/web", CANARY),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("ASIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"),
        ("eyJhbGciOiJub25lIn0.eyJhIjoiY2FuYXJ5In0.c2ln", "eyJ"),
        ("Bearer hunter2-Canary", CANARY),
        (
            "-----BEGIN PRIVATE KEY-----\nhunter2-Canary\n-----END PRIVATE KEY-----",
            CANARY,
        ),
        (
            "https://b.s3.amazonaws.com/k?X-Amz-Signature=hunter2-Canary",
            CANARY,
        ),
        (
            "https://a.blob.core.windows.net/k?sv=1&sig=hunter2-Canary",
            CANARY,
        ),
        (
            "https://hooks.slack.com/services/T0/B0/hunter2-Canary",
            CANARY,
        ),
        (
            "exec: \"hunter2-Canary --x\": stat hunter2-Canary --x: no such file",
            CANARY,
        ),
    ] {
        for text in [
            secret.to_owned(),
            format!("cannot use {secret}"),
            format!("'{secret}' failed"),
        ] {
            for place in shown(&text) {
                let body = body(&place);
                assert!(!body.contains(canary), "{place}\n{body}");
            }
        }
    }
}

#[test]
fn harmless_values_leave() {
    let value = "harmless-4711";
    for name in HARMLESS.split_whitespace() {
        let pairs = [
            json!([name, value]),
            json!({ "name": name, "value": value }),
        ];
        for place in places(name, &json!(value)) {
            assert!(body(&place).contains(value), "{place}");
        }
        for pair in pairs {
            assert!(body(&pair).contains(value), "{pair}");
        }
        for text in texts(name, value) {
            assert_eq!(withhold::text(&text), text);
        }
    }
}

/// Documents whose canaries are all in sensitive places.
fn document() -> impl Strategy<Value = Json> {
    let names = |of: &'static str| select(of.split_whitespace().collect::<Vec<_>>());
    let harmless = prop_oneof![
        3 => "[a-z ,.:=\"'{}\\[\\]<>&?/\\\\-]{0,30}".prop_map(|text| json!(text)),
        1 => any::<i32>().prop_map(|number| json!(number)),
        1 => Just(Json::Null),
        1 => Just(json!(true)),
    ];
    let secret = prop_oneof![
        Just(json!(CANARY)),
        Just(json!({ "a": [CANARY] })),
        "[a-z \"'{}\\\\]{0,9}".prop_map(|text| json!(format!("{text}{CANARY}{text}"))),
    ];
    let member = (names(SECRETS), secret.clone()).prop_map(|(name, value)| json!({ name: value }));
    let pair =
        (names(SECRETS), secret).prop_map(|(name, value)| json!({ "name": name, "value": value }));
    prop_oneof![2 => harmless, 1 => member, 1 => pair].prop_recursive(5, 60, 6, move |inner| {
        let key = prop_oneof![names(HARMLESS).prop_map(str::to_owned), "[a-z]{1,3}x"];
        prop_oneof![
            3 => prop::collection::vec((key, inner.clone()), 0..6).prop_map(|members| {
                Json::Object(members.into_iter().collect::<Map<_, _>>())
            }),
            2 => prop::collection::vec(inner.clone(), 0..6).prop_map(Json::Array),
            1 => inner.clone().prop_map(|it| json!(it.to_string())),
            1 => inner.prop_filter_map("a container", |it| {
                let is_json = it.is_object() || it.is_array();
                is_json.then(|| json!(format!("failed with {it}, and more")))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_document_leaks_a_canary(detail in document()) {
        let body = body(&json!({ "it": [detail], "message": detail.to_string() }));
        prop_assert!(!body.contains(CANARY), "{}\n{}", detail, body);
    }

    /// A text may pass several places that redact it.
    #[test]
    fn redacting_twice_is_the_same_as_redacting_once(text in ".{0,60}", name in select(vec!["token", "a"])) {
        for text in [text.clone(), format!("{name}={text}"), format!("{{\"{name}\": \"{text}")] {
            let once = withhold::text(&text).into_owned();
            prop_assert_eq!(withhold::text(&once), once.as_str(), "{}", text);
        }
    }
}
