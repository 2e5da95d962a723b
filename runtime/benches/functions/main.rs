//! What the functions cost: how many instructions, how much time and memory, how large a zip.
//!
//! Run by `make bench`, which packages them before. What is measured is in the zips, but for the rows
//! over TLS: a function trusts the roots of the web and no authority of this machine, and must not be
//! told otherwise. There this benchmark's own binary plays the function, with the same code and an
//! authority of its own. Times and memory depend on the machine; counts of instructions hardly do.

#![expect(clippy::print_stdout, reason = "a report")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark ends where something is wrong"
)]

mod events;
mod lambda;
mod large_account;
mod ledger;
mod measure;
mod outside;
mod play;
mod serve;
mod table;

use std::{
    env,
    fs::{self, File, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::ExitCode,
    time::Duration,
};

use zip::ZipArchive;

use crate::{
    events::{event, full_batch, largest_event},
    lambda::Program,
    measure::{Figures, Pace, has_valgrind, measure, peak_memory},
    outside::Outside,
    serve::Authority,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    if let [_, play, function, authority] = arguments.as_slice()
        && play == play::PLAY
    {
        return play::play(function, Path::new(authority));
    }
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            if arguments.iter().any(|it| it == LARGE_ACCOUNT) {
                large_account::report(tempfile::tempdir().unwrap().path()).await;
            } else {
                report().await;
            }
        });
    ExitCode::SUCCESS
}

/// The argument with which only the cost report of a large account is measured.
const LARGE_ACCOUNT: &str = "large-account";

/// The functions that are packaged.
const FUNCTIONS: [&str; 6] = ["alarm", "ecs", "event", "cost", "deliver", "result"];

/// `deliver` waits between posts: an event that comes sooner would measure that.
const BETWEEN_POSTS: Duration = Duration::from_millis(1_010);

const LEGEND: &str = "
Instructions are in millions and counted by callgrind: from the start of the process to its first poll
and to the end of its first event, and for an event after that. CPU is the time on a processor to the
end of the first event, p50 is from a later event to its answer, and peak is of memory, with one small
event after the other.
";

const OVER_TLS: &str = "
Over TLS, played by this benchmark's own binary: the code is the same and trusts another authority. It is
linked to this machine's C library and not optimized as a whole, so it starts slower than what is deployed.
";

async fn report() {
    let scratch = tempfile::tempdir().unwrap();
    let plain = Outside::listen(None, None).await.environment();
    println!("{LEGEND}");
    cells([
        "", "zip kB", "poll", "first", "warm", "CPU ms", "p50 us", "peak MB",
    ]);
    cells(["aim", "1700", "0.50", "", "0.50", "", "", "6.0"]);
    for function in FUNCTIONS {
        let (program, zip) = unzip(function, &plain, scratch.path());
        let figures = figures(&program, function, scratch.path()).await;
        row(function, Some(zip), &figures);
    }
    let (deliver, _) = unzip("deliver", &plain, scratch.path());
    let peak = peak_memory(&deliver, &full_batch()).await;
    cells(["deliver, 6 MB", "", "", "", "", "", "", &shown(peak, 1)]);

    let (event, _) = unzip("event", &plain, scratch.path());
    let peak = peak_memory(&event, &largest_event()).await;
    cells(["event, 1 MB", "", "", "", "", "", "", &shown(peak, 1)]);

    ledger::report(scratch.path()).await;
    large_account::report(scratch.path()).await;

    let authority = Authority::new();
    let certificate = scratch.path().join("authority.der");
    fs::write(&certificate, authority.certificate()).unwrap();
    let mixed = Outside::listen(None, Some(authority.server())).await;
    let tls = Outside::listen(Some(authority.server()), Some(authority.server())).await;
    println!("{OVER_TLS}");
    for (name, function, outside, aim) in [
        ("alarm", "alarm", &tls, "5.00"),
        ("ecs", "ecs", &tls, "5.00"),
        ("event", "event", &tls, "5.00"),
        ("deliver, AWS plain", "deliver", &mixed, "5.00"),
        ("deliver", "deliver", &tls, "8.00"),
    ] {
        let arguments = [play::PLAY, function, &certificate.to_string_lossy()];
        let program = Program {
            path: env::current_exe().unwrap(),
            arguments: arguments.map(str::to_owned).into(),
            environment: outside.environment(),
        };
        let figures = figures(&program, function, scratch.path()).await;
        row(name, None, &figures);
        cells(["  aim", "", "", aim, "", "", "", ""]);
    }
    if !has_valgrind() {
        println!("\nvalgrind is not installed, so nothing is counted: apt install valgrind");
    }
}

fn cells(cells: [&str; 8]) {
    let [name, rest @ ..] = cells;
    print!("{name:<20}");
    for cell in rest {
        print!(" {cell:>8}");
    }
    println!();
}

async fn figures(program: &Program, function: &str, scratch: &Path) -> Figures {
    let pace = match function {
        "deliver" => Pace {
            events: 25,
            pause: BETWEEN_POSTS,
        },
        _ => Pace {
            events: 300,
            pause: Duration::ZERO,
        },
    };
    measure(program, &event(function), pace, scratch).await
}

fn row(name: &str, zip: Option<u64>, figures: &Figures) {
    cells([
        name,
        &zip.map_or_else(String::new, |bytes| (bytes / 1_000).to_string()),
        &millions(figures.first_poll),
        &millions(figures.first_event),
        &millions(figures.warm),
        &shown(figures.cpu.map(|it| it.as_secs_f64() * 1e3), 2),
        &format!("{:.0}", figures.p50.as_secs_f64() * 1e6),
        &shown(figures.peak_memory, 1),
    ]);
}

#[expect(clippy::cast_precision_loss, reason = "a report")]
fn millions(count: Option<u64>) -> String {
    shown(count.map(|it| it as f64 / 1e6), 2)
}

fn shown(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |it| format!("{it:.decimals$}"))
}

/// What is in a function's zip, ready to run; and the size of the zip in bytes.
pub(crate) fn unzip(
    function: &str,
    environment: &[(String, String)],
    scratch: &Path,
) -> (Program, u64) {
    let architecture = match env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let zip = root.join(format!("target/functions/{architecture}/{function}.zip"));
    let file = File::open(&zip).unwrap();
    let size = file.metadata().unwrap().len();
    let path = scratch.join(function);
    let mut archive = ZipArchive::new(file).unwrap();
    let mut code = archive.by_name("bootstrap").unwrap();
    io::copy(&mut code, &mut File::create(&path).unwrap()).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    let program = Program {
        path,
        arguments: Vec::new(),
        environment: environment.to_vec(),
    };
    (program, size)
}
