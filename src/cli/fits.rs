//! Which flag fits in which case: one table, held against what was typed. A flag fits where it changes something. It
//! fits too where it says what is so anyway (`-n` with `-U`, `-d` with `-z`, `-N` with `-u`): fingers add it by habit.
//! Elsewhere it is refused, since who typed it expects what would not happen. Flags that exclude each other are left to
//! clap (`conflicts_with`), so that the completions know it too.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::args::Args;
use super::foreign;
use super::usage::Usage;
use crate::session::MODES;
use Case::*;

/// What a run can be, as far as a flag depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Listen,
    UnixListen,
    /// Many peers.
    Crowd,
    Answer,
    UdpAnswer,
    /// A mode answers that leaves stdout alone.
    ShowsNothing,
    /// A mode only listens to its peers.
    AnswersNothing,
    Probe,
    UdpProbe,
    UnixProbe,
    Http,
    Udp,
    Unix,
}

/// Flags; the cases of which there must be one; the cases of which there must be none.
type Row = (&'static str, &'static [Case], &'static [Case]);

/// Every flag, but those of the modes that answer.
const TABLE: [Row; 29] = [
    ("-l -z --http -n -w --connect-timeout --deadline --rcvbuf --sndbuf", &[], &[]),
    ("-v --quiet -D -j --color -h -V", &[], &[]),
    ("-u -U", &[], &[Http]),
    ("-4 -6 -p -I --ttl --tos", &[], &[Unix]),
    ("-s", &[], &[UnixListen]),
    ("-b", &[Udp], &[Unix, Http]),
    ("--keepalive", &[], &[Udp, Unix, Probe]),
    // Listening.
    ("-k --accept-timeout", &[Listen], &[]),
    ("--port-file", &[Listen], &[Unix]),
    ("--accept", &[Listen], &[Udp]),
    ("-m", &[Crowd], &[Udp]),
    ("--max-conns-per-host", &[Crowd], &[Udp, Unix]),
    ("--label", &[Listen], &[ShowsNothing]),
    ("--greeting", &[Answer], &[Udp]),
    ("--delay", &[Answer], &[AnswersNothing]),
    // Relaying bytes, and what answers or asks instead.
    ("-d", &[], &[Http]),
    ("-N --no-shutdown -q --send-only", &[], &[Answer, Probe, Http]),
    ("-W --stop -C -t --encoding", &[], &[Probe, Http]),
    ("--idle-timeout -x", &[], &[Probe]),
    ("-i", &[], &[Answer, UnixProbe, Http]),
    ("--datagram", &[Udp], &[Answer, Probe, Http]),
    ("-o", &[], &[ShowsNothing, Probe]),
    ("--progress", &[], &[Answer]),
    // Probing.
    ("--all --until-open", &[Probe], &[]),
    ("-r -P --retries --exclude --shard", &[Probe], &[Unix]),
    ("--banner", &[Probe], &[Udp, Unix]),
    ("--rate", &[Probe, UdpAnswer], &[UnixProbe]),
    // The HTTP request.
    ("-X -H --raw -f", &[Http], &[]),
    ("--data", &[Http, UdpProbe], &[UnixProbe]),
];

/// A mode answers who comes to a listener.
const MODE: Row = ("", &[Listen], &[]);

/// Refuses the first flag that does not fit.
pub(super) fn check(command: &Command, typed: &ArgMatches, args: &Args) -> Result<(), Usage> {
    let was_typed = |arg: &&Arg| typed.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    let flags = command.get_arguments().filter(was_typed).filter_map(spelling);
    flags.into_iter().try_for_each(|flag| fit(&flag, args))
}

fn fit(flag: &str, args: &Args) -> Result<(), Usage> {
    let Some((_, only, never)) = rows(flag).next() else {
        return Ok(());
    };
    if let Some(case) = never.iter().find(|case| case.is_so(args)) {
        let hint = if *case == Http { foreign::beside_http(flag) } else { "" };
        return Err(format!("{flag} has no meaning {}{hint}", case.met(args)).into());
    }
    if only.is_empty() || only.iter().any(|case| case.is_so(args)) {
        return Ok(());
    }
    let ways: Vec<_> = only.iter().map(|case| case.way()).collect();
    Err(format!("{flag} has a meaning only beside {}", ways.join(", or ")).into())
}

/// How a flag is called in a message; operands are none.
fn spelling(arg: &Arg) -> Option<String> {
    let short = arg.get_short().map(|short| format!("-{short}"));
    short.or_else(|| arg.get_long().map(|long| format!("--{long}")))
}

/// The row of a flag.
fn rows(flag: &str) -> impl Iterator<Item = &'static Row> {
    let mode = MODES.iter().any(|mode| flag.strip_prefix("--") == Some(mode.flag)).then_some(&MODE);
    TABLE.iter().filter(move |(flags, ..)| flags.split(' ').any(|known| known == flag)).chain(mode)
}

impl Case {
    fn is_so(self, args: &Args) -> bool {
        let (form, mode) = (&args.form, args.answering.mode());
        match self {
            Listen => form.listen,
            UnixListen => form.listen && form.unix,
            Crowd => args.many.keep_open || args.many.accept.is_some(),
            Answer => mode.is_some(),
            UdpAnswer => mode.is_some() && form.udp,
            ShowsNothing => mode.is_some_and(|mode| !mode.shows),
            AnswersNothing => mode.is_some_and(|mode| !mode.answers),
            Probe => form.probe,
            UdpProbe => form.probe && form.udp,
            UnixProbe => form.probe && form.unix,
            Http => form.http,
            Udp => form.udp,
            Unix => form.unix,
        }
    }

    /// What to type for it.
    fn way(self) -> &'static str {
        match self {
            Listen => "-l",
            UnixListen => "-lU",
            Crowd => "-k or --accept",
            Answer | ShowsNothing | AnswersNothing => "an answering mode, as --echo",
            UdpAnswer => "-lu and an answering mode",
            Probe => "-z",
            UdpProbe => "-zu",
            UnixProbe => "-zU",
            Http => "--http",
            Udp => "-u",
            Unix => "-U",
        }
    }

    /// Where a flag met it.
    fn met(self, args: &Args) -> String {
        match (self, args.answering.mode()) {
            (Udp, _) => "for datagrams".into(),
            (Unix, _) => "for Unix sockets".into(),
            (Answer | ShowsNothing | AnswersNothing, Some(mode)) => format!("beside --{}", mode.flag),
            _ => format!("beside {}", self.way()),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;
    use crate::cli::command;

    /// What is said of a command line, of which clap has nothing to say.
    fn checked(line: &str) -> Result<(), String> {
        let mut command = command();
        let words = std::iter::once("nsock").chain(line.split_whitespace());
        let typed = command.try_get_matches_from_mut(words).expect(line);
        let args = Args::from_arg_matches(&typed).expect(line);
        check(&command, &typed, &args).map_err(|usage| usage.0)
    }

    #[test]
    fn every_flag_has_one_row_and_every_row_is_of_flags() {
        let flags: Vec<_> = command().get_arguments().filter_map(spelling).collect();
        for flag in &flags {
            assert_eq!(rows(flag).count(), 1, "the rows of {flag}");
        }
        for known in TABLE.iter().flat_map(|(flags, ..)| flags.split(' ')) {
            assert!(flags.iter().any(|flag| flag == known), "{known} is no flag, or has another spelling");
        }
    }

    #[test]
    fn every_flag_fits_somewhere() {
        let lines = ["a 1", "-u a 1", "-l 1", "-lk 1", "-l --reply x 1", "-z a 1", "-zu a 1", "--http a", "-U a"];
        let mut command = command();
        let forms = lines.map(|line| {
            let words = std::iter::once("nsock").chain(line.split(' '));
            Args::from_arg_matches(&command.try_get_matches_from_mut(words).expect(line)).expect(line)
        });
        for flag in command.get_arguments().filter_map(spelling) {
            assert!(forms.iter().any(|args| fit(&flag, args).is_ok()), "{flag} fits nowhere");
        }
    }

    #[test]
    fn what_does_not_fit_is_told_with_what_it_met_or_needs() {
        for (line, why) in [
            ("-k host 80", "-k has a meaning only beside -l"),
            ("-l -m 3 80", "-m has a meaning only beside -k or --accept"),
            ("-lk -u -m 3 80", "-m has no meaning for datagrams"),
            ("--echo host 80", "--echo has a meaning only beside -l"),
            ("-l --delay 1 80", "--delay has a meaning only beside an answering mode, as --echo"),
            ("-l --discard --delay 1 80", "--delay has no meaning beside --discard"),
            ("-lu --hello --greeting x 80", "--greeting has no meaning for datagrams"),
            ("-l --echo --label 80", "--label has no meaning beside --echo"),
            ("-l --reply x -N 80", "-N has no meaning beside --reply"),
            ("-l --rate 3 80", "--rate has a meaning only beside -z, or -lu and an answering mode"),
            ("-l --echo --rate 3 80", "--rate has a meaning only beside -z, or -lu and an answering mode"),
            ("-u --keepalive 3 host 80", "--keepalive has no meaning for datagrams"),
            ("-U -4 path", "-4 has no meaning for Unix sockets"),
            ("-lU -s a path", "-s has no meaning beside -lU"),
            ("-zU -P 3 path", "-P has no meaning for Unix sockets"),
            ("-zU --retries 3 path", "--retries has no meaning for Unix sockets"),
            ("-zU --rate 3 path", "--rate has no meaning beside -zU"),
            ("-zU -i 3 path", "-i has no meaning beside -zU"),
            ("-z -x host 80", "-x has no meaning beside -z"),
            ("-z --data x host 80", "--data has a meaning only beside --http, or -zu"),
            ("--http --datagram 9 host", "--datagram has no meaning beside --http"),
            ("--http -d host", "-d has no meaning beside --http; a body is --data"),
            (
                "--http -i 3 host",
                "-i has no meaning beside --http; the head is told on stderr, and --raw writes it too",
            ),
        ] {
            assert_eq!(checked(line), Err(why.into()), "{line}");
        }
    }

    #[test]
    fn what_says_only_what_is_so_anyway_fits() {
        for line in [
            "-vn4 -w1 host 80",
            "-znv -w1 host 80",
            "-dz host 80",
            "-lnvp 80",
            "-lkuv 80",
            "-uN host 80",
            "-nU path",
            "-l --echo -d 80",
            "-l --accept 5 -m 2 --max-conns-per-host 1 80",
            "-l --discard -C --greeting x 80",
            "--http -nv4 -w3 -x --progress host",
        ] {
            assert_eq!(checked(line), Ok(()), "{line}");
        }
    }
}
