//! An upgrade: stacks as earlier versions deployed them become stacks of this one, from an account file of that time.
//!
//! `versions` holds what each of them wrote, an account file and the templates that came of it. A version adds its own when
//! the next begins.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc, time::Duration};

use serde_json::Value as Json;
use synth::diff::{Action, Source, diff, holds_data};

use crate::{
    cloud::Cloud,
    model::World,
    named::REGION,
    run::{Command, Project, check, run},
};

/// What a version wrote.
struct Version {
    file: String,
    templates: BTreeMap<String, Json>,
}

fn versions() -> Vec<Version> {
    let all = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cloud/versions");
    let read = |dir: PathBuf| {
        let mut templates = BTreeMap::new();
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if let Some(name) = path
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .strip_suffix(".json")
            {
                let template = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
                templates.insert(name.to_owned(), template);
            }
        }
        Version {
            file: fs::read_to_string(dir.join("account.yaml")).unwrap(),
            templates,
        }
    };
    let dirs = fs::read_dir(all).unwrap();
    let mut dirs: Vec<PathBuf> = dirs.map(|it| it.unwrap().path()).collect();
    dirs.sort();
    dirs.into_iter().map(read).collect()
}

/// A world in which a version was deployed an hour ago.
fn deployed_by(version: &Version, project: &Project) -> Cloud {
    let cloud = Cloud::new(World::default());
    run(&cloud, project, Command::Deploy).code(0);
    cloud.clock.skip(Duration::from_hours(1));
    let now = cloud.clock.now();
    let mut state = cloud.lock();
    let mut left = version.templates.clone();
    for stack in state.world.stacks.values_mut().flatten() {
        let template = left
            .remove(&stack.name)
            .unwrap_or_else(|| panic!("{}", stack.name));
        let mut view = stack.last().clone();
        view.template = Arc::new(template);
        stack.views.push((now, view));
        stack.begun.clear();
    }
    assert!(left.is_empty(), "{:?}", left.keys());
    drop(state);
    cloud.clock.skip(Duration::from_hours(1));
    cloud
}

#[test]
fn stacks_of_earlier_versions_are_upgraded_and_keep_their_data() {
    let versions = versions();
    assert!(!versions.is_empty());
    for version in versions {
        let project = Project::with_code(&version.file, "2");
        let cloud = deployed_by(&version, &project);
        let shown = run(&cloud, &project, Command::Diff).code(3);
        let ended = run(&cloud, &project, Command::Deploy).code(0);
        let wrong = check(&cloud, &project, Command::Deploy, &ended);
        assert!(wrong.is_empty(), "{wrong:?}\n{}", ended.said);
        let state = cloud.lock();
        for stack in &project.stacks {
            let name = stack.name.as_str();
            let is_it = |it: &&crate::model::Stack| it.name == name;
            let now = state.world.stacks[REGION].iter().find(is_it).unwrap();
            assert_eq!(*now.last().template, stack.template.to_json(), "{name}");
            let source = |template: Json| Source {
                template,
                parameters: BTreeMap::new(),
                region: REGION.to_owned(),
            };
            let before = source(version.templates[name].clone());
            for change in diff(Some(&before), &source(stack.template.to_json())).resources {
                let is_kept = matches!(change.action, Action::Add | Action::Modify);
                assert!(
                    is_kept || !holds_data(&change.resource_type),
                    "{change:?}\n{}",
                    shown.printed
                );
            }
        }
    }
}
