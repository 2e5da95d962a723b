//! `synth generate`: an account file becomes templates in a directory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use stacks::ToJson as _;

use crate::{
    cli::{Format, Generate},
    commands::manifest,
    error::{Error, Exit},
    terminal::Terminal,
};

pub(crate) fn run(args: &Generate, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?;
    let stacks = &account.stacks;
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| Path::new("target/stacks").join(&account.monitor.account_name));
    create_dir(&out)?;
    remove_old(&out)?;

    let extension = match args.format {
        Format::Json => "json",
        Format::Yaml => "yaml",
    };
    let mut written = Vec::new();
    for stack in stacks {
        let path = out.join(format!("{}.template.{extension}", stack.name));
        let text = match args.format {
            Format::Json => stack.template.to_pretty(),
            // A tree of text, numbers, lists and maps: there is nothing in it that YAML cannot say.
            Format::Yaml => serde_saphyr::to_string(&stack.template.to_json()).unwrap_or_default(),
        };
        write(&path, &text)?;
        written.push(path);
    }
    let manifest = manifest::manifest(&account, stacks, extension);
    let path = out.join("manifest.json");
    write(&path, &format!("{manifest:#}\n"))?;
    written.push(path);

    if args.json {
        terminal.data(&format!("{manifest:#}"));
    } else {
        for path in &written {
            terminal.data(&path.to_string_lossy());
        }
    }
    let resources: usize = stacks
        .iter()
        .map(|stack| stack.template.resource_count())
        .sum();
    let plural = if stacks.len() == 1 { "" } else { "s" };
    terminal.say(&format!(
        "{} stack{plural}, {resources} resources",
        stacks.len()
    ));
    Ok(Exit::Done)
}

fn create_dir(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|source| Error::File {
        action: "create",
        path: path.to_owned(),
        source,
    })
}

/// A stack that is gone must not leave its template behind.
fn remove_old(dir: &Path) -> Result<(), Error> {
    let failed = |path: PathBuf| {
        move |source| Error::File {
            action: "remove",
            path,
            source,
        }
    };
    for entry in fs::read_dir(dir).map_err(failed(dir.to_owned()))? {
        let path = entry.map_err(failed(dir.to_owned()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".template.json") || name.ends_with(".template.yaml") {
            fs::remove_file(&path).map_err(failed(path.clone()))?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::File {
        action: "write",
        path: path.to_owned(),
        source,
    })
}
