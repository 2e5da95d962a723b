//! Who may use whom: the crates of the workspace, and the modules of `synth`, on floors of which each uses
//! only what is below it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use snapshots::directory;

/// The crates, from the ground up. A crate may depend on those of lower floors only.
const CRATES: [&[&str]; 6] = [
    &["contract", "codegen"],
    &["stacks", "webhook"],
    &["runtime"],
    &["synth"],
    &["demo"],
    &["snapshots"],
];

/// The modules of `synth`, from the ground up. A module may use those of lower floors only.
const MODULES_OF_SYNTH: [&[&str]; 7] = [
    &["aws", "terminal"],
    &["config", "diff", "package"],
    &[
        "deploy",
        "graph",
        "ledger",
        "lookup",
        "match_event",
        "price",
        "redrive",
        "webhook_secret",
    ],
    &["discover", "forecast"],
    // What commands are made of, and the commands.
    &["cli", "error", "permissions"],
    &["commands"],
    &["lib", "main"],
];

/// Where something stands, from the ground up.
fn floor(floors: &[&[&str]], name: &str) -> usize {
    floors
        .iter()
        .position(|floor| floor.contains(&name))
        .unwrap_or_else(|| panic!("`{name}` stands on no floor: give it one in floors.rs"))
}

fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|it| it == "rs") {
            out.push(path);
        }
    }
}

/// The modules that a source names by way of `crate::`, whether one by one or in braces.
fn imports(source: &str) -> BTreeSet<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let word = |text: &str| text.find(|c| !is_word(c)).unwrap_or(text.len());
    let mut found = BTreeSet::new();
    for (at, _) in source.match_indices("crate::") {
        let is_own_word = !source[..at].ends_with(is_word);
        let rest = &source[at + "crate::".len()..];
        if !is_own_word {
            continue;
        }
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(&rest[..word(rest)]);
            continue;
        };
        let mut depth = 0;
        let mut begins = true;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                c if begins && is_word(c) => {
                    let name = &group[at..];
                    found.insert(&name[..word(name)]);
                    begins = false;
                }
                _ => {}
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

#[test]
fn imports_are_found_in_every_form() {
    let source = "use crate::aws::{Aws, AwsError};\nuse crate::{\n    config::{self, Account, b::{c}},\n    \
                  error::Error, terminal,\n};\nfn f(it: crate::diff::Diff) { mycrate::no() }";
    let expected = ["aws", "config", "diff", "error", "terminal"];
    assert_eq!(imports(source), BTreeSet::from(expected));
}

#[test]
fn modules_of_synth_use_only_what_is_below_them() {
    let src = directory("../synth/src");
    let mut paths = Vec::new();
    rust_files(&src, &mut paths);
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        let source = fs::read_to_string(&path).unwrap();
        let path = path.strip_prefix(&src).unwrap();
        let first = path.iter().next().unwrap().to_str().unwrap();
        let module = first.trim_end_matches(".rs").to_owned();
        let own = floor(&MODULES_OF_SYNTH, &module);
        for import in imports(&source) {
            if import != module && floor(&MODULES_OF_SYNTH, import) >= own {
                wrong.push(format!(
                    "synth/src/{} uses `crate::{import}`, which is not below `{module}`",
                    path.display()
                ));
            }
        }
        seen.insert(module);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all: BTreeSet<String> = MODULES_OF_SYNTH
        .iter()
        .flat_map(|floor| floor.iter().map(|it| (*it).to_owned()))
        .collect();
    assert_eq!(seen, all, "a floor for a module that is not there");
}

/// The crates of the workspace that a section of a manifest names.
fn dependencies(manifest: &str, section: &str) -> Vec<String> {
    let Some((_, rest)) = manifest.split_once(&format!("\n[{section}]\n")) else {
        return Vec::new();
    };
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split([' ', '.', '=']).next());
    names
        .filter(|name| CRATES.iter().any(|floor| floor.contains(name)))
        .map(str::to_owned)
        .collect()
}

#[test]
fn crates_use_only_what_is_below_them() {
    let mut wrong = Vec::new();
    let mut found = 0;
    for name in CRATES.concat() {
        let path = match name {
            "codegen" => "../stacks/codegen/Cargo.toml".to_owned(),
            name => format!("../{name}/Cargo.toml"),
        };
        let manifest = fs::read_to_string(directory(&path)).unwrap();
        for other in dependencies(&manifest, "dependencies") {
            found += 1;
            if floor(&CRATES, &other) >= floor(&CRATES, name) {
                wrong.push(format!(
                    "`{name}` depends on `{other}`, which is not below it"
                ));
            }
        }
        // The tests of `synth` deploy to the local AWS of `demo`.
        for other in dependencies(&manifest, "dev-dependencies") {
            if floor(&CRATES, &other) >= floor(&CRATES, name)
                && (name, &*other) != ("synth", "demo")
            {
                wrong.push(format!(
                    "the tests of `{name}` use `{other}`, which is not below it"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found >= 10, "{found}");
}

/// The test bench is not shipped.
#[test]
fn synth_holds_nothing_of_the_demo() {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--package", "synth"])
        .args(["--edges", "normal", "--prefix", "none", "--depth", "1"])
        .current_dir(directory(".."))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(
        tree.contains("clap v4"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for unwanted in ["demo", "hyper", "aws-sdk-eventbridge", "aws-sdk-scheduler"] {
        assert!(!tree.contains(unwanted), "{unwanted}:\n{tree}");
    }
}
