//! The flags of answering; those of the modes are made from their table.

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Args as Group, Command, FromArgMatches};

use crate::session::{MODES, Mode};
use crate::value::duration;

/// Answering.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Answering (with -l)")]
pub struct Answering {
    /// Which mode.
    #[command(flatten)]
    pub chosen: Chosen,

    /// Say TEXT to each peer that connects
    #[arg(long, value_name = "TEXT")]
    pub greeting: Option<String>,

    /// Think for T before each answer
    #[arg(long, value_name = "T", value_parser = duration::parse, allow_negative_numbers = true)]
    pub delay: Option<Duration>,
}

impl Answering {
    /// The mode; none where stdin answers.
    pub fn mode(&self) -> Option<&'static Mode> {
        self.chosen.0.as_ref().map(|(mode, _)| *mode)
    }
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
