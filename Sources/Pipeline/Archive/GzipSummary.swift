/// Sizes and digests of a gzip file and of what is in it.
struct GzipSummary: Equatable, Sendable {
    let fileBytes: Int
    let fileSHA256: String
    let contentBytes: Int
    let contentSHA256: String
}
