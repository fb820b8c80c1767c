import CLinux

/// The processors this process may use.
enum ProcessorCount {
    /// Counted by the scheduler's affinity mask, as `nproc` does.
    static var available: Int { Int(iotpipe_processor_count()) }
}
