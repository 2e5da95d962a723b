//! `synth redrive`: shows what is in the dead letters, and sends it back the way it came.

use contract::Output;
use stacks::Json;

use crate::{
    aws::Region,
    cli::Redrive,
    commands::connect,
    config::Account,
    deploy::{DeployError, deployed},
    error::{Error, Exit},
    redrive::{
        AwsPorts, Look, Places, Report, Selection, Stack, carry_out, give_back, is_called, take,
    },
    terminal::{Progress, Stop, Terminal},
};

pub(crate) async fn run(args: &Redrive, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?.account;
    let selection = Selection {
        kinds: args.only.clone(),
        ids: args.id.clone(),
    };
    let stop = Stop::on_signal();
    let mut places = Vec::new();
    let regions = tokio::select! {
        regions = connect(&account, terminal) => regions?,
        () = stop.given() => return Err(Error::Interrupted),
    };
    for region in regions {
        places.push(Place::of(&region, &account, &stop).await?);
    }

    let mut looks = look(&places, &selection, terminal).await?;
    let count: usize = looks.iter().map(Look::count).sum();
    let only_shown = args.dry_run || count == 0;
    if only_shown || stop.is_given() || !args.yes {
        release(&places, &looks, terminal).await;
    }
    if stop.is_given() {
        terminal.say("stopped: everything is as it was");
        return Ok(Exit::Failed);
    }
    if only_shown {
        let reports = looks.into_iter().map(Look::foreseen).collect();
        return Ok(show(reports, args, terminal));
    }
    if !args.yes {
        let seen: Vec<Report> = looks.into_iter().map(Look::foreseen).collect();
        for line in seen.iter().flat_map(Report::lines) {
            terminal.say(&line);
        }
        let question =
            format!("Redrive {count}? Every incident among them may cost an investigation.");
        if !terminal.confirm_unless_stopped(question, &stop).await? {
            return Ok(Exit::Declined);
        }
        // A person may take longer to answer than messages should be hidden.
        looks = look(&places, &selection, terminal).await?;
        for (look, seen) in looks.iter_mut().zip(seen) {
            look.narrow(seen);
        }
    }

    let mut reports = Vec::new();
    for (place, look) in places.iter().zip(looks) {
        let mut progress = Progress::new(terminal, format!("{}: redriven", place.region));
        let redriven = carry_out(&place.ports, &look.held, |done, total| {
            progress.show(done, total);
        });
        let dispositions = redriven.await;
        progress.end();
        reports.push(look.report(dispositions));
    }
    let exit = show(reports, args, terminal);
    if stop.is_given() {
        terminal.say("stopped: what was not redriven is as it was");
        return Ok(Exit::Failed);
    }
    Ok(exit)
}

/// A region, as far as dead letters are concerned.
struct Place {
    region: String,
    ports: AwsPorts,
    stack: Stack,
}

impl Place {
    async fn of(region: &Region, account: &Account, stop: &Stop) -> Result<Self, Error> {
        let monitor = &account.monitor;
        let core = monitor.stack.as_str();
        let deployed = deployed(region, core).await?;
        let of = |name: Output| {
            deployed
                .output(name)
                .map(str::to_owned)
                .ok_or_else(|| DeployError::NotDeployed {
                    stack: core.to_owned(),
                    region: region.name().to_owned(),
                })
        };
        let places = Places {
            dead_letters: of(Output::DeadLettersUrl)?,
            incidents: of(Output::IncidentsUrl)?,
            failed_events: of(Output::FailedEventsBucket).ok(),
            role: of(Output::RedriveRoleArn).ok(),
        };
        Ok(Self {
            region: region.name().to_owned(),
            ports: AwsPorts::new(&region.aws, places, stop.clone()),
            stack: Stack::new(monitor, &deployed.outputs),
        })
    }
}

/// Takes the dead letters of every region, and plans for them. Where one region fails, those of the
/// others are given back.
async fn look(
    places: &[Place],
    selection: &Selection,
    terminal: Terminal,
) -> Result<Vec<Look>, Error> {
    let mut looks = Vec::new();
    for place in places {
        let mut progress = Progress::new(terminal, format!("{}: read", place.region));
        let taken = take(&place.ports, |done, total| progress.show(done, total)).await;
        progress.end();
        match taken {
            Ok(taken) => looks.push(Look::new(&place.region, taken, selection, &place.stack)),
            Err(error) => {
                release(places, &looks, terminal).await;
                return Err(error.into());
            }
        }
    }
    Ok(looks)
}

/// Gives back what was taken.
async fn release(places: &[Place], looks: &[Look], terminal: Terminal) {
    for (place, look) in places.iter().zip(looks) {
        let hidden = give_back(&place.ports, look.receipts()).await;
        if hidden > 0 {
            terminal.say(&format!(
                "{}: {hidden} dead letters could not be given back: they show again in 15 minutes",
                place.region
            ));
        }
    }
}

/// Prints the reports, and says which IDs nothing goes by.
fn show(reports: Vec<Report>, args: &Redrive, terminal: Terminal) -> Exit {
    if args.json {
        let all: Vec<Json> = reports.iter().map(Report::to_json).collect();
        terminal.data(&format!("{:#}", Json::Array(all)));
    } else {
        for line in reports.iter().flat_map(Report::lines) {
            terminal.data(&line);
        }
    }
    let mut is_clean = reports.iter().all(Report::is_clean);
    for id in &args.id {
        let mut letters = reports.iter().flat_map(|it| &it.letters);
        if !letters.any(|(letter, _)| is_called(letter, id)) {
            terminal.say(&format!("no dead letter has the ID `{id}`"));
            is_clean = false;
        }
    }
    if is_clean { Exit::Done } else { Exit::Failed }
}
