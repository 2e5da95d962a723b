//! What the agent did about reports, as people and programs see it.

use contract::{AgentSpace, IncidentId};
use jiff::{SignedDuration, Timestamp};
use runtime::ledger::{Finding, Gap, Investigation, Item, Key, Status, Verdict, Window};

use super::{
    super::{Contents, History, Results, Summary},
    NOW, QUEUES, at, contents, sent, settings, today, window,
};

/// A task that ended like this.
pub(super) fn investigation(
    incident: &IncidentId,
    status: &str,
    found: Option<(Finding, &str)>,
    seconds: Option<u64>,
) -> Investigation {
    let created = today("12:31:00");
    Investigation {
        incident: incident.clone(),
        task: format!(
            "d93e984e-836b-4f46-a761-{}",
            &incident.as_str()[incident.as_str().len() - 12..]
        ),
        execution: None,
        primary: None,
        status: Status::from(status.to_owned()),
        reason: None,
        created,
        began: seconds.map(|_| created),
        ended: None,
        seconds,
        dollars: seconds.map(|it| f64::from(u32::try_from(it).unwrap()) * 0.83),
        verdict: found.map(|(finding, line)| Verdict {
            finding,
            line: line.to_owned(),
            paragraph: String::new(),
        }),
        gaps: Vec::new(),
        skills: Vec::new(),
        at: created,
        gave_back: false,
        summarized: None,
        is_read: true,
        notice: None,
        mitigation: None,
    }
}

fn with(windows: Vec<Window>, investigations: Vec<Investigation>) -> Contents {
    let investigations = investigations.into_iter();
    let investigations = investigations.map(|it| {
        let key = Key::investigation(&it.incident);
        (key, Some(Item::Investigation(Box::new(it))))
    });
    let windows = windows.into_iter();
    let windows = windows.map(|it| (it.key.clone(), Some(Item::Window(Box::new(it)))));
    Contents::read(windows.chain(investigations), at(NOW))
}

/// A morning: a root cause that denies others access, one linked to it, one without a finding, one that is queued, one
/// that was cancelled, and a report of which nothing is known.
pub(super) fn morning() -> Contents {
    let cause: &[(&str, usize)] = &[("exited with code 1", 2)];
    let names = ["api", "api again", "web", "queue", "quota", "unseen"];
    let windows: Vec<Window> = names
        .iter()
        .enumerate()
        .map(|(minute, name)| {
            let opened =
                today("12:00:00") + SignedDuration::from_mins(i64::try_from(minute).unwrap());
            let mut window = sent(name, opened, cause);
            window.rule = (*name == "web").then(|| "deploy-failed".to_owned());
            window
        })
        .collect();
    let ids: Vec<IncidentId> = windows.iter().map(Window::report_id).collect();
    let long = "A deployment 14 minutes earlier halved the memory of the service; its tasks are killed \u{1b}[2Jwithin \
                two minutes";
    let mut api = investigation(
        &ids[0],
        "COMPLETED",
        Some((Finding::RootCause, long)),
        Some(192),
    );
    api.gaps = vec![Gap {
        title: "Access denied to the log group".to_owned(),
        is_access: true,
    }];
    let mut linked = investigation(&ids[1], "LINKED", None, Some(13));
    linked.primary = Some(api.task.clone());
    linked.reason = Some("the same failure".to_owned());
    let nothing = (Finding::Nothing, "no root cause found");
    let mut cancelled = investigation(&ids[4], "CANCELED", None, None);
    cancelled.reason = Some("The monthly limit is reached.".to_owned());
    with(
        windows,
        vec![
            api,
            linked,
            investigation(&ids[2], "COMPLETED", Some(nothing), Some(402)),
            investigation(&ids[3], "PENDING_START", None, None),
            cancelled,
        ],
    )
}

fn results(contents: &Contents, group: Option<&str>, since: Timestamp) -> Results {
    Results::new(contents, group, since)
}

#[test]
fn each_report_is_shown_with_what_became_of_it() {
    let results = results(&morning(), None, today("00:00:00"));
    let lines = results.lines("prod", true, 80).join("\n");
    assert_eq!(lines, include_str!("results.txt").trim_end());
    for line in lines.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn what_the_agent_wrote_begins_no_line_of_ours() {
    let mut contents = morning();
    for it in contents.investigations.values_mut() {
        it.reason = Some("one\n  01-02 12:00  root cause\u{1b}[2J".to_owned());
        if let Some(verdict) = &mut it.verdict {
            verdict.line = "word ".repeat(60) + &"x".repeat(200) + "\nforged";
        }
    }
    let results = results(&contents, None, today("00:00:00"));
    for line in results.lines("prod", true, 80) {
        assert!(
            line.chars().count() <= 80 && !line.contains('\u{1b}'),
            "{line}"
        );
        let is_foreign = ["forged", "word", "xxx", "one"]
            .iter()
            .any(|it| line.contains(it));
        assert!(!is_foreign || line.starts_with("      > "), "{line}");
    }
}

#[test]
fn the_past_and_other_groups_are_left_out() {
    let groups = |group: Option<&str>, since: &str| -> Vec<String> {
        let results = results(&morning(), group, today(since));
        results.rows.into_iter().map(|it| it.group).collect()
    };
    assert_eq!(
        groups(Some("API"), "00:00:00"),
        ["ECS service api", "ECS service api again"]
    );
    assert_eq!(
        groups(None, "12:03:10"),
        ["ECS service queue", "ECS service quota"]
    );
    let none = results(&morning(), Some("nobody"), today("00:00:00"));
    assert_eq!(none.unknown, 0);
    let hint = |group: Option<&str>, since: Timestamp| {
        let lines = results(&morning(), group, since).lines("prod", true, 80);
        lines.join("\n")
    };
    let others = "  no investigations of a group with these words: without --group all are shown";
    let before = "  no investigations in this time: --since 35d shows those before";
    // A hint names only what there is.
    assert_eq!(hint(Some("nobody"), today("00:00:00")), others);
    assert_eq!(hint(Some("nobody"), at(NOW)), "  no investigations");
    assert_eq!(hint(Some("api"), at(NOW)), before);
    assert_eq!(hint(None, at(NOW)), before);
}

#[test]
fn lines_are_as_long_as_the_terminal_has_room_for() {
    let results = results(&morning(), None, today("00:00:00"));
    for width in [80, 120] {
        let lines = results.lines("prod", true, width);
        let longest = lines.iter().map(|it| it.chars().count()).max();
        assert!(
            longest.is_some_and(|it| it <= width && it > width.min(110) - 10),
            "{longest:?}"
        );
    }
}

#[test]
fn what_runs_has_cost_so_far_and_what_is_not_read_is_not_known() {
    let mut contents = morning();
    for it in contents.investigations.values_mut() {
        match it.status {
            Status::PendingStart => {
                it.status = Status::InProgress;
                (it.seconds, it.dollars) = (Some(66), Some(0.55));
            }
            Status::Completed => it.is_read = false,
            _ => {}
        }
    }
    let results = results(&contents, None, today("00:00:00"));
    let lines = results.lines("prod", true, 80).join("\n");
    for wanted in [
        "\n      1.1 minutes, $0.55 so far\n",
        "\n      3.2 minutes, $159.36, 1 gap, not everything is read yet\n",
        "\n  4 investigations, 11.0 minutes, $493.57 so far\n",
    ] {
        assert!(lines.contains(wanted), "{wanted}\n{lines}");
    }
    let history = History::new(&contents, QUEUES, &settings(6), today("00:00:00"), at(NOW));
    let lines = history.lines("prod", 50, 100, at(NOW)).join("\n");
    for wanted in [
        "      running, 1.1 minutes, $0.55 so far\n",
        ", 1 gap, not everything is read yet\n",
    ] {
        assert!(lines.contains(wanted), "{wanted}\n{lines}");
    }
    let json = results.to_json("eu-central-1", None);
    assert_eq!(json["investigations"][0]["incomplete"], true);
    assert_eq!(json["totals"]["all"]["open"], 1);
}

#[test]
fn where_there_is_nothing_it_says_what_to_do() {
    let empty = results(&Contents::default(), None, today("00:00:00"));
    let unwatched = empty.lines("prod", false, 80).join("\n");
    assert!(
        unwatched.contains("agent: {space: UUID, region: REGION}"),
        "{unwatched}"
    );
    let watched = empty.lines("prod", true, 80).join("\n");
    assert!(
        watched.contains("synth history --account prod"),
        "{watched}"
    );
    assert!(!watched.contains("agent: {"), "{watched}");
}

#[test]
fn a_program_gets_counts_sums_and_links() {
    let space = AgentSpace {
        id: "8f6187a7-0388".to_owned(),
        region: "us-east-1".to_owned(),
    };
    let json = results(&morning(), None, today("00:00:00")).to_json("eu-central-1", Some(&space));
    assert_eq!(json["withoutTask"], 1);
    let totals = &json["totals"];
    assert_eq!(totals["all"]["seconds"], 192 + 402);
    assert_eq!(totals["all"]["dollars"], 493.02);
    let counts = (&totals["all"]["investigations"], &totals["all"]["linked"]);
    assert_eq!(counts, (&4.into(), &1.into()));
    for (key, count) in [
        ("rootCause", 1),
        ("cause", 0),
        ("nothing", 1),
        ("linked", 1),
        ("failed", 1),
        ("open", 1),
    ] {
        assert_eq!(totals["became"][key], count, "{key}");
    }
    assert_eq!(
        (&totals["withoutCost"], &totals["accessDenied"]),
        (&0.into(), &1.into())
    );
    assert_eq!(totals["groups"][0]["group"], "ECS service web");
    assert_eq!(totals["rules"][0]["rule"], "deploy-failed");
    assert_eq!(totals["sources"][0]["source"], "ecs");
    let first = &json["investigations"][0];
    let task = first["task"].as_str().unwrap();
    assert_eq!(
        first["app"],
        format!("https://8f6187a7-0388.aidevops.global.app.aws/investigation/{task}")
    );
    assert_eq!(first["agent"]["gaps"][0]["isAccess"], true);
    assert_eq!(json["investigations"][1]["primary"], first["task"]);
}

#[test]
fn the_history_says_what_became_of_what_was_sent() {
    let history = History::new(&morning(), QUEUES, &settings(6), today("00:00:00"), at(NOW));
    let lines = history.lines("prod", 50, 100, at(NOW)).join("\n");
    for wanted in [
        "\n      root cause, 3.2 minutes, $159.36, 1 gap\n      > A deployment 14 minutes earlier halved",
        "\n      linked to task d93e984e-836b-4f46-a761-",
        "\n      no cause, 6.7 minutes, $333.66\n",
        "\n      queued\n",
        "\n      cancelled\n      > The monthly limit is reached.\n",
    ] {
        assert!(lines.contains(wanted), "{wanted}\n{lines}");
    }
    let json = history.to_json("eu-central-1", 50);
    let of = |number: usize| &json["windows"][number]["investigation"];
    assert_eq!(of(0)["became"], "rootCause");
    assert_eq!(of(5), &stacks::Json::Null);
}

#[test]
fn the_status_counts_what_came_of_today() {
    let summary = Summary::new(&morning(), &settings(6), at(NOW));
    let lines = summary.lines(at(NOW)).join("\n");
    let expected = "
  results       4 investigations today, 9.9 minutes, $493.02 so far
                1 found a root cause, 1 found nothing, 1 linked to another, 1 failed, 1 open";
    assert!(lines.ends_with(expected), "{lines}");
    let json = summary.to_json();
    assert_eq!(json["results"]["became"]["linked"], 1);
    let yesterday = Summary::new(&morning(), &settings(6), at("2026-01-03T00:00:01Z"));
    assert!(!yesterday.lines(at(NOW)).join("\n").contains("results"));
    let calm = Summary::new(
        &contents([window("a", today("12:00:00"), &[("x", 1)])]),
        &settings(6),
        at(NOW),
    );
    assert_eq!(calm.to_json()["results"], stacks::Json::Null);
}
