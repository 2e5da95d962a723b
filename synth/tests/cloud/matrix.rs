//! Every call of recorded runs, with everything that can go wrong with it.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{
    cloud::{Cloud, Fault, Planned},
    model::{Ending, World},
    run::{ALARMS, Command, Ended, ONE, Project, check, run},
};

/// What changes a stack: it fails at every call. Of anything else, calls after the first are polls like that, or other
/// packages.
fn changes_a_stack(operation: &str) -> bool {
    ["ChangeSet", "Stack"]
        .iter()
        .any(|it| operation.ends_with(it))
        && !operation.starts_with("Describe")
}

/// Of the same operation, how many other calls may fail: the first, or so many as `MATRIX` says.
fn others() -> usize {
    #[expect(
        clippy::disallowed_methods,
        reason = "`make matrix` asks for more than a test run has the time for"
    )]
    let asked = std::env::var("MATRIX").ok();
    asked.and_then(|it| it.parse().ok()).unwrap_or(1)
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

pub(crate) fn faults() -> Vec<(&'static str, Fault)> {
    let late = |seconds, flaps| Fault::LateReads {
        lag: Duration::from_secs_f64(seconds),
        flaps,
    };
    vec![
        ("throttled for 4 minutes", Fault::Throttled(minutes(4))),
        ("503 for 4 minutes", Fault::Unavailable(minutes(4))),
        ("resets for 4 minutes", Fault::Reset(minutes(4))),
        ("throttled for an hour", Fault::Throttled(minutes(60))),
        ("answer lost", Fault::AnswerLost(1)),
        ("answers lost", Fault::AnswerLost(4)),
        (
            "silence",
            Fault::Silence {
                takes_effect: false,
            },
        ),
        (
            "silence after effect",
            Fault::Silence { takes_effect: true },
        ),
        ("an answer that is none", Fault::FalseYes),
        ("a page with 200", Fault::Page(200)),
        ("a page with 403", Fault::Page(403)),
        ("denied", Fault::Denied),
        ("expired", Fault::Expired),
        ("answer lost, then expired", Fault::LostThenExpired),
        ("stop", Fault::Stop),
        ("killed", Fault::Kill),
        ("reads late by 0.5 s", late(0.5, false)),
        ("reads late by 10 s", late(10.0, false)),
        ("reads late by 20 s at times", late(20.0, true)),
    ]
}

/// Whether a fault may change how the end of an operation is read.
fn decides(fault: Fault) -> bool {
    !matches!(
        fault,
        Fault::Unavailable(_)
            | Fault::Denied
            | Fault::Page(_)
            | Fault::FalseYes
            | Fault::Throttled(_)
    )
}

/// What is run, on which world.
struct Scenario {
    name: &'static str,
    command: Command,
    project: Project,
    before: Option<Project>,
    endings: Vec<Ending>,
    /// Whether everything may go wrong, or only what decides how the end is read.
    in_full: bool,
}

impl Scenario {
    fn cloud(&self) -> Cloud {
        let cloud = Cloud::new(World::default());
        if let Some(before) = &self.before {
            run(&cloud, before, Command::Deploy).code(0);
            cloud.clock.skip(minutes(60));
            let mut state = cloud.lock();
            for stack in state.world.stacks.values_mut().flatten() {
                stack.begun.clear();
            }
        }
        cloud.lock().world.endings = self.endings.clone().into();
        cloud
    }
}

fn scenarios() -> Vec<Scenario> {
    let two = ONE.replace("[eu-central-1]", "[eu-central-1, us-east-1]");
    let with_alarms = format!("{ONE}{ALARMS}");
    let of = |name, command, text: &str, before: Option<&str>, endings: &[Ending]| Scenario {
        name,
        command,
        project: Project::with_code(text, "2"),
        before: before.map(|it| Project::with_code(it, "1")),
        endings: endings.to_vec(),
        in_full: endings.is_empty() && name != "two regions",
    };
    vec![
        of("create", Command::Deploy, ONE, None, &[]),
        of("create fails", Command::Deploy, ONE, None, &[Ending::Fails]),
        of("update", Command::Deploy, ONE, Some(ONE), &[]),
        of(
            "update fails",
            Command::Deploy,
            ONE,
            Some(ONE),
            &[Ending::Fails],
        ),
        of(
            "update sticks",
            Command::Deploy,
            ONE,
            Some(ONE),
            &[Ending::Sticks],
        ),
        of("two stacks", Command::Deploy, &with_alarms, None, &[]),
        of(
            "two regions",
            Command::Deploy,
            &two,
            Some(&two),
            &[Ending::Succeeds, Ending::Fails],
        ),
        of("destroy", Command::Destroy, ONE, Some(ONE), &[]),
        of(
            "destroy is abandoned",
            Command::Destroy,
            ONE,
            Some(ONE),
            &[Ending::GivesUp],
        ),
        of("diff", Command::Diff, ONE, Some(ONE), &[]),
    ]
}

/// The calls of a run, each with its number among those of its operation.
fn calls(recorded: &Ended, others: usize) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut out = Vec::new();
    for call in &recorded.calls {
        let count = counts.entry(&call.operation).or_default();
        if *count < others || changes_a_stack(&call.operation) {
            out.push((call.operation.clone(), *count));
        }
        *count += 1;
    }
    out
}

/// One cell: what fails how.
struct Cell<'a> {
    scenario: &'a Scenario,
    cloud: &'a Cloud,
    planned: Planned,
    name: &'static str,
}

#[test]
fn every_call_of_every_run_may_fail_in_every_way() {
    let (scenarios, others) = (scenarios(), others());
    let clouds: Vec<Cloud> = scenarios.iter().map(Scenario::cloud).collect();
    let mut cells: Vec<Cell<'_>> = Vec::new();
    for (scenario, cloud) in scenarios.iter().zip(&clouds) {
        let recording = cloud.copy();
        let recorded = run(&recording, &scenario.project, scenario.command);
        let found = check(&recording, &scenario.project, scenario.command, &recorded);
        assert!(
            found.is_empty(),
            "{}: {found:?}\n{}",
            scenario.name,
            recorded.said
        );
        for (operation, number) in calls(&recorded, others) {
            let faults = faults().into_iter();
            let faults = faults.filter(|(_, it)| scenario.in_full || decides(*it));
            cells.extend(faults.map(|(name, fault)| Cell {
                scenario,
                cloud,
                planned: Planned {
                    operation: operation.clone(),
                    number,
                    fault,
                },
                name,
            }));
        }
    }
    assert!(cells.len() >= 1_000, "only {} cells", cells.len());
    let next = AtomicUsize::new(0);
    let problems = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = problems_of(cell);
                    problems.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut problems = problems.into_inner().unwrap();
    problems.sort();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for (problem, _) in &problems {
        *kinds.entry(problem).or_default() += 1;
    }
    let lines: Vec<String> = problems
        .iter()
        .map(|(problem, cell)| format!("{problem}: {cell}"))
        .collect();
    assert!(
        problems.is_empty(),
        "{} problems in {} cells: {kinds:#?}\n{}",
        problems.len(),
        cells.len(),
        lines.join("\n")
    );
}

/// What is wrong in one cell, each with the cell's name.
fn problems_of(cell: &Cell<'_>) -> Vec<(String, String)> {
    let Cell {
        scenario,
        cloud,
        planned,
        name,
    } = cell;
    let Scenario {
        command, project, ..
    } = scenario;
    let cloud = cloud.copy();
    cloud.lock().planned = Some(planned.clone());
    let ended = run(&cloud, project, *command);
    let found = if planned.fault == Fault::Kill && ended.code.is_none() {
        // The next run repairs it.
        cloud.mend();
        cloud.lock().world.endings.clear();
        let repaired = run(&cloud, project, *command);
        let mut found = check(&cloud, project, *command, &repaired);
        let may_stay = ["update sticks", "destroy is abandoned"].contains(&scenario.name);
        let may_end = matches!(repaired.code, Some(0 | 3)) || may_stay && repaired.code == Some(6);
        if !may_end {
            found.push(format!("not repaired: exit {:?}", repaired.code));
        }
        found
    } else {
        check(&cloud, project, *command, &ended)
    };
    let cell = format!(
        "{}/{}-{}/{name}",
        scenario.name,
        planned.operation,
        planned.number + 1
    );
    found.into_iter().map(|it| (it, cell.clone())).collect()
}
