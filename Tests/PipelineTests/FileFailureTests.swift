import Glibc
import Testing

@testable import Pipeline

struct FileFailureTests {
    @Test(arguments: [
        (ENOSPC, "free some space"), (EDQUOT, "free some space"), (EACCES, "the right to write"),
        (EROFS, "read-only"), (ENOENT, "make the folder"), (EIO, "the disk reports an error"), (EFBIG, "ulimit -f"),
    ])
    func writingSaysWhatHelps(code: Int32, remedy: String) {
        let error = FileFailure.writing("/x", code)
        #expect(error.status == .ioFailure && error.message.contains(remedy), "\(error.message)")
        #expect(error.message.contains("space, or") == [ENOSPC, EDQUOT].contains(code))
    }

    @Test(arguments: [
        (EACCES, Pipeline.ExitStatus.inputMissing, "the right to read"), (ENOENT, .inputMissing, "check the path"),
        (EIO, .ioFailure, "the disk reports an error"),
    ])
    func readingToo(code: Int32, status: Pipeline.ExitStatus, remedy: String) {
        let error = FileFailure.reading("/x", code)
        #expect(error.status == status && error.message.contains(remedy), "\(error.message)")
    }
}
