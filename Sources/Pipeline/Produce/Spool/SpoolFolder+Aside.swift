import Glibc

/// What a spool does not send: it is put aside, under its segment's name with more behind it, for the operator.
extension SpoolFolder {
    /// A segment was sent as a whole.
    ///
    /// - Throws: `RoleError` where it cannot be removed: the next start would send it again.
    func remove(_ segment: Segment) throws(RoleError) {
        guard unlink(segment.path) == 0 || errno == ENOENT else {
            throw SpoolFolder.keeping("remove", segment)
        }
    }

    /// Puts a damaged segment aside, never over another file.
    ///
    /// - Returns: where it is now.
    func putAside(_ segment: Segment) throws(RoleError) -> String {
        var (aside, number) = ("\(segment.path).damaged", 1)
        // Unlike `rename`, a link replaces nothing.
        while link(segment.path, aside) != 0 {
            guard errno == EEXIST else { throw SpoolFolder.keeping("put aside", segment) }
            number += 1
            aside = "\(segment.path).damaged-\(number)"
        }
        guard unlink(segment.path) == 0 else { throw SpoolFolder.keeping("put aside", segment) }
        try synchronize()
        return aside
    }

    /// Keeps records of a segment that the broker refuses, in a file that is a segment itself: under the segment's name it
    /// would be sent again.
    ///
    /// - Returns: where they are.
    func keepRefused(_ records: [SpoolRecord], of segment: Segment) throws(RoleError) -> String {
        // One that is there was written for the same segment by a run that was killed before it removed that one.
        let file = try SpoolFile(making: "\(segment.path).refused", replaces: true)
        defer { file.close() }
        try file.append(SpoolSegment.magic + records.flatMap(\.bytes))
        try synchronize()
        return file.path
    }

    private static func keeping(_ what: String, _ segment: Segment) -> RoleError {
        RoleError(
            .ioFailure,
            "cannot \(what) \(segment.path) of the spool: \(String(cString: strerror(errno))); its images were sent, and the "
                + "next start sends them again; have the folder writable")
    }
}
