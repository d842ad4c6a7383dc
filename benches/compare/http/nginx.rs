//! An nginx of our own, and its word on what it has sent.

use std::fs::{File, read_to_string, write};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::common::place::Place;
use crate::common::process::Running;
use crate::payload::Payload;
use crate::tool::find;

/// How long its word may come after the client has left: it writes its line behind the last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server, gone when we drop it. It serves each payload under its size.
pub(crate) struct Nginx {
    _running: Running, // goes first, then its files
    dir: TempDir,
    place: Place,
}

impl Nginx {
    /// Returns once it listens.
    pub(crate) fn start(payloads: &[Payload; 2], limit: Duration) -> Result<Self, String> {
        let program = find("nginx").ok_or("no nginx is installed (Debian: nginx-light)")?;
        let complain = |error: io::Error| format!("set up nginx: {error}");
        let dir = tempfile::tempdir().map_err(complain)?;
        let place = Place::tcp()?;
        write(dir.path().join("config"), config(&dir, &place, payloads)).map_err(complain)?;
        let mut command = Command::new(program);
        command.arg("-p").arg(dir.path()).arg("-c").arg(dir.path().join("config")).args(["-e", "stderr"]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut running = Running::start_group("nginx", command)?;
        place.wait_for_listener(&mut running, Instant::now() + limit)?;
        Ok(Self { _running: running, dir, place })
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// What it said of earlier requests is forgotten.
    pub(crate) fn forget(&self) -> Result<(), String> {
        let log = File::options().write(true).open(self.log());
        log.and_then(|log| log.set_len(0)).map_err(|error| format!("empty the log of nginx: {error}"))
    }

    /// Whether it was asked once since then, and could send so much to the end.
    pub(crate) fn check_sent(&self, size: u64) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = read_to_string(self.log()).map_err(|error| format!("read the log of nginx: {error}"))?;
            if log == format!("200 {size} OK\n") {
                return Ok(());
            }
            if log.ends_with('\n') || Instant::now() > deadline {
                return Err(format!("LOST: of {size} bytes nginx says {:?}", log.trim_end()));
            }
            sleep(Duration::from_micros(500));
        }
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }
}

/// One process, and no file outside the directory.
fn config(dir: &TempDir, place: &Place, payloads: &[Payload; 2]) -> String {
    let dir = dir.path().display();
    let ways = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let paths: String = ways.iter().map(|way| format!("{way}_temp_path {dir}/{way};\n")).collect();
    let location = |payload: &Payload| format!("location = /{} {{ alias {}; }}\n", payload.size(), payload.path());
    let locations: String = payloads.iter().map(location).collect();
    format!(
        "daemon off;\nmaster_process off;\nworker_processes 1;\npid {dir}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n\
         log_format sent '$status $body_bytes_sent $request_completion';\naccess_log {dir}/log sent;\n{paths}\
         sendfile on;\ngzip off;\nserver {{\nlisten 127.0.0.1:{place};\n{locations}}}\n}}\n"
    )
}
