/// How often each class was taken for which, as a chart shows it.
public struct ConfusionMatrix: Sendable {
    /// The names of the rows: what is in the pictures.
    public let rows: [String]
    /// The names of the columns: what they were taken for. The first are those of the rows.
    public let columns: [String]
    /// Pictures of each row, by column.
    public let counts: [[Int]]

    /// - Parameters:
    ///   - names: of the classes, at least one.
    ///   - counts: a row for each name: how often it was taken for each name, and last for anything else. That column is
    ///     left out where it is empty.
    public init(names: [String], counts: [[Int]]) {
        precondition(!names.isEmpty && counts.count == names.count, "a matrix has a row for each of its names")
        precondition(counts.allSatisfy { $0.count == names.count + 1 }, "a row counts each name and all others")
        rows = names
        let hasOthers = counts.contains { $0[names.count] > 0 }
        columns = names + (hasOthers ? ["other classes"] : [])
        self.counts = hasOthers ? counts : counts.map { Array($0.dropLast()) }
    }

    /// The share of a row's pictures in a column, 0 to 1.
    func share(_ row: Int, _ column: Int) -> Double {
        let total = counts[row].reduce(0, +)
        return total == 0 ? 0 : Double(counts[row][column]) / Double(total)
    }
}
