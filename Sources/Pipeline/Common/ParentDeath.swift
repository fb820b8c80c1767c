import CLinux
import Glibc

/// Ends this process when its parent ends, where the parent asked for it: no child of a killed demo goes on alone.
public enum ParentDeath {
    /// The environment variable by which a parent asks; its value is the parent's process id.
    public static let variable = "IOTPIPE_DIE_WITH_PARENT"

    /// Asks the kernel for SIGKILL at the parent's end (PR_SET_PDEATHSIG). To be called first of all.
    public static func install() {
        guard let value = getenv(variable), let parent = pid_t(String(cString: value)) else { return }
        iotpipe_die_with_parent()
        // The parent may have ended before the kernel was asked.
        if getppid() != parent { _exit(1) }
    }
}
