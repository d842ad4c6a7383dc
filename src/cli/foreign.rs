//! Flags of other netcats, curl and nmap that fingers know and nsock does not have: each names the way out.

/// The way out for a flag that does not exist here, as clap names it (`-e`, `--ssl`).
pub(super) fn way_out(flag: &str) -> Option<&'static str> {
    FLAGS.iter().find(|(flags, _)| flags.split(' ').any(|known| known == flag)).map(|(_, way)| *way)
}

/// What to write beside --http instead of a flag that means something to curl, and nothing here.
pub(super) fn beside_http(flag: &str) -> &'static str {
    match flag {
        "-d" => "; a body is --data",
        "-i" => "; the head is told on stderr, and --raw writes it too",
        "-u" => "; a user goes in the URL",
        _ => "",
    }
}

const FLAGS: [(&str, &str); 18] = [
    (
        "-e -c --exec --sh-exec --lua-exec",
        "nsock runs no programs; join one by pipes: mkfifo f; program < f | nsock -l 8888 > f",
    ),
    ("--ssl --ssl-verify --ssl-cert --ssl-key", "nsock speaks no TLS yet; use openssl s_client or socat"),
    ("--proxy --proxy-type --proxy-auth", "nsock has no proxy yet"),
    ("--broker --chat", "a broker comes with a later version; -k relays between stdin and all peers"),
    ("--append-output", "use >> FILE instead of -o FILE"),
    ("--idle", "it is --idle-timeout here"),
    ("-O -M", "for buffer sizes use --rcvbuf and --sndbuf, for hops --ttl"),
    ("-T", "in other netcats this is TOS (here --tos) or telnet (here -t)"),
    ("-S", "TCP MD5 signatures are not supported"),
    ("--request", "it is -X or --method here, beside --http"),
    ("--data-raw --data-binary --data-ascii --data-urlencode", "use --data TEXT, @FILE or @- beside --http"),
    ("--location --compressed --user --insecure", "--http sends one request as it is written; a user goes in the URL"),
    ("--allow --deny --allowfile --denyfile", "nsock filters no clients; a firewall does"),
    ("-g -G", "source routing is not supported; to limit connecting use --connect-timeout"),
    ("--sctp --vsock --dccp", "nsock speaks TCP, UDP and Unix sockets"),
    ("-Z -R -L -A -a -y -?", "no netcat's meaning of it exists here; nsock -h shows what does"),
    ("-0 -1 -2 -3 -5 -7 -8 -9", "a list of ports from the first on is written 1-1024"),
    ("-F", "passing the descriptor on is not supported"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_flag_names_a_way_out() {
        assert!(way_out("-e").is_some_and(|way| way.contains("no programs")));
        assert!(way_out("--ssl").is_some_and(|way| way.contains("TLS")));
        assert_eq!(way_out("--nonsense"), None);
    }
}
