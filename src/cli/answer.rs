//! The flags of the answering modes, made from their table, and what they mean together.

use std::rc::Rc;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Args as Group, Command, FromArgMatches};

use super::args::Args;
use super::duration;
use super::plan::Answer;
use super::usage::Usage;
use crate::session::{MODES, Mode, Script, Template, unescape};

/// Answering.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Answering (with -l)")]
pub struct Answering {
    /// Which mode.
    #[command(flatten)]
    pub mode: Chosen,

    /// Say TEXT to each peer that connects
    #[arg(long, value_name = "TEXT")]
    pub greeting: Option<String>,

    /// Think for T before each answer
    #[arg(long, value_name = "T", value_parser = duration::parse, allow_negative_numbers = true)]
    pub delay: Option<Duration>,
}

/// The mode chosen, with its flag's value.
#[derive(Clone, Debug, Default)]
pub struct Chosen(pub Option<(&'static Mode, Option<String>)>);

impl Group for Chosen {
    fn augment_args(command: Command) -> Command {
        MODES.iter().fold(command, |command, mode| {
            let arg = Arg::new(mode.flag).long(mode.flag).help(mode.help);
            let others = MODES.iter().map(|other| other.flag).filter(|&other| other != mode.flag);
            let arg = match mode.value {
                Some(name) => arg.action(ArgAction::Set).value_name(name),
                None => arg.action(ArgAction::SetTrue),
            };
            command.arg(arg.conflicts_with_all(others))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Chosen {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut chosen = MODES.iter().filter_map(|mode| match mode.value {
            Some(_) => matches.get_one::<String>(mode.flag).map(|text| (mode, Some(text.clone()))),
            None => matches.get_flag(mode.flag).then_some((mode, None)),
        });
        Ok(Self(chosen.next()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// What answers the peers; none where stdin does.
pub(super) fn answer(args: &Args) -> Result<Option<Answer>, Usage> {
    let Some((mode, value)) = &args.answering.mode.0 else {
        return Ok(None);
    };
    admit(args, mode)?;
    let said = &args.answering;
    let (text, flag) = (value.as_deref().unwrap_or(mode.text), mode.flag);
    let text = Template::parse(text).map_err(|why| format!("--{flag} '{text}': {why}"))?;
    let greeting = said.greeting.as_deref().unwrap_or(mode.greeting);
    let greeting = unescape(greeting).map_err(|why| format!("--greeting '{greeting}': {why}"))?;
    let stop = args.ends.stop.as_deref().or(mode.stop).map(|word| word.as_bytes().into());
    let script = Script { greeting, text, stop, delay: said.delay.unwrap_or_default() };
    Ok(Some(Answer { mode, script: Rc::new(script), rate: args.probing.rate }))
}

/// Refuses what has no meaning beside a mode: all that is about stdin, and about stdout where it is not used.
fn admit(args: &Args, mode: &Mode) -> Result<(), Usage> {
    let (ends, bytes) = (&args.ends, &args.bytes);
    let alien = [
        (ends.shutdown, "-N"),
        (ends.no_shutdown, "--no-shutdown"),
        (ends.quit_after.is_some(), "-q"),
        (ends.send_only, "--send-only"),
        (bytes.interval.is_some(), "-i"),
        (bytes.datagram.is_some(), "--datagram"),
        (args.tell.progress, "--progress"),
        (!mode.shows && bytes.output.is_some(), "-o"),
        (!mode.shows && args.many.label, "--label"),
        (!mode.answers && args.answering.delay.is_some(), "--delay"),
        (args.mode.udp && args.answering.greeting.is_some(), "--greeting"),
    ];
    match alien.iter().find(|(given, _)| *given) {
        Some((_, flag)) if args.mode.udp && *flag == "--greeting" => {
            Err("--greeting has no meaning for datagrams".into())
        }
        Some((_, flag)) => Err(format!("{flag} has no meaning beside --{}", mode.flag).into()),
        None => Ok(()),
    }
}
