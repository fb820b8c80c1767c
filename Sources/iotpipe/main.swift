import Arguments
import Glibc
import Pipeline

// A reader that has gone shows as an error of the write, not as a signal.
signal(SIGPIPE, SIG_IGN)
ParentDeath.install()
exit(Iotpipe.run(arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessEnvironment.current))
