
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'nsock' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'nsock'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'nsock' {
            [CompletionResult]::new('--port-file', '--port-file', [CompletionResultType]::ParameterName, 'Write the bound port to FILE once listening (with port 0: which one it is)')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The local port: to connect from, or with -l to listen on')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'The local port: to connect from, or with -l to listen on')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The local address: to connect from, or with -l to listen on')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'The local address: to connect from, or with -l to listen on')
            [CompletionResult]::new('-I', '-I ', [CompletionResultType]::ParameterName, 'The network interface to use')
            [CompletionResult]::new('--interface', '--interface', [CompletionResultType]::ParameterName, 'The network interface to use')
            [CompletionResult]::new('--reply', '--reply', [CompletionResultType]::ParameterName, 'Answer each line with TEXT, {} in it being the line, \n \r \t \0 \xHH as in C; show what came')
            [CompletionResult]::new('--greeting', '--greeting', [CompletionResultType]::ParameterName, 'Say TEXT to each peer that connects')
            [CompletionResult]::new('--delay', '--delay', [CompletionResultType]::ParameterName, 'Think for T before each answer')
            [CompletionResult]::new('-P', '-P ', [CompletionResultType]::ParameterName, 'Ask at most N ports at once (4096, where there are descriptors for so many)')
            [CompletionResult]::new('--parallel', '--parallel', [CompletionResultType]::ParameterName, 'Ask at most N ports at once (4096, where there are descriptors for so many)')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Ask at most N times a second, evenly spaced; with -u and an answering mode: answer at most N datagrams a second')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Ask a silent port again N times (3)')
            [CompletionResult]::new('--until-open', '--until-open', [CompletionResultType]::ParameterName, 'Ask one port until it is open, for T at most')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'Do not ask these ports')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Ask only share I of N, so that N machines ask each port once: 1/4 to 4/4')
            [CompletionResult]::new('-X', '-X ', [CompletionResultType]::ParameterName, 'The method (GET; POST with --data)')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'The method (GET; POST with --data)')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Add this header, or replace nsock''s own of that name; ''K:'' leaves it out')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Add this header, or replace nsock''s own of that name; ''K:'' leaves it out')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Send this body, @FILE or @- for stdin; with -z -u ask UDP ports with it')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Serve at most N at once; the next wait in the backlog')
            [CompletionResult]::new('--max-conns', '--max-conns', [CompletionResultType]::ParameterName, 'Serve at most N at once; the next wait in the backlog')
            [CompletionResult]::new('--max-conns-per-host', '--max-conns-per-host', [CompletionResultType]::ParameterName, 'Serve at most N at once from one address; the next are closed')
            [CompletionResult]::new('--accept', '--accept', [CompletionResultType]::ParameterName, 'Serve N in all, then leave')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Give up after T: on connecting, and on silence once connected (-w 0 is no limit: it means -q 0)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Give up after T: on connecting, and on silence once connected (-w 0 is no limit: it means -q 0)')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Looking up and connecting take at most T (without it 10 s)')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'Leave after T without a byte either way')
            [CompletionResult]::new('--accept-timeout', '--accept-timeout', [CompletionResultType]::ParameterName, 'A listener waits at most T for its peer (-w does not limit that)')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'The whole run takes at most T')
            [CompletionResult]::new('--encoding', '--encoding', [CompletionResultType]::ParameterName, 'Show received text of this encoding as UTF-8, and send stdin in it (gbk, big5, latin1 ...)')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Wait T between lines sent')
            [CompletionResult]::new('--interval', '--interval', [CompletionResultType]::ParameterName, 'Wait T between lines sent')
            [CompletionResult]::new('--datagram', '--datagram', [CompletionResultType]::ParameterName, 'How stdin is cut into datagrams: at SIZE bytes (16k by itself), or after each line')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Received bytes go to FILE instead of stdout')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Received bytes go to FILE instead of stdout')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Hops a packet may take (IP_TTL, IPV6_UNICAST_HOPS)')
            [CompletionResult]::new('--tos', '--tos', [CompletionResultType]::ParameterName, 'Type of service: lowdelay, throughput, reliability, ef, af11 ... af43, cs0 ... cs7, or a number')
            [CompletionResult]::new('--keepalive', '--keepalive', [CompletionResultType]::ParameterName, 'Ask a silent peer each T whether it is still there (SO_KEEPALIVE)')
            [CompletionResult]::new('--rcvbuf', '--rcvbuf', [CompletionResultType]::ParameterName, 'Size of the receive buffer, as 64k or 1M (SO_RCVBUF)')
            [CompletionResult]::new('--sndbuf', '--sndbuf', [CompletionResultType]::ParameterName, 'Size of the send buffer (SO_SNDBUF)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'When one side has ended, wait T for the other; -1 for ever')
            [CompletionResult]::new('--quit-after', '--quit-after', [CompletionResultType]::ParameterName, 'When one side has ended, wait T for the other; -1 for ever')
            [CompletionResult]::new('-W', '-W ', [CompletionResultType]::ParameterName, 'Leave after N received chunks (reads of at most 64 KiB) of each peer, or N datagrams; -W 1: the first answer')
            [CompletionResult]::new('--max-chunks', '--max-chunks', [CompletionResultType]::ParameterName, 'Leave after N received chunks (reads of at most 64 KiB) of each peer, or N datagrams; -W 1: the first answer')
            [CompletionResult]::new('--stop', '--stop', [CompletionResultType]::ParameterName, 'Stop when the peer''s message, a line or a datagram, is WORD')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'Dump what is sent and received, annotated, to stderr or FILE')
            [CompletionResult]::new('--hex', '--hex', [CompletionResultType]::ParameterName, 'Dump what is sent and received, annotated, to stderr or FILE')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour what is told: auto (when stderr is a terminal), always or never')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Listen for a peer instead of connecting to one')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Listen for a peer instead of connecting to one')
            [CompletionResult]::new('-z', '-z', [CompletionResultType]::ParameterName, 'Ask which ports are open')
            [CompletionResult]::new('--probe', '--probe', [CompletionResultType]::ParameterName, 'Ask which ports are open')
            [CompletionResult]::new('--http', '--http', [CompletionResultType]::ParameterName, 'Send one HTTP request: the answer''s head goes to stderr, its body to stdout')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'UDP instead of TCP')
            [CompletionResult]::new('--udp', '--udp', [CompletionResultType]::ParameterName, 'UDP instead of TCP')
            [CompletionResult]::new('-U', '-U ', [CompletionResultType]::ParameterName, 'Unix sockets: the address is a path, or @NAME for Linux''s abstract ones; with -u datagrams')
            [CompletionResult]::new('--unix', '--unix', [CompletionResultType]::ParameterName, 'Unix sockets: the address is a path, or @NAME for Linux''s abstract ones; with -u datagrams')
            [CompletionResult]::new('-4', '-4', [CompletionResultType]::ParameterName, 'IPv4 only')
            [CompletionResult]::new('--ipv4', '--ipv4', [CompletionResultType]::ParameterName, 'IPv4 only')
            [CompletionResult]::new('-6', '-6', [CompletionResultType]::ParameterName, 'IPv6 only')
            [CompletionResult]::new('--ipv6', '--ipv6', [CompletionResultType]::ParameterName, 'IPv6 only')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Numeric addresses only: no lookups')
            [CompletionResult]::new('--no-dns', '--no-dns', [CompletionResultType]::ParameterName, 'Numeric addresses only: no lookups')
            [CompletionResult]::new('--echo', '--echo', [CompletionResultType]::ParameterName, 'Answer with the bytes that came')
            [CompletionResult]::new('--hello', '--hello', [CompletionResultType]::ParameterName, 'Greet with Welcome!, answer each line with Hello, LINE!, close at the line exit')
            [CompletionResult]::new('--discard', '--discard', [CompletionResultType]::ParameterName, 'Read, count and forget')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Ask in a random order')
            [CompletionResult]::new('--random', '--random', [CompletionResultType]::ParameterName, 'Ask in a random order')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Show every port, not only open ones; exit 0 only if all are open')
            [CompletionResult]::new('--banner', '--banner', [CompletionResultType]::ParameterName, 'Tell what a service says first')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Write the answer as it comes, with its head and chunk sizes')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Exit 1 on a status of 400 and above')
            [CompletionResult]::new('--fail', '--fail', [CompletionResultType]::ParameterName, 'Exit 1 on a status of 400 and above')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Go on after the first peer; serve many at once')
            [CompletionResult]::new('--keep-open', '--keep-open', [CompletionResultType]::ParameterName, 'Go on after the first peer; serve many at once')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Prefix each line on stdout with the peer it came from')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Send LF as CRLF')
            [CompletionResult]::new('--crlf', '--crlf', [CompletionResultType]::ParameterName, 'Send LF as CRLF')
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Refuse telnet options, and keep them out of stdout')
            [CompletionResult]::new('--telnet', '--telnet', [CompletionResultType]::ParameterName, 'Refuse telnet options, and keep them out of stdout')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Allow sending to a broadcast address')
            [CompletionResult]::new('--broadcast', '--broadcast', [CompletionResultType]::ParameterName, 'Allow sending to a broadcast address')
            [CompletionResult]::new('-N', '-N ', [CompletionResultType]::ParameterName, 'Half-close at once at stdin''s end, in every case')
            [CompletionResult]::new('--shutdown', '--shutdown', [CompletionResultType]::ParameterName, 'Half-close at once at stdin''s end, in every case')
            [CompletionResult]::new('--no-shutdown', '--no-shutdown', [CompletionResultType]::ParameterName, 'Never half-close')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Never read stdin, never half-close')
            [CompletionResult]::new('--no-stdin', '--no-stdin', [CompletionResultType]::ParameterName, 'Never read stdin, never half-close')
            [CompletionResult]::new('--send-only', '--send-only', [CompletionResultType]::ParameterName, 'Write nothing to stdout; leave at stdin''s end')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell what happens on stderr; -vv tells each step')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell what happens on stderr; -vv tells each step')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print nothing, not even errors of the run: only the exit status speaks')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell the time of day with each line')
            [CompletionResult]::new('--timestamps', '--timestamps', [CompletionResultType]::ParameterName, 'Tell the time of day with each line')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'Show bytes, rate and time left on stderr')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'Tell every event on stderr as a JSON object, one a line')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Tell every event on stderr as a JSON object, one a line')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Show this help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Show this help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Show the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Show the version')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
