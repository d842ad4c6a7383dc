//! nsock asking the web servers that others run. One that is not installed is skipped, and told; with
//! `NSOCK_PEERS=required` it is a failure.

mod common;
#[path = "common/peers_needs.rs"]
mod needs;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

use common::*;

/// A web server that runs, and its pages.
struct Site {
    port: u16,
    pages: tempfile::TempDir,
    _run: Run,
}

/// A program of this machine, or none and a word about it.
fn found(program: &str) -> Option<Program> {
    let path = needs::find(program);
    if path.is_none() {
        assert!(!needs::required(), "{program} is not installed");
        needs::skip(&format!("{program} is not installed"));
    }
    path.map(Program::new)
}

/// The pages that every site has.
fn pages() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    for (name, length) in [("small.txt", 10), ("big.bin", 60_000_000), ("empty", 0)] {
        fs::write(dir.path().join(name), payload(length, 1)).expect("write a page");
    }
    dir
}

/// Python's http.server, speaking this version of HTTP: with 1.1 it keeps connections.
fn python(version: &str) -> Option<Site> {
    const SERVER: &str = "
import http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = sys.argv[2]
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
sys.stdout.reconfigure(line_buffering=True)
import os
os.chdir(sys.argv[1])
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_address[1])
server.serve_forever()
";
    let pages = pages();
    let at = pages.path().to_str().expect("a path of text");
    let mut run = found("python3")?.args(["-c", SERVER, at, version]).hold_stdout().spawn();
    let mut line = String::new();
    BufReader::new(run.stdout.as_mut().expect("held")).read_line(&mut line).expect("read a port");
    Some(Site { port: line.trim().parse().expect("a port"), pages, _run: run })
}

/// nginx on a free port. At /chunked it looks for includes (SSI), and so does not know how long a page is.
fn nginx() -> Option<Site> {
    let program = found("nginx")?;
    let pages = pages();
    let (port, bound) = closed_port();
    let dir = pages.path().to_str().expect("a path of text");
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("{name}_temp_path {dir}/{name};\n"))
        .collect();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {dir}/pid;\nerror_log {dir}/log;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}\
         gzip off;\nserver {{\nlisten 127.0.0.1:{port};\nroot {dir};\nclient_max_body_size 1k;\n\
         location /chunked/ {{ alias {dir}/; ssi on; ssi_types *; }}\n}}\n}}\n"
    );
    fs::write(pages.path().join("config"), config).expect("write the configuration");
    drop(bound);
    let run = program.args(["-c", &format!("{dir}/config"), "-p", dir]).spawn();
    nsock(&["-z", "--until-open", "15s", HOST, &port.to_string()]).run().exits(0);
    Some(Site { port, pages, _run: run })
}

impl Site {
    fn ask(&self, args: &[&str], path: &str) -> Outcome {
        nsock(&["--http"]).args(args).args([format!("http://{HOST}:{}/{path}", self.port)]).run()
    }

    fn page(&self, name: &str) -> Vec<u8> {
        fs::read(Path::new(self.pages.path()).join(name)).expect("read a page")
    }

    /// What every web server can do.
    fn serves(&self) {
        for name in ["small.txt", "big.bin", "empty"] {
            let outcome = self.ask(&[], name).exits(0).wrote(&self.page(name));
            assert!(outcome.stderr.lines().next().is_some_and(|line| line.ends_with(" 200 OK")), "{}", outcome.stderr);
        }
        self.ask(&["-H", "Connection: keep-alive"], "big.bin").exits(0).wrote(&self.page("big.bin"));
        let head = self.ask(&["-X", "HEAD"], "big.bin").exits(0).wrote(b"");
        assert!(head.stderr.to_lowercase().contains("content-length: 60000000\n"), "{}", head.stderr);
        let raw = self.ask(&["--raw"], "small.txt").exits(0);
        assert!(raw.stdout.starts_with(b"HTTP/1.") && raw.stdout.ends_with(&self.page("small.txt")));
        let missing = self.ask(&[], "nosuch").exits(0);
        assert!(missing.stderr.lines().next().is_some_and(|line| line.contains(" 404 ")), "{}", missing.stderr);
        assert!(missing.stdout.starts_with(b"<"), "a page that says so");
        self.ask(&["-f", "--quiet"], "nosuch").exits(1).silent();
    }
}

#[test]
fn pythons_server_serves_and_closes() {
    if let Some(site) = python("HTTP/1.0") {
        site.serves();
    }
}

#[test]
fn pythons_server_serves_and_keeps_the_connection() {
    if let Some(site) = python("HTTP/1.1") {
        site.serves();
    }
}

#[test]
fn pythons_server_gets_a_body_and_gives_it_back() {
    let Some(site) = python("HTTP/1.1") else { return };
    let file = format!("@{}", site.pages.path().join("big.bin").display());
    site.ask(&["--data", &file], "").exits(0).wrote(&site.page("big.bin"));
    site.ask(&["--data", "a=b"], "").exits(0).wrote(b"a=b");
}

#[test]
fn nginx_serves_and_keeps_the_connection() {
    if let Some(site) = nginx() {
        site.serves();
    }
}

#[test]
fn nginx_answers_in_chunks() {
    let Some(site) = nginx() else { return };
    for name in ["small.txt", "big.bin"] {
        let outcome = site.ask(&[], &format!("chunked/{name}")).exits(0).wrote(&site.page(name));
        assert!(outcome.stderr.contains("Transfer-Encoding: chunked\n"), "{}", outcome.stderr);
    }
}

#[test]
fn nginx_refuses_a_body_before_it_has_it_all() {
    let Some(site) = nginx() else { return };
    let file = format!("@{}", site.pages.path().join("big.bin").display());
    let outcome = site.ask(&["-f", "--data", &file], "").exits(1);
    assert!(outcome.stderr.starts_with("HTTP/1.1 413 "), "{}", outcome.stderr);
    assert!(outcome.stdout.ends_with(b"</html>\r\n"), "the page came whole");
}
