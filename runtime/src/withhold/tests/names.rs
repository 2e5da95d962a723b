//! Names.

use super::super::names::{Meaning, is_sensitive, meaning};

/// Names that people give to secrets.
pub(super) const SECRETS: &str = "
    password Password PASSWORD db_password DB_PASSWORD dbPassword MasterUserPassword
    spring.datasource.password password2 PASSWORD_PROD passwords PGPASSWORD rootpassword
    passwordHash passwd db_passwd pwd MYSQL_PWD dbpwd pass db_pass DB_PASS userPass dbpass
    smtp-pass passphrase passcode secret secrets client_secret clientsecret client-secret
    secretKey secretAccessKey AWS_SECRET_ACCESS_KEY secretValue SecretString secretId
    shared_secret token tokens access_token accessToken authtoken refreshToken id_token
    sessionToken X-Amz-Security-Token npm_token GITHUB_TOKEN apiToken csrfToken csrf xsrf auth
    NPM_AUTH basicAuth authHeader authorization Authorization proxy-authorization
    oauth bearer bearerToken jwt JWT userJwt jwtKey apiKey api_key API_KEY
    apikey x-api-key apiKeys APP_KEY DD_APP_KEY accessKey access_key AccessKey privateKey
    private_key privatekey privkey sshKey ssh_key ssh-key id_rsa rsaKey encryptionKey
    ENCRYPTION_KEY masterKey signingKey hmac hmacKey aesKey AccountKey SharedAccessKey
    storageKey licenseKey deployKey routingKey keyMaterial salt pepper nonce seed mnemonic psk
    wifiPsk preSharedKey connectionString connection_string connectionstring ConnectionStrings
    connStr connection-uri dsn SENTRY_DSN DATABASE_URL databaseUrl database-url DATABASEURL
    db_url REDIS_URL mongoUri MONGODB_URI JDBC_URL jdbcUrl SQLALCHEMY_DATABASE_URI
    POSTGRES_URL AMQP_URL broker_url presignedUrl preSignedURL presigned_url signedUrl
    webhookUrl WEBHOOK_URL slackWebhookUrl webhook SLACK_WEBHOOK sasUrl X-Amz-Signature
    x-amz-signature X-Amz-Credential signature sig sas sasToken sessionId session_id SESSIONID
    JSESSIONID PHPSESSID sid sessionKey sessionIds cookie Cookie set-cookie Set-Cookie cookies
    sessionCookie pem privateKeyPem p12 pfx keystore credential credentials AwsCredentials
    creds cred DB_CREDS kubeconfig kube_config KUBECONFIG netrc npmrc dockerConfigJson otp OTP
    totp otpCode mfaCode pin PIN verificationCode authCode recoveryCodes cvv cvc ssn
    cardNumber creditCard plaintext Plaintext htpasswd samlResponse SAMLAssertion
";

/// Names of command lines and environments.
pub(super) const PROGRAMS: &str = "
    command Command commands cmd CMD startCmd args ARGS javaArgs extra-args argv arguments
    entryPoint entrypoint ENTRYPOINT entry_point env ENV envVars env_vars ENV_VAR environment
    Environment environmentVariables environment-variables environmentOverrides
    environment-variables-override buildspec buildSpec buildspecOverride userData UserData
    user_data user-data startCommand commandLine containerCommand JAVA_OPTS startupScript
";

/// Names that contain the letters of sensitive names, or are about a secret.
pub(super) const HARMLESS: &str = "
    author authorName authorEmail authored compass passenger passengers bypass passed passing
    designation designated assignment signal signalType sign consignee pinned pingTime spin
    shipping tokenize tokenizer secretary secretsmanager secretsManager SecretsManagerEndpoint
    secretArn secretName SecretARN secret-name tokenType tokenExpiry token_ttl passwordPolicy
    PasswordLastUsed passwordLength accessKeyId AccessKeyIds keyId kmsKeyId key keys publicKey
    partitionKey sortKey objectKey s3Key credentialId cookieName auth-service authMethod
    authType token-service tokenUrl signatureVersion environmentName EnvironmentId
    environment-id commandId command-id commandName envName sessionContext sessionIssuer
    session userDatabase username userName user detail cause reason message url databaseName
    connectionId connectionArn argument-free cargo largest target recommendation omitted
    monkey turkey keyboard casing basis sashimi desired residual insidious hotpot pemmican
    dsnap opted created sacred credit inputDetails spanner encryptionContext oauthProvider
    hostname image-tag pipeline execution-id unauthorized authorized authentication
";

#[test]
fn names_are_sensitive_by_their_words() {
    assert!(SECRETS.split_whitespace().count() > 150);
    for name in SECRETS.split_whitespace() {
        let found = meaning(name);
        let is_secret = matches!(found, Some(Meaning::Secret | Meaning::Header));
        assert!(is_secret, "{name}: {found:?}");
    }
    for name in PROGRAMS.split_whitespace() {
        assert_eq!(meaning(name), Some(Meaning::Program), "{name}");
    }
    for name in HARMLESS.split_whitespace() {
        assert!(!is_sensitive(name), "{name}");
    }
}
