//! `synth discover`: writes or completes an account file by what is in the account.

mod show;
mod start;

use std::{
    fs,
    path::{Path, PathBuf},
};

use contract::Partition;
use futures_util::future::join_all;

use self::{
    show::{by_reason, say_unread, show, to_json},
    start::{Start, context, start},
};
use super::forecast;
use crate::{
    aws::Region,
    cli::Discover,
    commands::Session,
    config::{AGENT_REGIONS, Account},
    discover::{Findings, Gap, Inventory, Kind, completed, gaps, read},
    error::{Error, Exit},
    lookup::{Unread, calls::SPACES},
};

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
    /// Whether what is found is one document, and nobody is asked.
    pub json: bool,
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
        json: args.json,
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
    let findings = find(session, request, &account, &regions).await?;
    let unread = by_reason(&findings);
    say_unread(terminal, &unread);
    let inventories: Vec<Inventory> = findings.into_iter().map(|it| it.inventory).collect();
    let mut gaps = gaps(&account, &inventories);
    let found = gaps.clone();
    let say_found = |written, report: Option<&forecast::Report>| {
        if request.json {
            let json = to_json(&regions, &found, &unread, written, report);
            terminal.data(&format!("{json:#}"));
        }
    };
    if gaps.is_empty() {
        say_found(false, None);
        let kinds: Vec<&str> = request.kinds.iter().map(|it| it.what()).collect();
        return Err(Error::Incomplete(kinds.join(", ")));
    }
    if !request.json {
        for gap in &gaps {
            show(terminal, gap);
        }
    }
    let is_complete = |gaps: &[Gap]| gaps.iter().all(|it| it.entries.is_empty());
    if request.check {
        say_found(false, None);
        let watched: Vec<Gap> = gaps.into_iter().filter(|it| it.kind.is_watched()).collect();
        let has_all = is_complete(&watched) && watched.iter().all(|it| it.left.is_empty());
        return Ok(if has_all {
            Exit::Done
        } else {
            Exit::Differences
        });
    }
    if terminal.interactive && !request.yes && !request.json {
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
    let writes = is_new || !is_complete(&gaps);
    let account = if writes {
        let path = &request.path;
        let new = completed(&text, &gaps, &inventories, context(request));
        let Some((new, account)) = new else {
            say_found(false, None);
            return Err(Error::NotCompleted { path: path.clone() });
        };
        write(path, &new)?;
        let verb = if is_new { "wrote" } else { "completed" };
        terminal.say(&format!("{verb} {}; next: synth diff", path.display()));
        account
    } else {
        terminal.say("nothing to add");
        account
    };
    // Of a part of what is watched it would say too little.
    let report = if request.days > 0 && request.kinds == Kind::ALL {
        forecast::report(session, &account, &regions, &inventories, request.days).await
    } else {
        Ok(None)
    };
    say_found(writes, report.as_ref().ok().and_then(Option::as_ref));
    if let Some(report) = report?.filter(|_| !request.json) {
        for line in report.lines() {
            terminal.data(&line);
        }
    }
    Ok(Exit::Done)
}

/// Reads the regions, and where the agent space is in none of them, those in which it may be.
async fn find(
    session: &Session,
    request: &Request,
    account: &Account,
    regions: &[Region],
) -> Result<Vec<Findings>, Error> {
    let all = async {
        let in_regions = regions.iter().map(|it| read(it, &request.kinds));
        let mut findings = join_all(in_regions).await;
        let looks_elsewhere = request.kinds.contains(&Kind::Spaces)
            && request.regions.is_empty()
            && !account.regions.is_empty()
            && account.monitor.agent.is_none()
            && findings.iter().all(|it| it.has_none(Kind::Spaces));
        if let Some(first) = regions.first().filter(|_| looks_elsewhere) {
            let partition = |region: &str| Partition::of_any_region(region).name;
            let others = AGENT_REGIONS.iter().filter(|name| {
                partition(name) == partition(first.name())
                    && !regions.iter().any(|it| it.name() == **name)
            });
            let others = others.map(|name| spaces_in(session, account, first, name));
            findings.extend(join_all(others).await);
        }
        Ok::<_, Error>(findings)
    };
    session.unless_stopped(all).await
}

/// The agent spaces of a region that is not watched.
async fn spaces_in(session: &Session, account: &Account, first: &Region, name: &str) -> Findings {
    let link = session.link.with(&account.access);
    match first.unwatched(&link, name).await {
        Ok(region) => read(&region, &[Kind::Spaces]).await,
        Err(error) => Findings {
            inventory: Inventory {
                region: name.to_owned(),
                ..Inventory::default()
            },
            unread: vec![(Kind::Spaces, Unread::of(&SPACES, &error))],
        },
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
