//! Runs of `synth` against the fake AWS, and the check of them.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use contract::FunctionName;
use serde_json::Value as Json;
use stacks::{
    Stack,
    stack::{ParameterSource, assets as assets_of},
};
use synth::{
    aws::Link,
    commands::{
        Session,
        account_file::LoadedFile,
        deploy::{Consent, deploy},
        destroy::destroy,
        diff::diff,
        doctor::doctor,
        names::NameCheck,
        status::status,
    },
    deploy::assets,
    error::{Error, Exit},
    package::Package,
    terminal::{Capture, Stop, Terminal},
};

use crate::{
    cloud::Cloud,
    model::{View, World},
};

/// An account file with its stacks.
pub(crate) struct Project {
    pub(crate) file: LoadedFile,
    pub(crate) stacks: Vec<Stack>,
    pub(crate) packages: Vec<Package>,
    pub(crate) regions: Vec<String>,
    /// Whether names that are not in the account are an error.
    pub(crate) strict: bool,
}

pub(crate) const ONE: &str = "name: one\naccount: \"111122223333\"\nregions: [eu-central-1]\narchitecture: host\n\
                              clusters: [checkout]\nops-topic: ops\n";
pub(crate) const ALARMS: &str =
    "alarms:\n  - {name: cpu, metric: AWS/EC2 CPUUtilization, when: \"> 80\"}\n";

impl Project {
    pub(crate) fn new(text: &str) -> Self {
        Self::with_code(text, "1")
    }

    /// With functions of a certain version.
    pub(crate) fn with_code(text: &str, code: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("one.yaml");
        fs::write(&path, text).unwrap();
        let (file, _) = LoadedFile::read(path, None).unwrap_or_else(|error| panic!("{error:?}"));
        let stacks = file
            .synthesize()
            .unwrap_or_else(|error| panic!("{error:?}"));
        let package = |asset: FunctionName| Package {
            asset,
            path: PathBuf::new(),
            bytes: code.as_bytes().to_vec(),
            hash: format!("{code:0>64}"),
        };
        let packages = assets_of(&stacks).into_iter().map(package).collect();
        let regions = file.account.regions.clone();
        Self {
            file,
            stacks,
            packages,
            regions,
            strict: false,
        }
    }
}

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Deploy,
    DeployAndMove,
    Diff,
    Destroy,
    Status,
    Doctor,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; nothing for a run without an end, or one that was killed.
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
    pub(crate) printed: String,
    /// How long it took.
    pub(crate) took: Duration,
    /// The calls that it made.
    pub(crate) calls: Vec<crate::cloud::Call>,
}

fn config(cloud: &Cloud) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(cloud.clone())
        .sleep_impl(cloud.clock.clone())
        .time_source(cloud.clock.clone())
        .build()
}

/// Runs a command as `main` does, with `--yes`, or with somebody who answers.
pub(crate) fn run_with(
    cloud: &Cloud,
    project: &Project,
    command: Command,
    answers: Option<&[&str]>,
) -> Ended {
    let yes = answers.is_none();
    run_work(cloud, answers, async |session| {
        let consent = Consent {
            yes,
            move_alarms: command == Command::DeployAndMove,
        };
        let Project {
            file,
            stacks,
            packages,
            ..
        } = project;
        let names = NameCheck {
            file,
            strict: project.strict,
        };
        match command {
            Command::Deploy | Command::DeployAndMove => {
                deploy(&session, names, stacks, packages, consent, false).await
            }
            Command::Diff => diff(&session, names, stacks, packages, false).await,
            Command::Destroy => destroy(&session, &file.account, yes).await,
            Command::Doctor => doctor(&session, Some(file), "--account one", false).await,
            Command::Status => status(&session, names, false).await,
        }
    })
}

/// Runs what a command does, with nobody at the terminal, or with somebody who answers.
pub(crate) fn run_work(
    cloud: &Cloud,
    answers: Option<&[&str]>,
    work: impl AsyncFnOnce(Session) -> Result<Exit, Error>,
) -> Ended {
    let capture = answers.map_or_else(Capture::silent, Capture::answering);
    let capture: &'static Capture = Box::leak(Box::new(capture));
    let terminal = Terminal::captured(capture);
    let (switch, stop) = Stop::by_hand();
    cloud.next_run(switch);
    let session = Session {
        terminal,
        stop,
        link: Link::given(config(cloud)),
    };
    let work = work(session);
    let killed = async {
        while !cloud.lock().killed {
            aws_smithy_async::rt::sleep::AsyncSleep::sleep(&cloud.clock, Duration::from_secs(1))
                .await;
        }
    };
    let begin = cloud.clock.now();
    let before = cloud.lock().calls.len();
    let result: Option<Option<Result<Exit, Error>>> = cloud.clock.run(async {
        tokio::select! {
            biased;
            result = work => Some(result),
            () = killed => None,
        }
    });
    let took = cloud.clock.now().duration_since(begin).unwrap();
    let code = result.flatten().map(|result| {
        let exit = result.unwrap_or_else(|error| {
            error.report(terminal);
            error.exit()
        });
        exit as i32
    });
    let calls = cloud.lock().calls[before..].to_vec();
    Ended {
        code,
        said: capture.said(),
        printed: capture.printed(),
        took,
        calls,
    }
}

pub(crate) fn run(cloud: &Cloud, project: &Project, command: Command) -> Ended {
    run_with(cloud, project, command, None)
}

impl Ended {
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.said, self.printed);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.said.contains(text),
            "`{text}` is not in:\n{}",
            self.said
        );
        self
    }

    pub(crate) fn count(&self, operation: &str) -> usize {
        self.calls
            .iter()
            .filter(|it| it.operation == operation)
            .count()
    }
}

/// What became of the stacks, once nothing goes on any more: by region and name.
pub(crate) fn settled(world: &World) -> BTreeMap<(String, String), View> {
    let mut out = BTreeMap::new();
    for (region, stacks) in &world.stacks {
        for stack in stacks {
            if stack.last().status != "DELETE_COMPLETE" {
                out.insert((region.clone(), stack.name.clone()), stack.last().clone());
            }
        }
    }
    out
}

/// Whether everything is as the account file says, and every function has the code that was built.
pub(crate) fn is_deployed(world: &World, project: &Project) -> bool {
    let there = settled(world);
    project.stacks.iter().all(|stack| {
        let only = stack.region.as_ref().map(std::slice::from_ref);
        only.unwrap_or(&project.regions).iter().all(|region| {
            let wanted: Json = stack.template.to_json();
            there
                .get(&(region.clone(), stack.name.clone()))
                .is_some_and(|view| {
                    *view.template == wanted
                        && has_code(view, stack, project)
                        && matches!(view.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE")
                })
        })
    })
}

fn has_code(view: &View, stack: &Stack, project: &Project) -> bool {
    stack.parameters.iter().all(|(name, source)| match source {
        ParameterSource::CodeKey(asset) => project
            .packages
            .iter()
            .filter(|it| it.asset == *asset)
            .all(|it| view.parameters.get(name) == Some(&assets::key(it))),
        _ => true,
    })
}

/// What a run has left behind, by kind and name: change sets that nobody will carry out, empty stacks.
pub(crate) fn leftovers(world: &World) -> Vec<(&'static str, String)> {
    let mut left = Vec::new();
    for stack in world.stacks.values().flatten() {
        let status = &stack.last().status;
        if status == "REVIEW_IN_PROGRESS" {
            left.push(("empty stack", stack.name.clone()));
        }
        if status == "DELETE_COMPLETE" {
            continue;
        }
        for change in &stack.change_sets {
            if change.deleted.is_none() && change.executed.is_none() {
                left.push(("change set", change.name.clone()));
            }
        }
    }
    left
}

/// What is wrong with how a run ended, as far as its exit code and what became of the stacks show it.
pub(crate) fn check(
    cloud: &Cloud,
    project: &Project,
    command: Command,
    ended: &Ended,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let now = cloud.clock.now();
    let state = cloud.lock();
    let world = &state.world;
    let Some(code) = ended.code else {
        wrong.push("endless".to_owned());
        return wrong;
    };
    let there = settled(world);
    // Cleaning up after an update decides nothing any more.
    let is_cleaning_up = |stack: &crate::model::Stack| {
        let view = stack.at(now);
        view.is_some_and(|it| it.status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    };
    let goes_on = world.stacks.values().flatten().any(|stack| {
        let has_not_ended = stack.views.last().is_some_and(|(at, _)| *at > now)
            || stack.last().status.ends_with("_IN_PROGRESS")
                && stack.last().status != "REVIEW_IN_PROGRESS";
        has_not_ended && (command == Command::Diff || !is_cleaning_up(stack))
    });
    let has = |statuses: &[&str]| {
        there
            .values()
            .any(|it| statuses.contains(&it.status.as_str()))
    };
    let changes = matches!(
        command,
        Command::Deploy | Command::DeployAndMove | Command::Destroy
    );
    let is_done = match command {
        Command::Destroy => there.is_empty(),
        _ => is_deployed(world, project),
    };
    match code {
        0 if changes && !is_done => wrong.push("exit 0, and it is not done".to_owned()),
        1 | 2 | 4 if changes && goes_on => wrong.push(format!("exit {code}, and it goes on")),
        1 if changes && is_done && !ended.calls.is_empty() && begun(world) > 0 => {
            wrong.push("exit 1, and all is done".to_owned());
        }
        5 if !has(&[
            "UPDATE_ROLLBACK_COMPLETE",
            "ROLLBACK_COMPLETE",
            "CREATE_FAILED",
        ]) =>
        {
            wrong.push("exit 5, and nothing was rolled back".to_owned());
        }
        // A deletion that CloudFormation has abandoned leaves a stack as it was.
        6 if !there.values().any(|it| it.status.contains("FAILED"))
            && (command != Command::Destroy
                || there.is_empty()
                || begun(world) == 0 && leftovers(world).is_empty()) =>
        {
            wrong.push("exit 6, and nothing is stuck".to_owned());
        }
        0 if command == Command::Diff && (!is_done || goes_on) => {
            wrong.push("exit 0, and there are differences".to_owned());
        }
        3 if command != Command::Diff => wrong.push("exit 3, and it is no comparison".to_owned()),
        3 if is_done && !goes_on => wrong.push("exit 3, and there are no differences".to_owned()),
        7 if begun(world) == 0 => wrong.push("exit 7, and nothing was begun".to_owned()),
        _ => {}
    }
    for (kind, name) in leftovers(world) {
        let lines = ended.said.lines();
        let mut lines = lines.filter(|it| it.contains("left behind: "));
        if !lines.any(|it| it.contains(&format!("the {kind} `{name}`"))) {
            wrong.push(format!("left behind without a word: the {kind} {name}"));
        }
    }
    if code == 0 && matches!(command, Command::Deploy) && begun(world) > 0 {
        for (name, bucket) in &world.buckets {
            if !bucket.closed || bucket.policy.is_none() || bucket.lifecycle.is_none() {
                wrong.push(format!("the bucket {name} is half made"));
            }
        }
    }
    if code != 0 && code != 3 && !ended.said.contains("hint: ") {
        wrong.push(format!("exit {code} without a next step"));
    }
    let busiest = busiest_second(&ended.calls);
    if busiest >= 5 {
        wrong.push(format!("{busiest} calls of CloudFormation in a second"));
    }
    wrong
}

fn begun(world: &World) -> usize {
    world
        .stacks
        .values()
        .flatten()
        .map(|it| it.begun.len())
        .sum()
}

/// The calls of CloudFormation in the second that has the most.
pub(crate) fn busiest_second(calls: &[crate::cloud::Call]) -> usize {
    let of_it: Vec<_> = calls
        .iter()
        .filter(|it| it.service == "CloudFormation")
        .map(|it| it.at)
        .collect();
    (0..of_it.len())
        .map(|from| {
            of_it[from..]
                .iter()
                .take_while(|at| at.duration_since(of_it[from]).unwrap() < Duration::from_secs(1))
                .count()
        })
        .max()
        .unwrap_or_default()
}
