//! The man page and the completions in `man/` and `completions/` are made from the command line's one definition, and
//! checked in. This test fails when they are stale; `NSOCK_WRITE=1 cargo test --test generated` writes them anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};
use nsock::cli::args::{EXAMPLES, SYNOPSIS};
use nsock::error::Exit;
use nsock::report::SCHEMA;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Compares a file with what it should be, or makes it so where that was asked for.
fn check(name: &Path, wanted: &[u8]) {
    let path = root().join(name);
    if std::env::var_os("NSOCK_WRITE").is_some() {
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("the folder can be made");
        fs::write(&path, wanted).expect("the file can be written");
    }
    let found = fs::read(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{} is stale: run `NSOCK_WRITE=1 cargo test --test generated` and commit what it writes",
        name.display()
    );
}

#[test]
fn completions_are_current() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
        let mut command = nsock::cli::command();
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, "nsock", &mut text);
        let name = <Shell as clap_complete::Generator>::file_name(&shell, "nsock");
        check(&Path::new("completions").join(name), &text);
    }
}

#[test]
fn the_man_page_is_current() {
    check(Path::new("man/nsock.1"), man_page().as_bytes());
}

#[test]
fn every_flag_is_in_the_man_page() {
    let page = man_page();
    for arg in nsock::cli::command().get_arguments().filter(|arg| !arg.is_positional()) {
        let long = arg.get_long().expect("every flag has a long spelling");
        let written = format!("\\-\\-{}", long.replace('-', "\\-"));
        assert!(page.contains(&written), "--{long} is missing");
    }
}

#[test]
fn every_exit_status_is_in_the_help() {
    let help = nsock::cli::command().render_help().to_string();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for (exit, short, _) in Exit::TABLE {
        assert!(help.contains(&format!("{} {short}", exit.written())), "{exit:?} is missing");
    }
}

fn man_page() -> String {
    let man = Man::new(nsock::cli::command())
        .title("NSOCK")
        .date("2026-11-20")
        .manual("User Commands")
        .source(concat!("nsock ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render_title(&mut page).expect("memory can be written");
    man.render_name_section(&mut page).expect("memory can be written");
    synopsis().to_writer(&mut page).expect("memory can be written");
    description().to_writer(&mut page).expect("memory can be written");
    examples().to_writer(&mut page).expect("memory can be written");
    page.extend(options(&man).into_bytes());
    page.extend(fs::read(root().join("man/prose.roff")).expect("the prose can be read"));
    events().to_writer(&mut page).expect("memory can be written");
    exit_status().to_writer(&mut page).expect("memory can be written");
    see_also().to_writer(&mut page).expect("memory can be written");
    String::from_utf8(page).expect("the page is text")
}

fn synopsis() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    for (n, form) in SYNOPSIS.into_iter().enumerate() {
        if n > 0 {
            roff.control("br", []);
        }
        let words = form.strip_prefix("nsock").expect("every form begins with the name");
        roff.text([bold("nsock"), roman(words)]);
    }
    roff
}

fn description() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([
        bold("nsock"),
        roman(
            " connects to a peer, or with -l listens for one, and relays stdin to it and what it sends to stdout, byte for \
             byte. It tells errors on stderr, and with -v what happens. Its exit status says how it went.",
        ),
    ]);
    roff
}

fn examples() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]);
    for (n, (command, what)) in EXAMPLES.into_iter().enumerate() {
        if n > 0 {
            roff.control("PP", []);
        }
        roff.control("nf", []).text([bold(command)]).control("fi", []);
        roff.control("RS", ["4"]).text([roman(what)]).control("RE", []);
    }
    roff
}

/// The groups of flags. Headings are in capitals, but not the flags that some name: `-l` is not `-L`.
fn options(man: &Man) -> String {
    let mut section = Vec::new();
    man.render_options_section(&mut section).expect("memory can be written");
    let section = String::from_utf8(section).expect("the page is text");
    let heading = |line: &str| match line.split_once('(') {
        Some((name, flag)) if line.starts_with(".SH ") => format!("{name}({}\n", flag.to_lowercase()),
        _ => format!("{line}\n"),
    };
    section.lines().map(heading).collect()
}

fn events() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EVENTS"]);
    roff.text([roman(
        "With --json every event is an object on a line of its own on stderr, written at once. Each has time (RFC 3339, \
         UTC, microseconds) and event, then the fields below: durations in seconds, sizes in bytes, null where a thing \
         is not known. The events of one connection share conn.",
    )]);
    for (event, fields, meaning) in SCHEMA {
        let mut line = String::new();
        write!(line, ": {meaning}").expect("memory can be written");
        roff.control("TP", []).text([bold(event), roman(line)]).text([italic(fields)]);
    }
    roff
}

fn exit_status() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (exit, _, when) in Exit::TABLE {
        roff.control("TP", []).text([bold(exit.written())]).text([roman(when)]);
    }
    roff
}

fn see_also() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    roff.text([
        bold("nc"),
        roman("(1), "),
        bold("socat"),
        roman("(1), "),
        bold("tcp"),
        roman("(7), "),
        bold("splice"),
        roman("(2)"),
    ]);
    roff
}
