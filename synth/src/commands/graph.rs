//! `synth graph`: what an account file leads to, as a picture.

use crate::{
    cli::{Graph, Picture},
    error::{Error, Exit},
    graph::{graph, mermaid, svg},
    terminal::Terminal,
};

pub(crate) fn run(args: &Graph, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?.account;
    let id = account.account_id.as_deref();
    let graph = graph(&account.monitor, id, &account.regions);
    let text = match args.format {
        Picture::Mermaid => mermaid(&graph),
        Picture::Svg => svg(&graph),
    };
    terminal.data(text.trim_end());
    Ok(Exit::Done)
}
