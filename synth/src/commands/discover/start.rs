//! Where `synth discover` begins: with the file that is there, or with the first lines of a new one.

use super::Request;
use crate::{
    aws::Region,
    commands::{Session, account_file::LoadedFile},
    config::{self, Account, Context},
    discover::yaml,
    error::Error,
    lookup::{calls::TOPICS, list, suggest::some_of},
    package::host_architecture,
};

/// The file to complete, and where to look.
pub(super) struct Start {
    pub(super) text: String,
    pub(super) account: Account,
    pub(super) regions: Vec<Region>,
    pub(super) is_new: bool,
}

pub(super) fn context(request: &Request) -> Context<'_> {
    Context {
        file_stem: request.file_stem.as_deref(),
        host: host_architecture(),
    }
}

pub(super) async fn start(session: &Session, request: &Request) -> Result<Start, Error> {
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
