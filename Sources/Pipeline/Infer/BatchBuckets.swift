/// The batch sizes that the model is run with: powers of two. The first runs of a size are a hundred times slower, so each
/// is warmed up, and only these occur.
enum BatchBuckets {
    /// 1, 2, 4, … up to `maximum`.
    static func sizes(upTo maximum: Int) -> [Int] {
        var sizes = [1]
        while sizes[sizes.count - 1] * 2 <= maximum { sizes.append(sizes[sizes.count - 1] * 2) }
        return sizes
    }

    /// The items of a batch in pieces of these sizes, the largest first: 13 are 8, 4 and 1.
    static func pieces<Item>(of items: [Item]) -> [ArraySlice<Item>] {
        var pieces: [ArraySlice<Item>] = []
        var rest = items[...]
        while !rest.isEmpty {
            let size = 1 << (Int.bitWidth - 1 - rest.count.leadingZeroBitCount)
            pieces.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return pieces
    }
}
