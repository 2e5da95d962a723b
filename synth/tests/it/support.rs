//! Runs the binary.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// The workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// A run of `synth`, in a directory of its own, with nothing of this machine's environment.
pub(crate) struct Run {
    command: Command,
    input: String,
    /// Removed when the run is over.
    directory: Option<TempDir>,
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Runs with these arguments in a new, empty directory.
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let mut run = Self::inside(directory.path(), arguments);
        run.directory = Some(directory);
        run
    }

    /// Runs with these arguments in a directory.
    pub(crate) fn inside(directory: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_synth"));
        command
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", directory)
            // Without this the SDK would ask the network for credentials.
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            command,
            input: String::new(),
            directory: None,
        }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// What the run reads from standard input.
    pub(crate) fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    /// Starts it, for a test that reads along.
    pub(crate) fn start(mut self) -> Child {
        self.command.spawn().unwrap()
    }

    pub(crate) fn end(mut self) -> Ended {
        let mut child = self.command.spawn().unwrap();
        // A run that does not read is no mistake of the test.
        drop(child.stdin.take().unwrap().write_all(self.input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        drop(self.directory);
        Ended {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// Sees that the run ended with `code`.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Checks that this was printed for a person.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "`{text}` is not in:\n{}",
            self.stderr
        );
        self
    }

    /// Sees that the data holds this.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text),
            "`{text}` is not in:\n{}",
            self.stdout
        );
        self
    }
}

/// A directory with one account file in `accounts/` and, if they are built, the functions.
pub(crate) fn project(name: &str, account: &str) -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::create_dir(directory.path().join("accounts")).unwrap();
    fs::write(
        directory
            .path()
            .join("accounts")
            .join(format!("{name}.yaml")),
        account,
    )
    .unwrap();
    directory
}

/// Lets a project use the functions that the workspace has built for this machine.
pub(crate) fn link_functions(directory: &Path) {
    fs::create_dir_all(directory.join("target")).unwrap();
    let target = directory.join("target/functions");
    std::os::unix::fs::symlink(root().join("target/functions"), target).unwrap();
}

/// Whether what the end-to-end tests need is there. It is a dependency like any other: `make test`
/// fetches it, and in CI its absence is a failure.
#[expect(clippy::disallowed_methods, reason = "CI's own switch")]
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
pub(crate) fn local_aws() -> Option<PathBuf> {
    let environment = root().join("target/local-aws");
    let functions = root().join("target/functions");
    if environment.join("bin/python").exists() && functions.exists() {
        return Some(environment);
    }
    let missing = "the local AWS or the functions are not there: run `make test`";
    assert!(std::env::var("CI").is_err(), "{missing}");
    eprintln!("skipped: {missing}");
    None
}
