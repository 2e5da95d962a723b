//! `synth price`: what a stack costs a month by itself, and what its budget bounds.

use crate::{
    cli::{AccountFile, Price},
    error::{Error, Exit},
    price::Estimate,
    terminal::Terminal,
};

pub(super) fn run(args: &Price, file: &AccountFile, terminal: Terminal) -> Result<Exit, Error> {
    let file = file.load(terminal)?;
    let stacks = file.synthesize()?;
    let account = &file.account;
    let regions = &account.regions;
    let estimate = Estimate::of(&account.monitor, &stacks, regions, args.events_per_day);
    if args.json {
        terminal.data(&format!("{:#}", estimate.to_json()));
    } else {
        for line in estimate.text() {
            terminal.data(&line);
        }
    }
    Ok(Exit::Done)
}
