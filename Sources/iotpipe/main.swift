import Arguments
import Glibc
import Pipeline
import Threads

// Before any other thread: they inherit the blocked signals.
ParentDeath.install()
StopSignal.shared.install()
exit(Iotpipe.run(arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessEnvironment.current))
