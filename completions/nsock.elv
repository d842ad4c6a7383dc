
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
            cand -w 'Connecting takes at most T, and so does silence on a connection (0 sets no limit, but -q 0)'
            cand --timeout 'Connecting takes at most T, and so does silence on a connection (0 sets no limit, but -q 0)'
            cand --connect-timeout 'Looking up and connecting take at most T (without it 10 s)'
            cand --idle-timeout 'Leave after T without a byte either way'
            cand --accept-timeout 'A listener waits at most T for its peer (-w does not limit that)'
            cand --deadline 'The whole run takes at most T'
            cand -q 'When one side has ended, wait T for the other; -1 for ever'
            cand --quit-after 'When one side has ended, wait T for the other; -1 for ever'
            cand --color 'Colour what is told: auto (when stderr is a terminal), always or never'
            cand -l 'Listen for a peer instead of connecting to one'
            cand --listen 'Listen for a peer instead of connecting to one'
            cand -4 'IPv4 only'
            cand --ipv4 'IPv4 only'
            cand -6 'IPv6 only'
            cand --ipv6 'IPv6 only'
            cand -n 'Numeric addresses only: look no name up'
            cand --no-dns 'Numeric addresses only: look no name up'
            cand -N 'Half-close at once at stdin''s end, in every case'
            cand --shutdown 'Half-close at once at stdin''s end, in every case'
            cand --no-shutdown 'Never half-close'
            cand -d 'Never read stdin, never half-close'
            cand --no-stdin 'Never read stdin, never half-close'
            cand --send-only 'Write nothing to stdout; leave at stdin''s end'
            cand -v 'Tell what happens on stderr; -vv tells each step'
            cand --verbose 'Tell what happens on stderr; -vv tells each step'
            cand --quiet 'Tell nothing of the run, not even errors: the exit status speaks'
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
