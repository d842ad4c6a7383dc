complete -c nsock -l port-file -d 'Write the bound port to FILE once listening (with port 0: which one it is)' -r -F
complete -c nsock -s p -l port -d 'The local port: to connect from, or with -l to listen on' -r
complete -c nsock -s s -l source -d 'The local address: to connect from, or with -l to listen on' -r
complete -c nsock -s I -l interface -d 'The network interface to use' -r
complete -c nsock -l reply -d 'Answer each line with TEXT, {} in it being the line, \\n \\r \\t \\0 \\xHH as in C; show what came' -r
complete -c nsock -l greeting -d 'Say TEXT to each peer that connects' -r
complete -c nsock -l delay -d 'Think for T before each answer' -r
complete -c nsock -s P -l parallel -d 'Ask at most N ports at once (4096, where there are descriptors for so many)' -r
complete -c nsock -l rate -d 'Ask at most N times a second, evenly spaced; with -u and an answering mode: answer at most N datagrams a second' -r
complete -c nsock -l retries -d 'Ask a silent port again N times (3)' -r
complete -c nsock -l until-open -d 'Ask one port until it is open, for T at most' -r
complete -c nsock -l exclude -d 'Do not ask these ports' -r
complete -c nsock -l shard -d 'Ask only share I of N, so that N machines ask each port once: 1/4 to 4/4' -r
complete -c nsock -s X -l method -d 'The method (GET; POST with --data)' -r
complete -c nsock -s H -l header -d 'Add this header, or replace nsock\'s own of that name; \'K:\' leaves it out' -r
complete -c nsock -l data -d 'Send this body, @FILE or @- for stdin; with -z -u ask UDP ports with it' -r
complete -c nsock -s m -l max-conns -d 'Serve at most N at once; the next wait in the backlog' -r
complete -c nsock -l max-conns-per-host -d 'Serve at most N at once from one address; the next are closed' -r
complete -c nsock -l accept -d 'Serve N in all, then leave' -r
complete -c nsock -s w -l timeout -d 'Give up after T: on connecting, and on silence once connected (-w 0 is no limit: it means -q 0)' -r
complete -c nsock -l connect-timeout -d 'Looking up and connecting take at most T (without it 10 s)' -r
complete -c nsock -l idle-timeout -d 'Leave after T without a byte either way' -r
complete -c nsock -l accept-timeout -d 'A listener waits at most T for its peer (-w does not limit that)' -r
complete -c nsock -l deadline -d 'The whole run takes at most T' -r
complete -c nsock -l encoding -d 'Show received text of this encoding as UTF-8, and send stdin in it (gbk, big5, latin1 ...)' -r
complete -c nsock -s i -l interval -d 'Wait T between lines sent' -r
complete -c nsock -l datagram -d 'How stdin is cut into datagrams: at SIZE bytes (16k by itself), or after each line' -r
complete -c nsock -s o -l output -d 'Received bytes go to FILE instead of stdout' -r -F
complete -c nsock -l ttl -d 'Hops a packet may take (IP_TTL, IPV6_UNICAST_HOPS)' -r
complete -c nsock -l tos -d 'Type of service: lowdelay, throughput, reliability, ef, af11 ... af43, cs0 ... cs7, or a number' -r
complete -c nsock -l keepalive -d 'Ask a silent peer each T whether it is still there (SO_KEEPALIVE)' -r
complete -c nsock -l rcvbuf -d 'Size of the receive buffer, as 64k or 1M (SO_RCVBUF)' -r
complete -c nsock -l sndbuf -d 'Size of the send buffer (SO_SNDBUF)' -r
complete -c nsock -s q -l quit-after -d 'When one side has ended, wait T for the other; -1 for ever' -r
complete -c nsock -s W -l max-chunks -d 'Leave after N received chunks (reads of at most 64 KiB) of each peer, or N datagrams; -W 1: the first answer' -r
complete -c nsock -l stop -d 'Stop when the peer\'s message, a line or a datagram, is WORD' -r
complete -c nsock -s x -l hex -d 'Dump what is sent and received, annotated, to stderr or FILE' -r -F
complete -c nsock -l color -d 'Colour what is told: auto (when stderr is a terminal), always or never' -r -f -a "auto\t'When stderr is a terminal and NO_COLOR is not set'
always\t'Always'
never\t'Never'"
complete -c nsock -s l -l listen -d 'Listen for a peer instead of connecting to one'
complete -c nsock -s z -l probe -d 'Ask which ports are open'
complete -c nsock -l http -d 'Send one HTTP request: the answer\'s head goes to stderr, its body to stdout'
complete -c nsock -s u -l udp -d 'UDP instead of TCP'
complete -c nsock -s U -l unix -d 'Unix sockets: the address is a path, or @NAME for Linux\'s abstract ones; with -u datagrams'
complete -c nsock -s 4 -l ipv4 -d 'IPv4 only'
complete -c nsock -s 6 -l ipv6 -d 'IPv6 only'
complete -c nsock -s n -l no-dns -d 'Numeric addresses only: no lookups'
complete -c nsock -l echo -d 'Answer with the bytes that came'
complete -c nsock -l hello -d 'Greet with Welcome!, answer each line with Hello, LINE!, close at the line exit'
complete -c nsock -l discard -d 'Read, count and forget'
complete -c nsock -s r -l random -d 'Ask in a random order'
complete -c nsock -l all -d 'Show every port, not only open ones; exit 0 only if all are open'
complete -c nsock -l banner -d 'Tell what a service says first'
complete -c nsock -l raw -d 'Write the answer as it comes, with its head and chunk sizes'
complete -c nsock -s f -l fail -d 'Exit 1 on a status of 400 and above'
complete -c nsock -s k -l keep-open -d 'Go on after the first peer; serve many at once'
complete -c nsock -l label -d 'Prefix each line on stdout with the peer it came from'
complete -c nsock -s C -l crlf -d 'Send LF as CRLF'
complete -c nsock -s t -l telnet -d 'Refuse telnet options, and keep them out of stdout'
complete -c nsock -s b -l broadcast -d 'Allow sending to a broadcast address'
complete -c nsock -s N -l shutdown -d 'Half-close at once at stdin\'s end, in every case'
complete -c nsock -l no-shutdown -d 'Never half-close'
complete -c nsock -s d -l no-stdin -d 'Never read stdin, never half-close'
complete -c nsock -l send-only -d 'Write nothing to stdout; leave at stdin\'s end'
complete -c nsock -s v -l verbose -d 'Tell what happens on stderr; -vv tells each step'
complete -c nsock -l quiet -d 'Print nothing, not even errors of the run: only the exit status speaks'
complete -c nsock -s D -l timestamps -d 'Tell the time of day with each line'
complete -c nsock -l progress -d 'Show bytes, rate and time left on stderr'
complete -c nsock -s j -l json -d 'Tell every event on stderr as a JSON object, one a line'
complete -c nsock -s h -l help -d 'Show this help'
complete -c nsock -s V -l version -d 'Show the version'
