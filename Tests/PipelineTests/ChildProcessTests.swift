import Foundation
import Glibc
import Testing
import TestSupport
import Threads

@testable import Pipeline

@Suite struct ChildProcessTests {
    private let folder = TemporaryFolder()

    /// A shell that runs `script`.
    private func shell(_ script: String, environment: [String: String] = [:]) throws -> ChildProcess {
        try ChildProcess(
            name: "shell", executable: "/bin/sh", arguments: ["-c", script], environment: environment,
            log: folder.file("log"))
    }

    private func end(of child: ChildProcess) -> ChildProcess.Exit? {
        child.wait(until: MonotonicClock.deadline(after: Wait.patience))
    }

    /// Waits until the child has written a line to its log.
    private func waitForLine(of child: ChildProcess) {
        Wait.until("the child writes") { !child.lastLines(1).isEmpty }
    }

    @Test(arguments: [0, 1, 75, 255] as [Int32])
    func exitStatusIsKept(code: Int32) throws {
        let child = try shell("exit \(code)")
        #expect(end(of: child) == .code(code))
        #expect(child.ended == .code(code))
    }

    @Test func signalIsToldFromAnExitStatus() throws {
        let child = try shell("kill -KILL $$")
        #expect(end(of: child) == .signal(SIGKILL))
        #expect(ChildProcess.Exit.signal(9).text == "was killed by signal 9")
        #expect(ChildProcess.Exit.code(69).text == "ended with exit status 69")
    }

    @Test func stopAsksFirst() throws {
        let child = try shell("trap 'exit 3' TERM; echo ready; while :; do read line || exit 4; done")
        waitForLine(of: child)
        #expect(child.ended == nil)
        child.stop(within: Wait.patience)
        #expect(child.ended == .code(3))
    }

    /// The shell's own `read` waits without another process that could outlive it.
    @Test func stopKillsWhoIgnoresTheRequest() throws {
        let child = try shell("trap '' TERM; echo ready; while :; do read line; done")
        waitForLine(of: child)
        child.stop(within: .milliseconds(50))
        #expect(child.ended == .signal(SIGKILL))
    }

    @Test func signalAfterTheEndDoesNothing() throws {
        let child = try shell("exit 0")
        #expect(end(of: child) == .code(0))
        child.signal(SIGKILL)
        child.stop(within: .zero)
        #expect(child.ended == .code(0))
    }

    @Test func standardInputIsWritten() throws {
        let child = try shell("read first; read second; echo \"$second $first\"; exit 5")
        child.write("one\ntwo\n")
        #expect(end(of: child) == .code(5))
        #expect(child.lastLines(1) == "two one")
    }

    @Test func inputEndsWithItsOwner() throws {
        let log = folder.file("log")
        var child: ChildProcess? = try shell("cat; echo end")
        #expect(child?.ended == nil)
        child = nil
        Wait.until("the child sees the end") { (try? TextFile.read(log)) == "end\n" }
    }

    @Test func nobodyReadingDoesNotBlock() throws {
        let child = try shell("trap '' TERM; echo ready; kill -STOP $$; exit 0")
        waitForLine(of: child)
        // A pipe holds 64 KiB.
        let line = String(repeating: "x", count: 4_000) + "\n"
        for _ in 0..<18 { child.write(line) }
        child.signal(SIGKILL)
        #expect(end(of: child) == .signal(SIGKILL))
    }

    @Test func outputAndErrorsAreAppendedToTheLog() throws {
        for word in ["first", "second"] {
            let child = try shell("echo \(word); echo \(word) error >&2")
            #expect(end(of: child) == .code(0))
        }
        let log = folder.file("log")
        #expect(try TextFile.read(log) == "first\nfirst error\nsecond\nsecond error\n")
        let child = try shell("echo third")
        #expect(end(of: child) == .code(0))
        #expect(child.lastLines(2) == "second error\nthird")
        let mode = try FileManager.default.attributesOfItem(atPath: log)[.posixPermissions] as? Int
        #expect(mode == 0o600, "a log may hold what others should not read")
    }

    @Test func environmentIsAddedToOurOwn() throws {
        let child = try shell(
            "echo \"$GIVEN:$IOTPIPE_DIE_WITH_PARENT:${PATH:+path}\"", environment: ["GIVEN": "a=b c"])
        #expect(end(of: child) == .code(0))
        #expect(child.lastLines(1) == "a=b c:\(getpid()):path")
    }

    /// Ctrl-C reaches a terminal's foreground group: the parent alone.
    @Test func childHasAProcessGroupOfItsOwn() throws {
        let child = try shell("read -r _ _ _ _ group _ < /proc/$$/stat; echo $$ $group")
        #expect(end(of: child) == .code(0))
        let numbers = child.lastLines(1).split(separator: " ")
        #expect(numbers.count == 2 && numbers[0] == numbers[1])
    }

    @Test func programThatIsMissingIsNamed() {
        let error = thrown(RoleError.self) {
            _ = try ChildProcess(
                name: "ghost", executable: "/nowhere/ghost", arguments: [], environment: [:], log: folder.file("log"))
        }
        #expect(error?.message == "cannot start the process ghost: No such file or directory")
    }
}
