//! What goes wrong: one line on stderr that names the deed, its object and the reason, the exit status that the manual
//! promises, and never a panic.

mod common;

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use common::*;

/// Asserts that a run ended with this status and told one line, which it gives.
#[track_caller]
fn fails(program: Program, code: i32) -> String {
    let outcome = program.run().exits(code);
    let line = outcome.one_line().to_owned();
    assert!(line.starts_with("nsock: "), "{line}");
    assert!(!line.contains("panicked"), "{line}");
    line
}

#[test]
fn a_command_line_that_makes_no_sense_is_told_in_one_line() {
    for (line, why) in [
        ("", "HOST and PORT are missing"),
        ("127.0.0.1", "PORT is missing"),
        ("8888", "HOST is missing"),
        ("-p 80 127.0.0.1", "PORT is missing"),
        ("127.0.0.1 99999", "99999"),
        ("127.0.0.1 0x50", "0x50"),
        ("127.0.0.1 -80", "-8"),
        ("127.0.0.1 nosuchservice", "nosuchservice"),
        ("127.0.0.1 0", "port 0"),
        ("127.0.0.1 80 90", "90"),
        ("-w soon 127.0.0.1 80", "soon"),
        ("-w -3 127.0.0.1 80", "negative"),
        ("-q -2 127.0.0.1 80", "negative"),
        ("-w 1M 127.0.0.1 80", "unit"),
        ("--deadline", "--deadline"),
        ("-l", "PORT is missing"),
        ("-l 99999", "99999"),
        ("-l 1 2 3", "one operand too many: '3'"),
        ("-l -p 80 127.0.0.1 81", "twice"),
        ("-l -s ::1 ::1 80", "twice"),
        ("-4 ::1 80", "IPv4"),
        ("-6 127.0.0.1 80", "IPv6"),
        ("-4 -6 127.0.0.1 80", "cannot be used with"),
        ("-N --no-shutdown 127.0.0.1 80", "cannot be used with"),
        ("-d --send-only 127.0.0.1 80", "cannot be used with"),
        ("--quiet -v 127.0.0.1 80", "cannot be used with"),
        ("-l --connect-timeout 3 80", "cannot be used with"),
        ("--accept-timeout 3 127.0.0.1 80", "only beside -l"),
        ("--port-file f 127.0.0.1 80", "only beside -l"),
        ("-e sh 127.0.0.1 80", "no -e here"),
        ("--ssl 127.0.0.1 443", "no --ssl here"),
        ("--color sometimes 127.0.0.1 80", "sometimes"),
        ("--nonsense", "--nonsense"),
    ] {
        let words: Vec<&str> = line.split_whitespace().collect();
        let told = fails(nsock(&words), 2);
        assert!(told.contains(why), "{line}: {told}");
    }
}

#[test]
fn a_refusal_names_the_address_the_port_and_the_number() {
    let (port, _bound) = closed_port();
    let line = fails(dial(port, &[]), 1);
    let start = format!("nsock: connect to 127.0.0.1 port {port} (tcp) failed: Connection refused (errno 111, ");
    assert!(line.starts_with(&start), "{line}");
    assert!(line.ends_with("ms)") || line.ends_with("s)"), "{line}");
}

#[test]
fn a_refusal_of_a_name_names_both_and_tells_each_address() {
    let (port, _bound) = closed_port();
    let outcome = nsock(&["localhost", &port.to_string()]).run().exits(1);
    assert!(!outcome.stderr.is_empty());
    for line in outcome.stderr.lines() {
        assert!(line.starts_with("nsock: connect to localhost ("), "{line}");
        assert!(line.contains(&format!(") port {port} (tcp) failed: ")), "{line}");
    }
    assert!(outcome.stderr.contains("localhost (127.0.0.1) port"), "{}", outcome.stderr);
}

#[test]
fn a_busy_port_is_named_with_its_address() {
    let busy = listener();
    let port = busy.local_addr().expect("an address").port().to_string();
    let line = fails(nsock(&["-l", HOST, &port]), 3);
    let reason = "failed: Address already in use (errno 98)";
    assert_eq!(line, format!("nsock: listen on 127.0.0.1 port {port} (tcp) {reason}"));
    let line = fails(nsock(&["-4", "-l", &port]), 3);
    assert_eq!(line, format!("nsock: listen on 0.0.0.0 port {port} (tcp) {reason}"));
}

#[test]
fn a_port_that_nsock_listens_on_is_busy_for_another_nsock() {
    let first = listen(&[]).spawn();
    let port = first.port().to_string();
    let line = fails(nsock(&["-l", HOST, &port]), 3);
    assert!(line.contains(&port) && line.contains("Address already in use"), "{line}");
    let line = fails(nsock(&["-l", &port]), 3);
    assert!(line.contains(&port) && line.contains("Address already in use"), "{line}");
    assert!(first.runs());
}

#[test]
fn an_address_of_another_machine_cannot_be_listened_on() {
    let line = fails(nsock(&["-l", "192.0.2.1", "0"]), 3);
    assert!(line.starts_with("nsock: listen on 192.0.2.1 port 0 (tcp) failed: "), "{line}");
    assert!(line.contains("(errno 99"), "{line}");
}

#[test]
fn an_address_of_another_machine_cannot_be_connected_from() {
    let line = fails(dial(9, &["-s", "192.0.2.1"]), 3);
    assert!(line.contains("192.0.2.1") && line.contains("(errno 99"), "{line}");
}

#[test]
fn a_local_port_that_is_taken_is_this_machines_no() {
    let taken = listener();
    let port = taken.local_addr().expect("an address").port().to_string();
    let line = fails(dial(9, &["-s", HOST, "-p", &port]), 3);
    assert!(line.contains(&port) && line.contains("Address already in use (errno 98"), "{line}");
}

#[test]
fn an_interface_that_does_not_exist_is_this_machines_no() {
    for program in [dial(9, &["-I", "nosuch0"]), nsock(&["-l", "-I", "nosuch0", HOST, "0"])] {
        let line = fails(program, 3);
        assert!(line.contains("interface nosuch0"), "{line}");
    }
    let line = fails(nsock(&["fe80::1%nosuch0", "9"]), 3);
    assert!(line.contains("nosuch0"), "{line}");
}

#[test]
fn a_name_that_does_not_resolve_is_exit_4() {
    let line = fails(nsock(&["nosuch.invalid", "9"]), 4);
    assert!(line.starts_with("nsock: lookup of nosuch.invalid failed: "), "{line}");
    assert!(line.ends_with("s)"), "it tells how long it took: {line}");
    let line = fails(nsock(&["-l", "nosuch.invalid", "9"]), 4);
    assert!(line.starts_with("nsock: lookup of nosuch.invalid failed: "), "{line}");
}

#[test]
fn without_dns_a_name_is_exit_4_at_once() {
    for args in [&["-n", "localhost", "9"][..], &["-l", "-n", "localhost", "9"]] {
        let line = fails(nsock(args), 4);
        assert!(line.starts_with("nsock: lookup of localhost failed: ") && line.contains("-n"), "{line}");
    }
}

#[test]
fn a_full_disk_is_told_with_what_was_lost() {
    for len in [10, 3_000_000] {
        let server = server(move |mut stream| {
            let _ = stream.write_all(&payload(len, 1)); // the client leaves in between
        });
        let full = File::options().write(true).open("/dev/full").expect("open /dev/full");
        let line = fails(dial(server.port, &[]).stdout(full), 3);
        let start = "nsock: write to stdout failed: No space left on device (errno 28, ";
        let lost = line.strip_prefix(start).and_then(|rest| rest.strip_suffix(" bytes received not written)"));
        let lost: usize = lost.and_then(|count| count.parse().ok()).expect(&line);
        assert!((1..=len).contains(&lost), "{line}");
        server.join();
    }
}

#[test]
fn what_came_and_a_full_disk_did_not_take_is_counted_to_the_byte() {
    for len in [10, 3_000_000] {
        let server = server(move |mut stream| {
            let _ = stream.write_all(&payload(len, 2));
        });
        let full = File::options().write(true).open("/dev/full").expect("open /dev/full");
        let outcome = dial(server.port, &["--json"]).stdout(full).run().exits(3);
        let (received, lost) = (outcome.number("close", "received_bytes"), outcome.number("error", "lost_bytes"));
        assert_eq!(received, lost, "{}", outcome.stderr);
        assert_eq!(outcome.event("error")["lost_way"], "down");
        server.join();
    }
}

#[test]
fn what_a_disk_that_fills_up_did_not_take_is_counted_to_the_byte() {
    let bytes = payload(3_000_000, 3);
    let sent = bytes.clone();
    let server = server(move |mut stream| {
        let _ = stream.write_all(&sent);
    });
    let file = tempfile::tempfile().expect("a temporary file");
    // 2,000 blocks of 512 bytes; without the signal the write fails instead.
    let script = format!("trap '' XFSZ; ulimit -f 2000; exec \"$NSOCK\" --json {HOST} {}", server.port);
    let outcome = shell(&script).stdout(share(&file)).run().exits(3);
    server.join();
    let written = contents(&file);
    assert!(written.len() >= 1_000_000, "{} bytes were written", written.len());
    same(&written, &bytes[..written.len()]);
    let received = outcome.number("close", "received_bytes");
    let lost = outcome.number("error", "lost_bytes");
    assert_eq!(received - lost, written.len() as u64, "{}", outcome.stderr);
    assert_eq!(outcome.event("error")["errno"], 27);
}

#[test]
fn help_and_version_go_to_stdout_and_a_full_disk_is_told() {
    for flag in ["-h", "--help", "-V", "--version"] {
        let outcome = nsock(&[flag]).run().exits(0).silent();
        assert!(String::from_utf8_lossy(&outcome.stdout).contains("nsock"));
        let full = File::options().write(true).open("/dev/full").expect("open /dev/full");
        let line = fails(nsock(&[flag]).stdout(full), 3);
        assert!(line.contains("No space left on device"), "{line}");
    }
}

#[test]
fn a_directory_on_stdin_is_this_machines_no() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let opened = || {
        let flag = i32::try_from(rustix::fs::OFlags::DIRECTORY.bits()).expect("a flag");
        File::options().read(true).custom_flags(flag).open(directory.path()).expect("open a directory")
    };
    let server = server(|mut stream| {
        stream.write_all(b"down").expect("send");
        half_close(&stream);
        slurp(&stream)
    });
    let outcome = dial(server.port, &[]).stdin(opened()).run().exits(3).wrote(b"down");
    let line = outcome.one_line();
    assert!(line.starts_with("nsock: read from stdin failed: Is a directory (errno 21"), "{line}");
    same(&server.join(), b"");
}

#[test]
fn a_port_file_that_cannot_be_written_is_this_machines_no() {
    let line = fails(nsock(&["-l", "--port-file", "/nosuch/dir/port", HOST, "0"]), 3);
    assert!(line.starts_with("nsock: write to /nosuch/dir/port failed: No such file or directory (errno 2"), "{line}");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().to_str().expect("a path of ASCII");
    let line = fails(nsock(&["-l", "--port-file", path, HOST, "0"]), 3);
    assert!(line.contains(path), "{line}");
}

#[test]
fn a_port_file_that_nobody_reads_is_not_waited_for() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("port");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).expect("a FIFO");
    let path = path.to_str().expect("a path of ASCII");
    let line = fails(nsock(&["-l", "--port-file", path, HOST, "0"]), 3);
    assert!(line.contains("(errno 6"), "{line}");
}

#[test]
fn with_quiet_nothing_is_told_and_the_status_is_the_same() {
    let (port, _bound) = closed_port();
    let busy = listener();
    let taken = busy.local_addr().expect("an address").port().to_string();
    dial(port, &["--quiet"]).run().exits(1).silent();
    nsock(&["--quiet", "-l", HOST, &taken]).run().exits(3).silent();
    nsock(&["--quiet", "-n", "localhost", "9"]).run().exits(4).silent();
    nsock(&["--quiet", "-l", "--accept-timeout", "0.1", HOST, "0"]).run().exits(124).silent();
}

#[test]
fn a_stderr_that_is_gone_changes_nothing() {
    let (port, _bound) = closed_port();
    for gone in ["2>&-", "2>/dev/full"] {
        let server = server(|mut stream| {
            stream.write_all(b"down").expect("send");
            half_close(&stream);
            slurp(&stream)
        });
        let script = format!(r#"exec "$NSOCK" -vv {HOST} {} {gone}"#, server.port);
        shell(&script).stdin_bytes("up").run().exits(0).wrote(b"down");
        same(&server.join(), b"up");
        let script = format!(r#"exec "$NSOCK" -vv {HOST} {port} {gone}"#);
        shell(&script).run().exits(1).wrote(b"");
    }
}

#[test]
fn no_text_of_the_command_line_drives_the_terminal() {
    for args in [
        &["evil\x1b[2J\nname", "9"][..],
        &["--evil\x1b[2J\nflag"],
        &["-w", "evil\x1b[2J\ntime", HOST, "9"],
        &["-s", "evil\x1b[2J\n", HOST, "9"],
        &[HOST, "9", "evil\x1b[2J\noperand"],
        &["-l", "-p", "evil\x1b[2J\n"],
    ] {
        is_tame(args);
    }
}

#[test]
fn no_text_of_a_port_drives_the_terminal() {
    is_tame(&[HOST, "evil\x1b[2J\nport"]);
    is_tame(&["-l", "evil\x1b[2J\nport"]);
}

#[test]
fn no_name_in_an_error_drives_the_terminal() {
    is_tame(&["-l", "--port-file", "/nosuch/evil\x1b[2J\n", HOST, "0"]);
    is_tame(&["-I", "evil\x1b[2J\n", HOST, "9"]);
}

#[track_caller]
fn is_tame(args: &[&str]) {
    let outcome = nsock(args).run();
    assert!(outcome.code.is_some_and(|code| (1..=4).contains(&code)), "{outcome:?}");
    let line = outcome.one_line();
    assert!(!line.contains(char::is_control), "{line:?}");
    assert!(line.contains("evil"), "{line}");
}
