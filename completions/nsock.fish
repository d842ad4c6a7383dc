complete -c nsock -l port-file -d 'Write the bound port to FILE once listening (with port 0: which one it is)' -r -F
complete -c nsock -s p -l port -d 'The local port: to connect from, or with -l to listen on' -r
complete -c nsock -s s -l source -d 'The local address: to connect from, or with -l to listen on' -r
complete -c nsock -s I -l interface -d 'The network interface to use' -r
complete -c nsock -s w -l timeout -d 'Connecting takes at most T, and so does silence on a connection (0 sets no limit, but -q 0)' -r
complete -c nsock -l connect-timeout -d 'Looking up and connecting take at most T (without it 10 s)' -r
complete -c nsock -l idle-timeout -d 'Leave after T without a byte either way' -r
complete -c nsock -l accept-timeout -d 'A listener waits at most T for its peer (-w does not limit that)' -r
complete -c nsock -l deadline -d 'The whole run takes at most T' -r
complete -c nsock -s q -l quit-after -d 'When one side has ended, wait T for the other; -1 for ever' -r
complete -c nsock -l color -d 'Colour what is told: auto (when stderr is a terminal), always or never' -r -f -a "auto\t'When stderr is a terminal and NO_COLOR is not set'
always\t'Always'
never\t'Never'"
complete -c nsock -s l -l listen -d 'Listen for a peer instead of connecting to one'
complete -c nsock -s 4 -l ipv4 -d 'IPv4 only'
complete -c nsock -s 6 -l ipv6 -d 'IPv6 only'
complete -c nsock -s n -l no-dns -d 'Numeric addresses only: look no name up'
complete -c nsock -s N -l shutdown -d 'Half-close at once at stdin\'s end, in every case'
complete -c nsock -l no-shutdown -d 'Never half-close'
complete -c nsock -s d -l no-stdin -d 'Never read stdin, never half-close'
complete -c nsock -l send-only -d 'Write nothing to stdout; leave at stdin\'s end'
complete -c nsock -s v -l verbose -d 'Tell what happens on stderr; -vv tells each step'
complete -c nsock -l quiet -d 'Tell nothing of the run, not even errors: the exit status speaks'
complete -c nsock -s j -l json -d 'Tell every event on stderr as a JSON object, one a line'
complete -c nsock -s h -l help -d 'Show this help'
complete -c nsock -s V -l version -d 'Show the version'
