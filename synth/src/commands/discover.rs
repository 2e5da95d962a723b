//! `synth discover`: writes or completes an account file by what is in the account.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use futures_util::future::join_all;

use super::{account_file::LoadedFile, forecast};
use crate::{
    aws::Region,
    cli::Discover,
    commands::Session,
    config::{self, Account, Context},
    discover::{AUTOSCALING, Findings, Gap, Inventory, Kind, completed, gaps, read, yaml},
    error::{Error, Exit},
    lookup::{calls::TOPICS, list, suggest::some_of},
    package::host_architecture,
};

/// Entries that are shown of a kind, at most.
const SHOWN: usize = 30;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The account file.
    pub path: PathBuf,
    /// Its name without directory and extension, where the account goes by it.
    pub file_stem: Option<String>,
    /// The regions to look at; empty for those of the file.
    pub regions: Vec<String>,
    /// What to look for.
    pub kinds: Vec<Kind>,
    /// Whether nothing is written.
    pub check: bool,
    /// Whether nobody is asked.
    pub yes: bool,
    /// Of how many days before it is said what they would have been.
    pub days: u8,
}

pub(super) async fn run(args: &Discover, session: &Session) -> Result<Exit, Error> {
    let kinds = if args.only.is_empty() {
        Kind::ALL.to_vec()
    } else {
        let mut kinds = args.only.clone();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    };
    let request = Request {
        path: args.file.path(),
        file_stem: args.file.account.clone(),
        regions: args.region.clone(),
        kinds,
        check: args.check,
        yes: args.yes,
        days: args.days,
    };
    discover(session, &request).await
}

/// Looks at the account, shows what the file lacks, and adds it.
///
/// # Errors
///
/// Returns an [`Error`] if the account file cannot be read, written or completed, if the credentials are refused,
/// if nothing of the account could be read, or if the run is stopped.
pub async fn discover(session: &Session, request: &Request) -> Result<Exit, Error> {
    let terminal = session.terminal;
    let Start {
        text,
        account,
        regions,
        is_new,
    } = start(session, request).await?;
    let read_all = async {
        let in_regions = regions.iter().map(|it| read(it, &request.kinds));
        Ok::<_, Error>(join_all(in_regions).await)
    };
    let findings = session.unless_stopped(read_all).await?;
    say_unread(session, &findings);
    let inventories: Vec<Inventory> = findings.into_iter().map(|it| it.inventory).collect();
    let mut gaps = gaps(&account, &inventories);
    if gaps.is_empty() {
        let kinds: Vec<&str> = request.kinds.iter().map(|it| it.what()).collect();
        return Err(Error::Incomplete(kinds.join(", ")));
    }
    for gap in &gaps {
        show(session, gap);
    }
    let is_complete = |gaps: &[Gap]| gaps.iter().all(|it| it.entries.is_empty());
    if request.check {
        let has_all = is_complete(&gaps) && gaps.iter().all(|it| it.left.is_empty());
        return Ok(if has_all {
            Exit::Done
        } else {
            Exit::Differences
        });
    }
    if terminal.interactive && !request.yes {
        for gap in gaps.iter_mut().filter(|it| !it.entries.is_empty()) {
            let question = format!("Add these {} to the file?", gap.kind.what());
            if !terminal
                .confirm_unless_stopped(question, &session.stop)
                .await?
            {
                gap.entries.clear();
            }
        }
    }
    let account = if is_complete(&gaps) && !is_new {
        terminal.say("nothing to add");
        account
    } else {
        let path = &request.path;
        let new = completed(&text, &gaps, &inventories, context(request));
        let (new, account) = new.ok_or_else(|| Error::NotCompleted { path: path.clone() })?;
        write(path, &new)?;
        let verb = if is_new { "wrote" } else { "completed" };
        terminal.say(&format!("{verb} {}; next: synth diff", path.display()));
        account
    };
    // Of a part of what is watched it would say too little.
    if request.days > 0 && request.kinds == Kind::ALL {
        forecast::say(session, &account, &regions, &inventories, request.days).await?;
    }
    Ok(Exit::Done)
}

/// The file to complete, and where to look.
struct Start {
    text: String,
    account: Account,
    regions: Vec<Region>,
    is_new: bool,
}

fn context(request: &Request) -> Context<'_> {
    Context {
        file_stem: request.file_stem.as_deref(),
        host: host_architecture(),
    }
}

async fn start(session: &Session, request: &Request) -> Result<Start, Error> {
    let path = &request.path;
    if path.exists() {
        let (file, warnings) = LoadedFile::read(path.clone(), request.file_stem.as_deref())?;
        for warning in &warnings {
            file.say(warning, session.terminal);
        }
        let mut regions = session.connect(&file.account).await?;
        if let Some(unknown) = unknown_region(&request.regions, &regions) {
            return Err(Error::Region {
                region: unknown,
                known: regions.iter().map(|it| it.name().to_owned()).collect(),
            });
        }
        regions.retain(|it| {
            request.regions.is_empty() || request.regions.iter().any(|name| name == it.name())
        });
        let (text, account) = file.into_parts();
        return Ok(Start {
            text,
            account,
            regions,
            is_new: false,
        });
    }
    let regions = Region::connect(&session.link, &request.regions, None);
    let regions = session.unless_stopped(regions).await?;
    let topics = async {
        let of_first = regions.first();
        let topics = of_first.map(|it| list(&it.aws, &TOPICS, &[], |_| false));
        Ok::<_, Error>(match topics {
            Some(topics) => topics.await.map(|it| it.names).unwrap_or_default(),
            None => Vec::new(),
        })
    };
    let topics = session.unless_stopped(topics).await?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let text = beginning(&name, &regions, &topics);
    let (account, diagnostics) = config::parse(&text, context(request));
    let account = account.ok_or_else(|| Error::AccountFile {
        path: path.clone(),
        text: text.clone(),
        diagnostics,
    })?;
    Ok(Start {
        text,
        account,
        regions,
        is_new: true,
    })
}

/// The first of these regions that is not connected to.
fn unknown_region(wanted: &[String], regions: &[Region]) -> Option<String> {
    let mut wanted = wanted.iter();
    wanted
        .find(|it| !regions.iter().any(|region| region.name() == *it))
        .cloned()
}

/// How a new file begins. Which topic notifies people nobody can know: some are named.
fn beginning(name: &str, regions: &[Region], topics: &[String]) -> String {
    let account = regions.first().map_or("", |it| &it.account);
    let names: Vec<&str> = regions.iter().map(Region::name).collect();
    let topics = if topics.is_empty() {
        "an SNS topic".to_owned()
    } else {
        format!("an SNS topic, such as one of {}", some_of(topics))
    };
    format!(
        "# What Tocsin watches in the account {account}, as `synth discover` found it. `synth init` writes a file that explains\n\
         # every key.\n\nname: {}\naccount: \"{account}\"\nregions: [{}]\n\n\
         # Who is notified of failures of the pipeline itself: {topics}.\n# ops-topic: NAME\n",
        yaml(name),
        names.join(", ")
    )
}

/// What was not read, a line for each reason.
fn say_unread(session: &Session, findings: &[Findings]) {
    let mut reasons: BTreeMap<(Kind, String), Vec<&str>> = BTreeMap::new();
    for Findings { inventory, unread } in findings {
        for (kind, why) in unread {
            let regions = reasons.entry((*kind, why.reason())).or_default();
            regions.push(&inventory.region);
        }
    }
    for ((kind, why), regions) in reasons {
        let regions = regions.join(", ");
        session
            .terminal
            .say(&format!("not read: {} in {regions}: {why}", kind.what()));
    }
}

/// What is there of a kind, and what of it the file lacks.
fn show(session: &Session, gap: &Gap) {
    let terminal = session.terminal;
    let mut line = format!(
        "{:<10} {} found, {} not watched",
        gap.kind.what(),
        gap.found,
        gap.unwatched
    );
    if gap.of_autoscaling > 0 {
        line = format!(
            "{line}; {} of autoscaling ({AUTOSCALING}*) excluded",
            gap.of_autoscaling
        );
    }
    terminal.data(&line);
    for entry in gap.entries.iter().take(SHOWN) {
        let count = match entry.count {
            0 | 1 => String::new(),
            count => format!("{count:>8}"),
        };
        terminal.data(format!("  + {:<40}{count}", entry.text).trim_end());
    }
    let more = gap.entries.len().saturating_sub(SHOWN);
    if more > 0 {
        terminal.data(&format!("  and {more} more"));
    }
    if !gap.left.is_empty() {
        terminal.data(&format!(
            "  ? {} need an entry that a person decides on: {}",
            gap.left.len(),
            some_of(&gap.left)
        ));
    }
}

/// Writes the whole file or nothing of it.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |action: &'static str, path: &Path| {
        let path = path.to_owned();
        move |source| Error::File {
            action,
            path,
            source,
        }
    };
    if let Some(dir) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(dir).map_err(failed("create", dir))?;
    }
    // A link stays one, and whoever may read the file still may.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut beside = path.clone().into_os_string();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    fs::write(&beside, text).map_err(failed("write", &beside))?;
    if let Ok(metadata) = fs::metadata(path) {
        fs::set_permissions(&beside, metadata.permissions()).map_err(failed("write", &beside))?;
    }
    fs::rename(&beside, path).map_err(failed("write", path))
}
