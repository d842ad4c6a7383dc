//! Ports and service names, both ways: `/etc/services`, with a small table of our own where it is missing.

use std::collections::HashMap;
use std::fs;
use std::sync::OnceLock;

use super::peer::Proto;

/// Parses a port number or the name of a service, which may have another port by UDP than by TCP.
///
/// # Errors
/// A sentence that says what is wrong with the text.
pub fn parse(text: &str, proto: Proto) -> Result<u16, String> {
    if text.is_empty() {
        return Err("a port is empty".into());
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map_err(|_| format!("port {text} is over 65535"));
    }
    services().named(text, proto).ok_or_else(|| format!("'{text}' is neither a port number nor a service name"))
}

/// The name of the service that usually has this port.
pub fn service(port: u16, proto: Proto) -> Option<&'static str> {
    let services = services();
    let by_port = if proto == Proto::Udp { &services.udp } else { &services.tcp };
    by_port.get(&port).map(String::as_str)
}

/// For machines without `/etc/services`.
const COMMON: &str = include_str!("services");

#[derive(Default)]
struct Services {
    by_name: HashMap<String, u16>,
    /// Only names that have another port by UDP.
    udp_by_name: HashMap<String, u16>,
    tcp: HashMap<u16, String>,
    udp: HashMap<u16, String>,
}

fn services() -> &'static Services {
    static SERVICES: OnceLock<Services> = OnceLock::new();
    SERVICES.get_or_init(|| {
        let file = fs::read_to_string("/etc/services");
        Services::read(file.as_deref().unwrap_or(COMMON))
    })
}

impl Services {
    /// Reads services(5): `name port/protocol aliases... # comment`, the first mention of each winning.
    fn read(text: &str) -> Self {
        let mut table = Self::default();
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let (Some(name), Some(place)) = (words.next(), words.next()) else {
                continue;
            };
            let (port, udp) = match place.split_once('/') {
                Some((port, "tcp")) => (port, false),
                Some((port, "udp")) => (port, true),
                _ => continue,
            };
            let Ok(port) = port.parse() else {
                continue;
            };
            let by_port = if udp { &mut table.udp } else { &mut table.tcp };
            by_port.entry(port).or_insert_with(|| name.to_owned());
            for name in std::iter::once(name).chain(words) {
                let known = *table.by_name.entry(name.to_owned()).or_insert(port);
                if udp && known != port {
                    table.udp_by_name.entry(name.to_owned()).or_insert(port);
                }
            }
        }
        table
    }

    /// The port of a service: this protocol's where its name has two.
    fn named(&self, name: &str, proto: Proto) -> Option<u16> {
        let udp = (proto == Proto::Udp).then(|| self.udp_by_name.get(name)).flatten();
        udp.or_else(|| self.by_name.get(name)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_and_fit_sixteen_bits() {
        assert_eq!(parse("0", Proto::Tcp), Ok(0));
        assert_eq!(parse("65535", Proto::Tcp), Ok(65_535));
        assert_eq!((parse("http", Proto::Tcp), parse("http", Proto::Udp)), (Ok(80), Ok(80)));
        for (text, why) in [
            ("65536", "over 65535"),
            ("99999", "over 65535"),
            ("99999999999999999999", "over 65535"),
            ("0x50", "neither"),
            ("+80", "neither"),
            ("-1", "neither"),
            ("8O", "neither"),
            ("", "empty"),
        ] {
            let error = parse(text, Proto::Tcp).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn services_are_read_with_aliases_and_comments() {
        let table = Services::read("# all\nhttp 80/tcp www # web\nweb 80/tcp\ntftp 69/udp\nbroken\nbad x/tcp\n");
        assert_eq!(table.by_name.get("www"), Some(&80));
        assert_eq!(table.tcp.get(&80).map(String::as_str), Some("http"));
        assert_eq!(table.udp.get(&69).map(String::as_str), Some("tftp"));
        assert_eq!(table.by_name.get("tftp"), Some(&69));
    }

    #[test]
    fn a_name_of_two_ports_means_the_protocols() {
        let table = Services::read("talk 517/tcp\ntalk 518/udp\ntalk 519/udp\n");
        let by = |proto| table.named("talk", proto);
        assert_eq!((by(Proto::Tcp), by(Proto::Udp)), (Some(517), Some(518)));
    }

    #[test]
    fn the_built_in_table_is_well_formed() {
        let table = Services::read(COMMON);
        let lines = COMMON.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(table.tcp.len() + table.udp.len(), lines.count());
        assert!(table.by_name.keys().all(|name| !name.contains(|c: char| c.is_ascii_uppercase())));
    }

    #[test]
    fn the_built_in_table_knows_the_usual_services_both_ways() {
        let table = Services::read(COMMON);
        for (name, port) in [("ssh", 22), ("www", 80), ("imap", 143), ("tftp", 69), ("sip", 5060), ("vnc", 5900)] {
            assert_eq!(table.by_name.get(name), Some(&port), "{name}");
        }
        for (port, tcp, udp) in
            [(53, Some("domain"), Some("domain")), (123, None, Some("ntp")), (22, Some("ssh"), None)]
        {
            assert_eq!(table.tcp.get(&port).map(String::as_str), tcp, "{port}");
            assert_eq!(table.udp.get(&port).map(String::as_str), udp, "{port}");
        }
    }
}
