
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
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Connecting takes at most T, and so does silence on a connection (0 sets no limit, but -q 0)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Connecting takes at most T, and so does silence on a connection (0 sets no limit, but -q 0)')
            [CompletionResult]::new('--connect-timeout', '--connect-timeout', [CompletionResultType]::ParameterName, 'Looking up and connecting take at most T (without it 10 s)')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'Leave after T without a byte either way')
            [CompletionResult]::new('--accept-timeout', '--accept-timeout', [CompletionResultType]::ParameterName, 'A listener waits at most T for its peer (-w does not limit that)')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'The whole run takes at most T')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'When one side has ended, wait T for the other; -1 for ever')
            [CompletionResult]::new('--quit-after', '--quit-after', [CompletionResultType]::ParameterName, 'When one side has ended, wait T for the other; -1 for ever')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colour what is told: auto (when stderr is a terminal), always or never')
            [CompletionResult]::new('-l', '-l', [CompletionResultType]::ParameterName, 'Listen for a peer instead of connecting to one')
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Listen for a peer instead of connecting to one')
            [CompletionResult]::new('-4', '-4', [CompletionResultType]::ParameterName, 'IPv4 only')
            [CompletionResult]::new('--ipv4', '--ipv4', [CompletionResultType]::ParameterName, 'IPv4 only')
            [CompletionResult]::new('-6', '-6', [CompletionResultType]::ParameterName, 'IPv6 only')
            [CompletionResult]::new('--ipv6', '--ipv6', [CompletionResultType]::ParameterName, 'IPv6 only')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Numeric addresses only: look no name up')
            [CompletionResult]::new('--no-dns', '--no-dns', [CompletionResultType]::ParameterName, 'Numeric addresses only: look no name up')
            [CompletionResult]::new('-N', '-N ', [CompletionResultType]::ParameterName, 'Half-close at once at stdin''s end, in every case')
            [CompletionResult]::new('--shutdown', '--shutdown', [CompletionResultType]::ParameterName, 'Half-close at once at stdin''s end, in every case')
            [CompletionResult]::new('--no-shutdown', '--no-shutdown', [CompletionResultType]::ParameterName, 'Never half-close')
            [CompletionResult]::new('-d', '-d', [CompletionResultType]::ParameterName, 'Never read stdin, never half-close')
            [CompletionResult]::new('--no-stdin', '--no-stdin', [CompletionResultType]::ParameterName, 'Never read stdin, never half-close')
            [CompletionResult]::new('--send-only', '--send-only', [CompletionResultType]::ParameterName, 'Write nothing to stdout; leave at stdin''s end')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Tell what happens on stderr; -vv tells each step')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Tell what happens on stderr; -vv tells each step')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Tell nothing of the run, not even errors: the exit status speaks')
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
