import FoundationEssentials
import Glibc
import Latency

/// The folder of an experiment's results. Each finished run has a folder with its files in it, so that an experiment that
/// was cut off goes on where it was.
final class ExperimentFolder {
    /// The state of the experiment: `experiment.json`.
    private struct State: Codable {
        let settings: ExperimentSettings
        let machine: MachineDescription
        let iotpipe: String
    }

    let path: String
    /// The runs that an earlier start has finished, by name.
    private(set) var finished: [String: ExperimentRun] = [:]
    private let lock: Int32

    /// Makes the folder, or takes up the one that is there.
    ///
    /// - Throws: `RoleError`: 73 where it cannot be made, holds another experiment, or another process is at it.
    init(path: String, settings: ExperimentSettings, machine: MachineDescription, version: String) throws {
        self.path = path
        try WholeFile.makeFolder(path)
        lock = open("\(path)/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw FileFailure.creating("\(path)/.lock") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw RoleError(.cannotCreate, "another experiment is at work in \(path): choose another --output")
        }
        do {
            try takeUp(State(settings: settings, machine: machine, iotpipe: version))
        } catch {
            close(lock)
            throw error
        }
    }

    deinit {
        unlink("\(path)/.lock")
        close(lock)
    }

    private func takeUp(_ state: State) throws {
        let file = "\(path)/experiment.json"
        guard FileManager.default.fileExists(atPath: file) else {
            return try WholeFile.write(Array((JSONOutput.of(state) + "\n").utf8), to: file)
        }
        let earlier: State
        do {
            earlier = try JSONDecoder().decode(State.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            throw RoleError(.badData, "\(file) is no experiment's: choose another --output, or remove the file")
        }
        guard earlier.settings == state.settings, earlier.machine == state.machine, earlier.iotpipe == state.iotpipe
        else {
            let difference =
                earlier.settings != state.settings
                ? "options" : (earlier.machine != state.machine ? "machine" : "version of iotpipe")
            throw RoleError(
                .cannotCreate,
                "\(path) holds an experiment with another \(difference) (see \(file)): choose another --output, or remove "
                    + "the folder")
        }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/runs")) ?? [] {
            // A run without its record was cut off: it is run again.
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: "\(folder(of: name))/run.json")),
                let run = try? JSONDecoder().decode(ExperimentRun.self, from: data), run.name == name
            else { continue }
            finished[name] = run
        }
    }

    // MARK: - Runs

    /// The CSV files of a run that are there, one a producer.
    func files(of run: ExperimentRun) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder(of: run))) ?? []
        return names.filter { $0.hasSuffix(".csv") }.sorted().map { "\(folder(of: run))/\($0)" }
    }

    /// The file of one of this machine's producers, counted from 1.
    func file(of run: ExperimentRun, producer: Int) -> String { "\(folder(of: run))/p\(producer).csv" }

    /// Where the files of a run are.
    func folder(of run: ExperimentRun) -> String { folder(of: run.name) }

    /// The figures of a run.
    func summary(of run: ExperimentRun) throws -> LatencySummary {
        try LatencyReport(reading: files(of: run)).summaries[0]
    }

    /// Makes an empty folder for a run.
    func begin(_ run: ExperimentRun) throws {
        try WholeFile.makeFolder("\(path)/runs")
        try? FileManager.default.removeItem(atPath: folder(of: run.name))
        try WholeFile.makeFolder(folder(of: run.name))
    }

    /// Keeps the record of a run that is over.
    func finish(_ run: ExperimentRun) throws {
        try WholeFile.write(Array((JSONOutput.of(run) + "\n").utf8), to: "\(folder(of: run.name))/run.json")
        finished[run.name] = run
    }

    private func folder(of run: String) -> String { "\(path)/runs/\(run)" }
}
