import Threads

@testable import Pipeline

extension DrainLimit {
    /// One that does not pass: nobody asks for the stop.
    static var never: DrainLimit { DrainLimit(StopSignal(), timeout: .zero) }

    /// One that has passed.
    static var over: DrainLimit {
        let stop = StopSignal()
        stop.request()
        return DrainLimit(stop, timeout: .zero)
    }
}
