/// "Did you mean": the known word nearest to a mistyped one.
enum Suggestion {
    /// The candidate nearest to `word`, or nil where none is near enough to be what was meant. Near is at most one slip
    /// (a letter wrong, missing, too many, or two swapped) for every three letters; the start of a word counts as well.
    static func closest(to word: String, among candidates: [String]) -> String? {
        let word = word.lowercased()
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(word, candidate.lowercased())
            if distance <= max(1, min(word.count, candidate.count) / 3), distance < best?.distance ?? .max {
                best = (candidate, distance)
            }
        }
        if let best { return best.distance < word.count ? best.candidate : nil }
        let begun = candidates.filter { $0.lowercased().hasPrefix(word) }
        return begun.count == 1 && word.count >= 2 ? begun[0] : nil
    }

    /// Damerau–Levenshtein distance in its optimal string alignment form: insertions, deletions, substitutions and
    /// swaps of neighbours, each counted once.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left)
        let right = Array(right)
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                var cost = min(
                    previous[column + 1] + 1, current[column] + 1,
                    previous[column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
