//! The walls of the house: which room of `src/` may name which, and which outside crate each may use. The crate
//! documentation says why; clippy.toml holds the walls that are functions.

use std::fs;
use std::path::{Path, PathBuf};

/// A room (a file or folder of `src/`) and the rooms of the crate it may name.
const ROOMS: [(&str, &[&str]); 16] = [
    ("main.rs", &["error", "run", "signal"]),
    ("run.rs", &["cli", "error", "event", "io", "plan", "reactor", "report", "task"]),
    ("cli", &["cli", "error", "filter", "plan", "session", "value"]),
    ("reactor.rs", &["error", "event", "io", "logic", "signal", "task"]),
    ("task", &["error", "event", "filter", "io", "logic", "net", "plan", "session", "task", "value"]),
    ("net", &["error", "event", "io", "net", "plan", "value"]),
    ("report", &["error", "event", "io", "logic", "plan", "report", "value"]),
    ("io", &["filter", "io", "logic"]),
    ("event", &["error", "logic", "session", "value"]),
    ("logic", &["logic", "plan", "session", "value"]),
    ("error", &["error", "value"]),
    ("plan", &["filter", "plan", "session", "value"]),
    ("value", &["value"]),
    ("session", &["session"]),
    ("filter", &["filter"]),
    ("signal.rs", &[]),
];

/// The floors of `cli` (files or folders of it), from the lowest, and the floors that each may name.
const FLOORS: [(&str, &[&str]); 5] = [
    ("args", &[]),
    ("foreign.rs", &[]),
    ("usage.rs", &["foreign"]),
    ("fits.rs", &["args", "foreign", "usage"]),
    ("read", &["args", "usage"]),
];

/// An outside crate and the rooms that may name it.
const CRATES: [(&str, &[&str]); 17] = [
    ("indicatif", &["report"]),
    ("encoding_rs", &["filter"]),
    ("libc", &["io", "net", "report", "task"]),
    ("mio", &["io", "net", "reactor.rs", "signal.rs"]),
    ("rustix", &["io", "net"]),
    ("nix", &["net"]),
    ("percent_encoding", &["value"]),
    ("socket2", &["net"]),
    ("signal_hook", &["signal.rs"]),
    ("base64", &["value"]),
    ("ipnet", &["value"]),
    ("slab", &["logic", "reactor.rs", "task"]),
    ("clap", &["cli"]),
    ("httparse", &["session"]),
    ("humantime", &["report", "value"]),
    ("colored", &["report"]),
    ("serde_json", &["report"]),
];

fn source(path: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path)
}

/// What a folder holds.
fn entries(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let entries = fs::read_dir(source(folder)).expect("src can be read");
    entries.map(|entry| entry.expect("src can be read").path()).collect()
}

fn files(room: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![source(room)];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(entries(&path));
        } else if path.file_name().is_some_and(|name| name != "tests.rs") {
            found.push(path);
        }
    }
    assert!(!found.is_empty(), "the room {room} is empty");
    found
}

/// The code of a file, without comments and without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file can be read");
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The words that follow `prefix` in a text.
fn words_after<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(prefix).filter_map(move |(at, _)| {
        let preceded = text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let rest = &text[at + prefix.len()..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        (!preceded).then_some(&rest[..end])
    })
}

#[test]
fn arrows_between_rooms_point_one_way() {
    for (room, allowed) in ROOMS {
        for file in files(room) {
            let text = code(&file);
            let prefix = if room == "main.rs" { "nsock::" } else { "crate::" };
            for word in words_after(&text, prefix) {
                assert!(allowed.contains(&word), "{} names {prefix}{word}", file.display());
            }
        }
    }
}

#[test]
fn no_arrow_leads_back() {
    for table in [&ROOMS[..], &FLOORS] {
        let mut waiting: Vec<_> = table.iter().collect();
        let mut below: Vec<&str> = Vec::new();
        while !waiting.is_empty() {
            let before = waiting.len();
            waiting.retain(|(room, allowed)| {
                let name = room.trim_end_matches(".rs");
                let rests = allowed.iter().all(|other| *other == name || below.contains(other));
                if rests {
                    below.push(name);
                }
                !rests
            });
            assert!(waiting.len() < before, "these rooms name each other in a circle: {waiting:?}");
        }
    }
}

#[test]
fn arrows_within_the_command_line_point_one_way() {
    for (floor, allowed) in FLOORS {
        let name = floor.trim_end_matches(".rs");
        for file in files(&format!("cli/{floor}")) {
            // In a file of a floor's folder `super` is the floor, else it is `cli`.
            let inside = file.parent().is_some_and(|folder| folder.ends_with(name)) && !file.ends_with("mod.rs");
            let prefix = if inside { "super::super::" } else { "super::" };
            let text = code(&file);
            for word in words_after(&text, "crate::cli::").chain(words_after(&text, prefix)) {
                assert!(word == name || allowed.contains(&word), "{} names {word}", file.display());
            }
            let parses = ["args", "usage", "fits"].contains(&name);
            assert!(parses || !words_after(&text, "clap").any(str::is_empty), "{} names clap", file.display());
        }
    }
    for path in entries("cli") {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name");
        assert!(name == "mod.rs" || FLOORS.iter().any(|(floor, _)| *floor == name), "{name} is on no floor");
    }
}

#[test]
fn each_outside_crate_stays_in_its_rooms() {
    for (name, allowed) in CRATES {
        for (room, _) in ROOMS {
            for file in files(room) {
                let named = words_after(&code(&file), name).any(str::is_empty);
                assert!(!named || allowed.contains(&room), "{} names {name}", file.display());
            }
        }
    }
}

#[test]
fn every_outside_crate_has_its_rooms() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("Cargo.toml");
    let listed =
        manifest.split("[dependencies]").nth(1).and_then(|rest| rest.split("\n[").next()).expect("dependencies");
    for name in listed.lines().filter_map(|line| line.split_once(" =")).map(|(name, _)| name.replace('-', "_")) {
        assert!(CRATES.iter().any(|(known, _)| *known == name), "the crate {name} has no place in the plan");
    }
}

#[test]
fn every_room_is_known() {
    for path in entries("") {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name");
        assert!(name == "lib.rs" || ROOMS.iter().any(|(room, _)| *room == name), "{name} has no place in the plan");
    }
}

#[test]
fn what_decides_is_pure() {
    for file in ["logic", "filter", "session"].into_iter().flat_map(files) {
        let text = code(&file);
        for forbidden in ["std::net::Tcp", "std::net::Udp", "std::fs", "std::io", "::now()", "AsFd", "RawFd"] {
            assert!(!text.contains(forbidden), "{} names {forbidden}", file.display());
        }
    }
}

#[test]
fn the_page_draws_these_walls() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let page = fs::read_to_string(page).expect("the page can be read");
    let list = |names: &mut dyn Iterator<Item = &str>| {
        let mut names: Vec<_> = names.map(|name| name.trim_end_matches(".rs").replace('_', "-")).collect();
        names.sort();
        names.join(", ")
    };
    for (room, allowed) in ROOMS {
        let name = room.trim_end_matches(".rs");
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/architecture.md has no row for {name}"));
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let crates = CRATES.iter().filter(|(_, rooms)| rooms.contains(&room)).map(|(name, _)| *name);
        assert_eq!(cells[3], list(&mut allowed.iter().copied().filter(|other| *other != room)), "who {name} may name");
        assert_eq!(cells[4], list(&mut { crates }), "the crates of {name}");
    }
}
