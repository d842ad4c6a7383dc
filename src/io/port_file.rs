//! The file that tells which port was bound.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes the port so that who waits for the file never sees half of it: under another name first, then renamed. What
/// is there and is no regular file of that name (a FIFO, a link, `/dev/fd/3`) is written to, and never waited for.
///
/// # Errors
/// Whatever the system says.
pub fn write(file: &Path, port: u16) -> io::Result<()> {
    let line = format!("{port}\n");
    if fs::symlink_metadata(file).is_ok_and(|meta| !meta.is_file()) {
        let mut file = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(file)?;
        return file.write_all(line.as_bytes());
    }
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    fs::write(&name, line)?;
    fs::rename(&name, file).inspect_err(|_| {
        let _ = fs::remove_file(&name);
    })
}
