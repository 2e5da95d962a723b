//! Turns the registry schemas of `stacks/schemas` into the resource types of `stacks/src/resources`.
//!
//! `codegen` writes the files; `codegen --check` compares them with what is there. The output is
//! committed, so a reviewer sees what a new schema changes.

mod description;
mod emit;
mod model;
mod names;
mod read;
mod semantics;

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use model::ResourceType;

/// What can go wrong between a schema and a file.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("failed to read or write `{path}`")]
    File { path: PathBuf, source: io::Error },
    #[error("`{path}` is not JSON")]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("`{path}`: {reason}")]
    Schema { path: PathBuf, reason: String },
    #[error("rustfmt failed: {0}")]
    Format(String),
    #[error("{} out of date: run `make resources`", list(.0))]
    Stale(Vec<String>),
    #[error("semantics.rs names properties that no schema has: {}", .0.join(", "))]
    UnusedSemantics(Vec<String>),
}

fn list(files: &[String]) -> String {
    let verb = if files.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", files.join(", "))
}

fn main() -> ExitCode {
    let check = env::args()
        .nth(1)
        .is_some_and(|argument| argument == "--check");
    match run(check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the one place that reports")]
            {
                eprintln!("error: {error}");
                let mut cause = std::error::Error::source(&error);
                while let Some(inner) = cause {
                    eprintln!("  caused by: {inner}");
                    cause = inner.source();
                }
            }
            ExitCode::FAILURE
        }
    }
}

fn run(check: bool) -> Result<(), Error> {
    let stacks = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let types = read_schemas(&stacks.join("schemas"))?;
    let unused = semantics::unused(&types);
    if !unused.is_empty() {
        return Err(Error::UnusedSemantics(unused));
    }

    let mut files = BTreeMap::new();
    for resource in &types {
        files.insert(
            format!("{}.rs", resource.module),
            format_rust(&emit::resource(resource))?,
        );
    }
    files.insert("mod.rs".to_owned(), format_rust(&emit::index(&types))?);

    let out = stacks.join("src/resources");
    let present = present_files(&out)?;
    let mut stale = Vec::new();
    for name in present.iter().filter(|name| !files.contains_key(*name)) {
        stale.push(name.clone());
        if !check {
            let path = out.join(name);
            fs::remove_file(&path).map_err(|source| Error::File { path, source })?;
        }
    }
    for (name, text) in &files {
        let path = out.join(name);
        if fs::read_to_string(&path).ok().as_ref() != Some(text) {
            stale.push(name.clone());
            if !check {
                fs::write(&path, text).map_err(|source| Error::File { path, source })?;
            }
        }
    }
    if check && !stale.is_empty() {
        return Err(Error::Stale(stale));
    }
    Ok(())
}

fn read_schemas(dir: &Path) -> Result<Vec<ResourceType>, Error> {
    let mut paths = Vec::new();
    let entries = fs::read_dir(dir).map_err(|source| Error::File {
        path: dir.to_owned(),
        source,
    })?;
    for entry in entries {
        let path = entry
            .map_err(|source| Error::File {
                path: dir.to_owned(),
                source,
            })?
            .path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            paths.push(path);
        }
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).map_err(|source| Error::File {
                path: path.clone(),
                source,
            })?;
            let schema = serde_json::from_str(&text).map_err(|source| Error::Json {
                path: path.clone(),
                source,
            })?;
            let file = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            read::resource(&schema, &file).map_err(|reason| Error::Schema { path, reason })
        })
        .collect()
}

fn present_files(out: &Path) -> Result<Vec<String>, Error> {
    let failed = |source| Error::File {
        path: out.to_owned(),
        source,
    };
    fs::create_dir_all(out).map_err(failed)?;
    let mut names = Vec::new();
    for entry in fs::read_dir(out).map_err(failed)? {
        names.push(
            entry
                .map_err(failed)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    Ok(names)
}

fn format_rust(source: &str) -> Result<String, Error> {
    let failed = |source: io::Error| Error::Format(source.to_string());
    let mut rustfmt = Command::new("rustfmt")
        .args([
            "--edition",
            "2024",
            "--style-edition",
            "2024",
            "--emit",
            "stdout",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = rustfmt.stdin.take() {
        io::Write::write_all(&mut stdin, source.as_bytes()).map_err(failed)?;
    }
    let output = rustfmt.wait_with_output().map_err(failed)?;
    if !output.status.success() {
        return Err(Error::Format(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
