//! Answering: what a mode says, by itself or as the words have it.

use std::rc::Rc;

use crate::cli::args::Args;
use crate::cli::usage::Usage;
use crate::plan::Answer;
use crate::session::{Script, Template, unescape};

/// What answers the peers; none where stdin does.
pub(super) fn answer(args: &Args) -> Result<Option<Answer>, Usage> {
    let said = &args.answering;
    let Some((mode, value)) = &said.chosen.0 else {
        return Ok(None);
    };
    let (text, flag) = (value.as_deref().unwrap_or(mode.text), mode.flag);
    let text = Template::parse(text).map_err(|why| format!("--{flag} '{text}': {why}"))?;
    let greeting = said.greeting.as_deref().unwrap_or(mode.greeting);
    let greeting = unescape(greeting).map_err(|why| format!("--greeting '{greeting}': {why}"))?;
    let stop = args.ends.stop.as_deref().or(mode.stop).map(|word| word.as_bytes().into());
    let script = Script { greeting, text, stop, delay: said.delay.unwrap_or_default() };
    Ok(Some(Answer { mode, script: Rc::new(script), rate: args.probing.rate }))
}
