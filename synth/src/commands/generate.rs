//! `synth generate`: an account file becomes templates in a directory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use stacks::{Template, parallel};

use crate::{
    cli::{Format, Generate},
    commands::manifest,
    error::{Error, Exit},
    terminal::Terminal,
};

pub(crate) fn run(args: &Generate, terminal: Terminal) -> Result<Exit, Error> {
    let file = args.file.load(terminal)?;
    let (account, stacks) = (&file.account, &file.synthesize()?);
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
    let mut written = parallel::map(stacks, |stack| {
        let path = out.join(format!("{}.template.{extension}", stack.name));
        write(&path, &text(&stack.template, args.format))?;
        Ok(path)
    })
    .into_iter()
    .collect::<Result<Vec<PathBuf>, Error>>()?;
    let manifest = manifest::manifest(account, stacks, extension);
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

fn text(template: &Template, format: Format) -> String {
    match format {
        Format::Json => template.to_pretty(),
        Format::Yaml => serde_saphyr::to_string(&template.to_json())
            .expect("YAML can say whatever JSON can: texts, numbers, lists and maps"),
    }
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
