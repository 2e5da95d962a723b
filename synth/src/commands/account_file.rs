//! The account file that a command is about.

use std::path::{Path, PathBuf};

use serde_json::json;
use stacks::{Json, Stack};

use crate::{
    cli::AccountFile,
    config::{self, Account, Context, Diagnostic},
    diff::name_of,
    error::Error,
    package::host_architecture,
    terminal::Terminal,
};

/// An account file that can be used, with the text that its problems point into.
#[derive(Debug)]
pub struct LoadedFile {
    /// What the file says.
    pub account: Account,
    path: PathBuf,
    text: String,
}

impl LoadedFile {
    /// Reads an account file. `file_stem` is the file's name without directory and extension, where the account
    /// goes by it. Beside the file there are the warnings about it.
    ///
    /// # Errors
    ///
    /// Returns [`Error::File`] if the file cannot be read, and [`Error::AccountFile`] with every mistake in it if
    /// it cannot be used.
    pub fn read(path: PathBuf, file_stem: Option<&str>) -> Result<(Self, Vec<Diagnostic>), Error> {
        let text = std::fs::read_to_string(&path).map_err(|source| Error::File {
            action: "read",
            path: path.clone(),
            source,
        })?;
        let context = Context {
            file_stem,
            host: host_architecture(),
        };
        match config::parse(&text, context) {
            (Some(account), warnings) => Ok((
                Self {
                    account,
                    path,
                    text,
                },
                warnings,
            )),
            (None, diagnostics) => Err(Error::AccountFile {
                path,
                text,
                diagnostics,
            }),
        }
    }

    /// The text of the file, and what it says.
    pub(super) fn into_parts(self) -> (String, Account) {
        (self.text, self.account)
    }

    /// An error unless the file says which account it is for: what is deployed elsewhere is deployed by accident.
    pub(crate) fn require_account(&self) -> Result<(), Error> {
        let Some(diagnostic) = self.account.without_account_id() else {
            return Ok(());
        };
        Err(Error::AccountFile {
            path: self.path.clone(),
            text: self.text.clone(),
            diagnostics: vec![diagnostic],
        })
    }

    /// Shows something about the file at its place.
    pub(super) fn say(&self, diagnostic: &Diagnostic, terminal: Terminal) {
        let shown = diagnostic.render(&self.path.to_string_lossy(), &self.text, terminal.color);
        terminal.say(&format!("{shown}\n"));
    }

    /// Something about the file, for a program.
    pub(super) fn to_json(&self, diagnostic: &Diagnostic) -> Json {
        json!({
            "line": self.line(diagnostic.start()),
            "what": diagnostic.message(),
            "hint": diagnostic.hint_text(),
        })
    }

    /// The line that a byte of the file is in, from 1.
    fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    /// The error that names of the file are not in the account.
    pub(super) fn not_there(&self, missing: Vec<Diagnostic>) -> Error {
        Error::NotThere {
            path: self.path.clone(),
            text: self.text.clone(),
            diagnostics: missing.into_iter().map(Diagnostic::into_error).collect(),
        }
    }

    /// What a resource of a template is called, and the line of the file that it comes from, as far as that is known.
    pub fn origin(&self, template: &Json, id: &str) -> Option<String> {
        let resource = &template["Resources"][id];
        let name = name_of(resource);
        let span = self.account.span_of_resource(resource);
        let line = span.map(|span| format!("{}:{}", self.path.display(), self.line(span.start)));
        match (name, line) {
            (Some(name), Some(line)) => Some(format!("`{name}`, {line}")),
            (Some(name), None) => Some(format!("`{name}`")),
            (None, line) => line,
        }
    }

    /// The templates that the account file becomes, in the order in which they are deployed.
    ///
    /// # Errors
    ///
    /// Returns [`Error::AccountFile`] with every quota of AWS that the file is over.
    pub fn synthesize(&self) -> Result<Vec<Stack>, Error> {
        self.account
            .synthesize()
            .map_err(|diagnostics| Error::AccountFile {
                path: self.path.clone(),
                text: self.text.clone(),
                diagnostics,
            })
    }
}

impl AccountFile {
    pub(super) fn path(&self) -> PathBuf {
        match (&self.config, &self.account) {
            (Some(path), _) => path.clone(),
            (None, Some(name)) => Path::new("accounts").join(format!("{name}.yaml")),
            (None, None) => PathBuf::new(),
        }
    }

    /// Reads the account file, and says what is worth knowing about it.
    pub(super) fn load(&self, terminal: Terminal) -> Result<LoadedFile, Error> {
        let (file, warnings) = LoadedFile::read(self.path(), self.account.as_deref())?;
        for warning in &warnings {
            file.say(warning, terminal);
        }
        Ok(file)
    }
}
