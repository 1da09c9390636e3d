import Glibc

/// Who this process is.
public enum ProcessIdentity {
    /// The corresponding C function is `getpid`.
    public static var processIdentifier: UInt32 { UInt32(bitPattern: getpid()) }
    /// The user whose rights this process has. The corresponding C function is `geteuid`.
    public static var user: UInt32 { geteuid() }
}
