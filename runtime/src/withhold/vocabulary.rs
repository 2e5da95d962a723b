//! The words that make a name sensitive.

/// Words that are sensitive together, by the last of them.
pub(super) type Compounds = &'static [(&'static str, &'static [&'static str])];

/// Words that are secrets by themselves.
#[rustfmt::skip]
pub(super) const WORDS: &[&str] = &[
    "assertion", "auth", "authn", "authz", "bearer", "cred", "csrf", "cvc", "cvv",
    "dockercfg", "dockerconfigjson", "dsn", "hmac", "hotp", "htpasswd", "jks", "jsessionid", "jwe",
    "jwk", "jws", "jwt", "keypass", "keystore", "kubeconfig", "mnemonic", "netrc", "nonce", "npmrc",
    "oauth", "otp", "p12", "pass", "passkey", "pat", "pem", "pepper", "pfx", "pgpass", "phpsessid", "pin",
    "plaintext", "privkey", "psk", "psw", "pswd", "pw", "pypirc", "salt", "sas", "seed", "sessid", "sid",
    "sig", "ssn", "storepass", "totp", "xsrf",
];

/// Endings of words that are secrets: `pgpassword`, `clientsecret`.
#[rustfmt::skip]
pub(super) const ENDINGS: &[&str] = &[
    "cookie", "credential", "kennwort", "passcode", "passphrase", "passwd", "password", "passwort", "pwd",
    "secret", "signature", "token",
];

/// Parts of words that are secrets: `passwordhash`.
pub(super) const PARTS: &[&str] = &["passwd", "password"];

/// Beginnings of words that end in `pass` and are secrets: `dbpass`.
#[rustfmt::skip]
pub(super) const WHOSE_PASS: &[&str] = &[
    "admin", "db", "ftp", "http", "ldap", "mail", "my", "mysql", "pg", "proxy", "redis", "root", "smtp",
    "ssh", "user",
];

/// Words that are a secret together: keys (but not `publicKey`, `partitionKey`, `s3Key`), addresses that
/// contain credentials, and codes that authenticate somebody.
#[rustfmt::skip]
pub(super) const SECRETS: Compounds = &[
    ("key", &[
        "access", "account", "aes", "api", "app", "application", "auth", "client", "consumer", "crypto",
        "decryption", "deploy", "deployment", "encryption", "function", "gpg", "hmac", "ingestion",
        "instrumentation", "integration", "jwt", "licence", "license", "master", "pgp", "preshared",
        "private", "recovery", "root", "routing", "rsa", "secret", "security", "server", "service",
        "session", "shared", "signing", "ssh", "ssl", "storage", "stream", "subscription", "symmetric",
        "tls",
    ]),
    ("material", &["key"]),
    ("rsa", &["id"]),
    ("dsa", &["id"]),
    ("ed25519", &["id"]),
    ("url", &[
        "amqp", "broker", "celery", "clickhouse", "connection", "database", "datasource", "db", "hook",
        "invite", "jdbc", "mailer", "mongo", "mssql", "mysql", "odbc", "pg", "postgres", "postgresql",
        "redis", "reset", "sas", "sentry", "signed", "smtp", "sql", "sqlalchemy",
    ]),
    ("uri", &[
        "amqp", "broker", "connection", "database", "db", "hook", "jdbc", "mailer", "mongo", "mysql", "pg",
        "postgres", "postgresql", "redis", "sas", "signed", "sql", "sqlalchemy",
    ]),
    ("string", &["conn", "connect", "connection"]),
    ("str", &["conn"]),
    ("link", &["invite", "magic", "reset"]),
    ("code", &[
        "access", "auth", "authorization", "backup", "confirmation", "device", "mfa", "otp", "recovery",
        "security", "time", "user", "verification",
    ]),
    ("verifier", &["code"]),
    ("id", &["secret", "session"]),
    ("config", &["docker", "kube"]),
    ("response", &["saml"]),
    ("answer", &["security"]),
    ("number", &["card"]),
    ("card", &["credit"]),
];

/// Whole names for the command line or the environment of a program. As a part of a name they are harmless:
/// `EnvironmentName`.
#[rustfmt::skip]
pub(super) const PROGRAM_NAMES: &[&str] = &[
    "arguments", "cmdline", "command", "commands", "entrypoint", "env", "environ", "environment", "envs",
    "envvars", "script",
];

/// Words for the same that may stand anywhere in a name.
pub(super) const PROGRAM_WORDS: &[&str] = &["arg", "args", "argv", "cmd", "opts"];

/// Words for the same that stand together.
#[rustfmt::skip]
pub(super) const PROGRAMS: Compounds = &[
    ("argument", &["job"]),
    ("command", &["build", "container", "install", "run", "start"]),
    ("data", &["user"]),
    ("line", &["command"]),
    ("override", &["command", "environment"]),
    ("point", &["entry"]),
    ("script", &["boot", "init", "startup"]),
    ("spec", &["build"]),
    ("var", &["env"]),
    ("variable", &["environment"]),
];

/// Headers that authenticate somebody.
pub(super) const HEADERS: &[&str] = &["authorization", "cookie", "cookies"];

/// Last words of names that are about a secret without being one.
#[rustfmt::skip]
pub(super) const ABOUT: &[&str] = &[
    "account", "age", "alg", "algorithm", "allowed", "api", "arn", "arns", "at", "attempts", "bucket", "by",
    "changed", "check", "cluster", "count", "created", "date", "disabled", "domain", "duration", "enabled",
    "endpoint", "error", "errors", "event", "expiration", "expired", "expires", "expiry", "failed",
    "failure", "failures", "flow", "format", "function", "group", "handler", "host", "id", "ids",
    "interval", "invalid", "issuer", "kind", "lambda", "length", "lifetime", "limit", "manager", "max",
    "method", "min", "mode", "name", "names", "policy", "port", "present", "provider", "queue", "reason",
    "region", "required", "result", "role", "rotated", "rotation", "scheme", "scope", "scopes", "server",
    "service", "size", "state", "status", "table", "time", "timestamp", "topic", "total", "ttl", "type",
    "types", "updated", "uri", "url", "usage", "used", "user", "username", "valid", "version",
];

/// Values that are never secret.
#[rustfmt::skip]
pub(super) const PLACEHOLDERS: &[&str] = &[
    "false", "hidden_due_to_security_reasons", "nil", "no", "none", "null", "redacted", "true", "undefined",
    "withheld", "yes",
];

/// Words whose trailing digits belong to them.
pub(super) const KEEPS_NUMBER: &[&str] = &["ed25519", "p12"];
