/// One class and how probable the model holds it.
public struct ClassScore: Sendable, Equatable {
    /// The class's index, 0 to classes - 1.
    public let index: Int

    /// The class's name.
    public let label: String

    /// 0 to 1.
    public let probability: Float
}

extension ClassScore {
    /// The most probable classes of a row of probabilities, best first; equal ones in the order of their indices.
    public static func best(_ count: Int, of probabilities: [Float], labels: [String]) -> [ClassScore] {
        guard count > 0 else { return [] }
        var best: [Int] = []
        for index in probabilities.indices.prefix(labels.count) {
            if best.count == count, probabilities[index] <= probabilities[best[count - 1]] { continue }
            let place = best.firstIndex { probabilities[$0] < probabilities[index] } ?? best.count
            best.insert(index, at: place)
            if best.count > count { best.removeLast() }
        }
        return best.map { ClassScore(index: $0, label: labels[$0], probability: probabilities[$0]) }
    }
}
