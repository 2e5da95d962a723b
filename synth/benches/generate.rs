//! How long it takes to generate templates, and how that grows.
//!
//! Run by `make bench`. Times depend on the machine; what counts is the last column, which says what
//! a cluster costs in a large account against a small one.

#![expect(clippy::print_stdout, reason = "a report")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark ends where something is wrong"
)]

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use stacks::{monitor::Architecture, parallel};
use synth::config::{self, Context};

/// Alarms of a cluster, beside two on a service.
const ALARMS: usize = 10;
/// The shortest of so many runs: what the machine can do when it does nothing else.
const RUNS: usize = 7;

/// An account file with so many clusters.
fn account(clusters: usize) -> String {
    let shards = clusters * (ALARMS + 2) / 300 + 1;
    let mut text = format!(
        "name: bench\naccount: \"111122223333\"\nregions: [eu-central-1]\nops-topic: ops\n\
         alarm-shards: {shards}\nclusters:\n"
    );
    for cluster in 0..clusters {
        let _ = writeln!(
            text,
            "  - name: cluster-{cluster}\n    services:\n      api: [cpu > 80 for 10 minutes, \
             memory > 90 for 10 minutes]"
        );
    }
    text.push_str("alarms:\n");
    for alarm in 0..clusters * ALARMS {
        let _ = writeln!(
            text,
            "  - name: alarm-{alarm}\n    description: More server errors than the error budget \
             allows.\n    metric: AWS/ApplicationELB HTTPCode_Target_5XX_Count\n    dimensions:\n      \
             LoadBalancer: app/lb-{alarm}/50dc6c495c0c9188\n    statistic: Sum\n    when: \"> 25 for \
             3 of 5 minutes\"\n    missing-data: not-breaching"
        );
    }
    text
}

fn shortest<T>(run: impl Fn() -> T) -> (Duration, T) {
    (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            let result = run();
            (start.elapsed(), result)
        })
        .min_by_key(|(time, _)| *time)
        .unwrap()
}

/// From the text of an account file to the bytes of its templates.
fn in_process(text: &str) -> usize {
    let context = Context {
        file_stem: None,
        host: Architecture::Arm64,
    };
    let (account, _) = config::parse(text, context);
    let stacks = account.unwrap().synthesize().unwrap();
    parallel::map(&stacks, |it| it.template.to_pretty().len())
        .into_iter()
        .sum()
}

/// `synth generate` as a user runs it; its peak of memory, in MB, where the system tells.
fn whole_process(dir: &Path) -> f64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_synth"))
        .args(["generate", "--account", "bench"])
        .current_dir(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let peak = watch(&mut child);
    assert!(child.wait().unwrap().success());
    peak
}

/// Reads the peak again and again until the process is gone.
fn watch(child: &mut Child) -> f64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak: f64 = 0.0;
    while child.try_wait().unwrap().is_none() {
        let now = fs::read_to_string(&status).unwrap_or_default();
        let kilobytes = now
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|it| it.trim().trim_end_matches(" kB").parse::<f64>().ok());
        peak = peak.max(kilobytes.unwrap_or_default() / 1e3);
    }
    peak
}

fn main() {
    println!(
        "{:>8} {:>8} {:>9} {:>12} {:>12} {:>8} {:>16}",
        "clusters", "alarms", "kB", "library, ms", "process, ms", "MB", "us per cluster"
    );
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("accounts")).unwrap();
    for clusters in [1, 10, 100, 1_000] {
        let text = account(clusters);
        fs::write(dir.path().join("accounts/bench.yaml"), &text).unwrap();
        let (library, bytes) = shortest(|| in_process(&text));
        let (process, peak) = shortest(|| whole_process(dir.path()));
        #[expect(clippy::cast_precision_loss, reason = "a report")]
        let per_cluster = process.as_secs_f64() * 1e6 / clusters as f64;
        println!(
            "{clusters:>8} {:>8} {:>9} {:>12.2} {:>12.2} {peak:>8.1} {per_cluster:>16.1}",
            clusters * (ALARMS + 2),
            bytes / 1_000,
            library.as_secs_f64() * 1e3,
            process.as_secs_f64() * 1e3,
        );
    }
}
