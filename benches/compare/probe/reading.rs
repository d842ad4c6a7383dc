//! What the tools print, read line by line: the ports that a line calls open.

/// One tool's manner of speaking.
pub(crate) type Reading = fn(line: &str) -> Vec<u16>;

/// `127.0.0.1:22  open  ssh  0.1 ms`
pub(crate) fn nsock(line: &str) -> Vec<u16> {
    let mut words = line.split_whitespace();
    let port = words.next().and_then(|address| port(address.rsplit_once(':')?.1));
    only_if(words.next() == Some("open"), port)
}

/// `22/tcp    open  ssh`
pub(crate) fn nmap(line: &str) -> Vec<u16> {
    let mut words = line.split_whitespace();
    let port = words.next().and_then(|number| port(number.strip_suffix("/tcp")?));
    only_if(words.next() == Some("open"), port)
}

/// `127.0.0.1 -> [1,22,8080]`
pub(crate) fn rustscan(line: &str) -> Vec<u16> {
    let list = line.split_once(" -> [").and_then(|(_, rest)| rest.strip_suffix(']'));
    list.unwrap_or_default().split(',').filter_map(port).collect()
}

/// `Connection to 127.0.0.1 22 port [tcp/*] succeeded!`
pub(crate) fn openbsd(line: &str) -> Vec<u16> {
    only_if(line.ends_with(" succeeded!"), line.split_whitespace().nth(3).and_then(port))
}

/// `(UNKNOWN) [127.0.0.1] 22 (ssh) open`
pub(crate) fn traditional(line: &str) -> Vec<u16> {
    only_if(line.ends_with(") open"), line.split_whitespace().nth(2).and_then(port))
}

/// `22`
pub(crate) fn bare(line: &str) -> Vec<u16> {
    port(line).into_iter().collect()
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok()
}

fn only_if(open: bool, port: Option<u16>) -> Vec<u16> {
    port.filter(|_| open).into_iter().collect()
}
