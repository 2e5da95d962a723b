//! A whole life of an account's stacks, on the local AWS: through the same code as on AWS.

use std::{fs, path::Path};

use demo::{local_aws::LocalAws, receiver::Receiver};
use secrecy::SecretString;
use serde_json::Value as Json;
use webhook::Credential;

use crate::support::{Ended, Run, link_functions, local_aws, project, root};

pub(crate) const REGION: &str = "eu-central-1";

pub(crate) struct Life {
    project: tempfile::TempDir,
    pub(crate) local: LocalAws,
}

impl Life {
    pub(crate) async fn begin(account: &str) -> Option<Self> {
        let environment = local_aws()?;
        let project = project("life", account);
        link_functions(project.path());
        let local = LocalAws::start(&environment, REGION).await.unwrap();
        Some(Self { project, local })
    }

    /// A command that meets the local AWS.
    /// Where `synth` runs.
    pub(crate) fn directory(&self) -> &Path {
        self.project.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Run {
        Run::inside(self.project.path(), arguments)
            .env("AWS_ENDPOINT_URL", self.local.endpoint())
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
    }

    /// Runs a command to its end while the receiver of this process goes on.
    pub(crate) async fn run(&self, arguments: &[&str], input: &str) -> Ended {
        let run = self.command(arguments).input(input);
        let ended = tokio::task::spawn_blocking(|| run.end()).await.unwrap();
        for shown in [&ended.stdout, &ended.stderr] {
            assert!(!shown.contains("planted"), "{arguments:?}: {shown}");
        }
        ended
    }

    pub(crate) fn write(&self, account: &str) {
        fs::write(self.project.path().join("accounts/life.yaml"), account).unwrap();
    }
}

pub(crate) fn account(more: &str) -> String {
    format!(
        "name: life\naccount: \"000000000000\"\nregions: [{REGION}]\narchitecture: host\n\
         clusters: [checkout]\nops-topic: ops\nwebhook: {{loopback-http: true}}\n{more}"
    )
}

const ALARMS: &str = "alarms:\n  - {name: cpu, metric: AWS/EC2 CPUUtilization, when: \"> 80\"}\n";

#[expect(
    clippy::too_many_lines,
    reason = "one life, from its beginning to its end"
)]
#[tokio::test]
async fn deploy_change_test_destroy() {
    let Some(life) = Life::begin(&account(ALARMS)).await else {
        return;
    };
    let on = |command: &'static str| vec![command, "--account", "life"];

    // Nothing is there yet.
    life.run(&on("status"), "")
        .await
        .code(0)
        .prints("tocsin-life  not deployed");
    life.run(&["diff", "--account", "life", "--exit-code"], "")
        .await
        .code(3)
        .prints("+ Incidents");
    life.run(&on("destroy"), "")
        .await
        .code(0)
        .says("nothing to do");
    life.run(&["webhook", "test", "--account", "life", "--yes"], "")
        .await
        .code(1)
        .says("the stack `tocsin-life` is not deployed in eu-central-1");

    // Without a terminal nobody can say yes.
    life.run(&on("deploy"), "")
        .await
        .code(4)
        .says("hint: add `--yes`");
    life.run(&on("status"), "")
        .await
        .code(0)
        .prints("tocsin-life  not deployed");

    // A first deploy, and a second that has nothing to do.
    let deploy = ["deploy", "--account", "life", "--yes"];
    life.run(&deploy, "")
        .await
        .code(0)
        .says("creating the bucket tocsin-assets-000000000000-eu-central-1")
        .says("CREATE_COMPLETE            DeliverFunction")
        .prints(
            "tocsin-life.AlarmFunctionArn = arn:aws:lambda:eu-central-1:000000000000:function:",
        );
    let again = life
        .run(&["deploy", "--account", "life", "--yes", "--json"], "")
        .await
        .code(0)
        .says("nothing to do");
    let outputs: Json = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(outputs[0]["stack"], "tocsin-life");
    life.run(&["diff", "--account", "life", "--exit-code"], "")
        .await
        .code(0)
        .prints("no differences");

    // The webhook: not set, refused, set.
    life.run(&on("status"), "")
        .await
        .code(0)
        .prints("not set: incidents wait");
    let test = ["webhook", "test", "--account", "life", "--yes"];
    life.run(&test, "")
        .await
        .code(1)
        .prints("have not been set");
    let mut receiver = Receiver::listen("right".to_owned()).await.unwrap();
    let set = ["webhook", "set", "--account", "life"];
    let secret =
        |secret: &str| serde_json::json!({ "url": receiver.url(), "secret": secret }).to_string();
    let (wrong, right) = (secret("wrong-planted"), secret("right"));
    life.run(&set, &wrong)
        .await
        .code(0)
        .says("the webhook is set: HMAC at 127.0.0.1");
    life.run(&test, "")
        .await
        .code(1)
        .prints("HTTP 403: the secret or the API key is not the webhook's")
        .prints("next: copy it from the agent's console again: synth webhook set --account life");
    assert!(receiver.next().await.unwrap().refused.is_some());
    life.run(&set, &right).await.code(0);
    life.run(&on("status"), "")
        .await
        .code(0)
        .prints("webhook       set: HMAC at 127.0.0.1");
    an_api_key_takes_its_place(&life).await;

    // A changed account file: one alarm more, another threshold, no cluster.
    life.write(&account("alarms:\n  - {name: cpu, metric: AWS/EC2 CPUUtilization, when: \"> 90\"}\n  - {name: disk, metric: AWS/EC2 DiskReadBytes, when: \"> 1\"}\n"));
    life.run(&on("diff"), "")
        .await
        .code(0)
        .prints("~ AlarmCpu  AWS::CloudWatch::Alarm  `tocsin-life-cpu`\n      Threshold: 80 -> 90")
        .prints("+ AlarmDisk")
        .prints("1 to add, 1 to change");
    life.run(&deploy, "")
        .await
        .code(0)
        .says("deploying tocsin-life-alarms-1 in eu-central-1");
    life.run(&["diff", "--account", "life", "--exit-code"], "")
        .await
        .code(0);

    // What stays is said, with the command that removes it.
    life.run(&["destroy", "--account", "life"], "")
        .await
        .code(4);
    life.run(&["destroy", "--account", "life", "--yes"], "")
        .await
        .code(0)
        .says("WebhookSecret  AWS::SecretsManager::Secret")
        .says("deleted tocsin-life")
        .says("aws sqs delete-queue --queue-url");
    life.run(&on("destroy"), "")
        .await
        .code(0)
        .says("nothing to do");
    life.local.stop(false).await;
}

/// The other kind of webhook, by the same commands.
async fn an_api_key_takes_its_place(life: &Life) {
    let key = Credential::ApiKey(SecretString::from("key-planted"));
    let mut receiver = Receiver::listen_for(key).await.unwrap();
    let set = ["webhook", "set", "--account", "life"];
    let test = ["webhook", "test", "--account", "life", "--yes"];
    for (key, verdict, code) in [
        ("wrong-planted", "HTTP 403: the secret", 1),
        ("key-planted", "delivered (HTTP 200)", 0),
    ] {
        let value = serde_json::json!({ "url": receiver.url(), "apiKey": key }).to_string();
        life.run(&set, &value)
            .await
            .code(0)
            .says("the webhook is set: API key at 127.0.0.1");
        life.run(&test, "").await.code(code).prints(verdict);
    }
    assert!(receiver.next().await.unwrap().refused.is_some());
    life.run(&["status", "--account", "life"], "")
        .await
        .code(0)
        .prints("webhook       set: API key at 127.0.0.1");

    // Nothing of it is in what is deployed next.
    let generate = ["generate", "--account", "life"];
    let written = life.run(&generate, "").await.code(0).stdout;
    for path in written.lines() {
        let template = fs::read_to_string(life.project.path().join(path)).unwrap();
        assert!(!template.contains("planted"), "{path}");
    }
}

#[tokio::test]
async fn another_account_is_refused() {
    let Some(life) = Life::begin(&account("").replace("000000000000", "111122223333")).await else {
        return;
    };
    for command in ["deploy", "diff", "status", "destroy"] {
        life.run(&[command, "--account", "life"], "")
            .await
            .code(2)
            .says("the credentials are for account 000000000000, but the account file is for 111122223333");
    }
    life.local.stop(false).await;
}

/// The functions that are built are those of this machine: a template for another refuses them.
#[tokio::test]
async fn code_for_another_machine_is_refused() {
    let Some(_) = local_aws() else { return };
    let here = synth::package::host_architecture().as_str();
    let other = if here == "arm64" { "x86_64" } else { "arm64" };
    let project = project("life", &account("").replace("host", other));
    fs::create_dir_all(project.path().join("target/functions")).unwrap();
    std::os::unix::fs::symlink(
        root().join("target/functions").join(here),
        project.path().join("target/functions").join(other),
    )
    .unwrap();
    Run::inside(project.path(), &["deploy", "--account", "life", "--yes"])
        .end()
        .code(1)
        .says(&format!(
            "it is built for {here}, and the template says {other}"
        ));
}
