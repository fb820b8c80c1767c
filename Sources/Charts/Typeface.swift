import CCairo
import Threads

/// DejaVu Sans out of files of our own, so that a system without fonts draws the same texts. fontconfig takes no part: it
/// would want a configuration, and write a cache.
struct Typeface {
    /// Kept for as long as the process runs, as all of cairo's own caches are.
    let regular: OpaquePointer
    let bold: OpaquePointer

    /// The one in `../share/fonts`, seen from the executable's folder; nil where there is none, as in a build.
    nonisolated(unsafe) static let bundled: Typeface? = {
        guard let executable = Executable.path else { return nil }
        return Typeface(folder: Executable.folder(of: Executable.folder(of: executable)) + "/share/fonts")
    }()

    /// Nil where the folder lacks one of the two files, or where one is no font.
    init?(folder: String) {
        guard let regular = iotpipe_font_face(folder + "/DejaVuSans.ttf"),
            let bold = iotpipe_font_face(folder + "/DejaVuSans-Bold.ttf")
        else { return nil }
        self.regular = regular
        self.bold = bold
    }
}
