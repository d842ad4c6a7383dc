
use builtin;
use str;

set edit:completion:arg-completer[nsock] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'nsock'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'nsock'= {
            cand --port-file 'Write the bound port to FILE once listening (with port 0: which one it is)'
            cand -p 'The local port: to connect from, or with -l to listen on'
            cand --port 'The local port: to connect from, or with -l to listen on'
            cand -s 'The local address: to connect from, or with -l to listen on'
            cand --source 'The local address: to connect from, or with -l to listen on'
            cand -I 'The network interface to use'
            cand --interface 'The network interface to use'
            cand --reply 'Answer each line with TEXT, {} in it being the line, \n \r \t \0 \xHH as in C; show what came'
            cand --greeting 'Say TEXT to each peer that connects'
            cand --delay 'Think for T before each answer'
            cand --rate 'Answer at most N datagrams a second, N of them at once'
            cand -m 'Serve at most N at once; the next wait in the backlog'
            cand --max-conns 'Serve at most N at once; the next wait in the backlog'
            cand --max-conns-per-host 'Serve at most N at once from one address; the next are closed'
            cand --accept 'Serve N in all, then leave'
            cand -w 'Connecting takes at most T, and so does silence on a connection (0 sets no limit, but -q 0)'
            cand --timeout 'Connecting takes at most T, and so does silence on a connection (0 sets no limit, but -q 0)'
            cand --connect-timeout 'Looking up and connecting take at most T (without it 10 s)'
            cand --idle-timeout 'Leave after T without a byte either way'
            cand --accept-timeout 'A listener waits at most T for its peer (-w does not limit that)'
            cand --deadline 'The whole run takes at most T'
            cand --encoding 'Show received text of this encoding as UTF-8, and send stdin in it (gbk, big5, latin1 ...)'
            cand -i 'Wait T between lines sent'
            cand --interval 'Wait T between lines sent'
            cand --datagram 'How stdin is cut into datagrams: at SIZE bytes (16k by itself), or after each line'
            cand -o 'Received bytes go to FILE instead of stdout'
            cand --output 'Received bytes go to FILE instead of stdout'
            cand --ttl 'Hops a packet may take (IP_TTL, IPV6_UNICAST_HOPS)'
            cand --tos 'Type of service: lowdelay, throughput, reliability, ef, af11 ... af43, cs0 ... cs7, or a number'
            cand --keepalive 'Ask a silent peer each T whether it is still there (SO_KEEPALIVE)'
            cand --rcvbuf 'Size of the receive buffer, as 64k or 1M (SO_RCVBUF)'
            cand --sndbuf 'Size of the send buffer (SO_SNDBUF)'
            cand -q 'When one side has ended, wait T for the other; -1 for ever'
            cand --quit-after 'When one side has ended, wait T for the other; -1 for ever'
            cand -W 'Stop after N received chunks of each peer (one read, at most 64 KiB), or N datagrams'
            cand --max-chunks 'Stop after N received chunks of each peer (one read, at most 64 KiB), or N datagrams'
            cand --stop 'Stop when the peer''s message, a line or a datagram, is WORD'
            cand -x 'Dump what is sent and received, annotated, to stderr or FILE'
            cand --hex 'Dump what is sent and received, annotated, to stderr or FILE'
            cand --color 'Colour what is told: auto (when stderr is a terminal), always or never'
            cand -l 'Listen for a peer instead of connecting to one'
            cand --listen 'Listen for a peer instead of connecting to one'
            cand -u 'UDP instead of TCP'
            cand --udp 'UDP instead of TCP'
            cand -U 'Unix sockets: the address is a path, or @NAME for Linux''s abstract ones; with -u datagrams'
            cand --unix 'Unix sockets: the address is a path, or @NAME for Linux''s abstract ones; with -u datagrams'
            cand -4 'IPv4 only'
            cand --ipv4 'IPv4 only'
            cand -6 'IPv6 only'
            cand --ipv6 'IPv6 only'
            cand -n 'Numeric addresses only: look no name up'
            cand --no-dns 'Numeric addresses only: look no name up'
            cand --echo 'Answer with the bytes that came'
            cand --hello 'Greet with Welcome!, answer each line with Hello, LINE!, close at the line exit'
            cand --discard 'Read, count and forget'
            cand -k 'Go on after the first peer; serve many at once'
            cand --keep-open 'Go on after the first peer; serve many at once'
            cand --label 'Prefix each line on stdout with the peer it came from'
            cand -C 'Send LF as CRLF'
            cand --crlf 'Send LF as CRLF'
            cand -t 'Refuse telnet options, and keep them out of stdout'
            cand --telnet 'Refuse telnet options, and keep them out of stdout'
            cand -b 'Allow sending to a broadcast address'
            cand --broadcast 'Allow sending to a broadcast address'
            cand -N 'Half-close at once at stdin''s end, in every case'
            cand --shutdown 'Half-close at once at stdin''s end, in every case'
            cand --no-shutdown 'Never half-close'
            cand -d 'Never read stdin, never half-close'
            cand --no-stdin 'Never read stdin, never half-close'
            cand --send-only 'Write nothing to stdout; leave at stdin''s end'
            cand -v 'Tell what happens on stderr; -vv tells each step'
            cand --verbose 'Tell what happens on stderr; -vv tells each step'
            cand --quiet 'Tell nothing of the run, not even errors: the exit status speaks'
            cand -D 'Tell the time of day with each line'
            cand --timestamps 'Tell the time of day with each line'
            cand --progress 'Show bytes, rate and time left on stderr'
            cand -j 'Tell every event on stderr as a JSON object, one a line'
            cand --json 'Tell every event on stderr as a JSON object, one a line'
            cand -h 'Show this help'
            cand --help 'Show this help'
            cand -V 'Show the version'
            cand --version 'Show the version'
        }
    ]
    $completions[$command]
}
