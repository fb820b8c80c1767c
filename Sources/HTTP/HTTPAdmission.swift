extension HTTPServer {
    /// What becomes of a request whose headers have come, and whose body has not.
    public enum Admission: Sendable {
        /// The body is read, up to so many bytes (or the server's own limit, where that is less). The permit is kept
        /// until the answer has left or the connection is lost.
        case admitted(maxBody: Int, permit: RequestPermit? = nil)
        /// This is the answer. A short body is read and thrown away; a long one is not waited for.
        case refused(Response)
    }
}
