import CLinux
import Glibc

/// The rights of this process, and giving them up.
public enum Privileges {
    /// A right that Linux gives apart from being root, by the kernel's number (capabilities(7)).
    public struct Capability: RawRepresentable, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// To change owners of files: `CAP_CHOWN`.
        public static let changeOwner = Capability(rawValue: 0)
        /// Interfaces, routes, rules, nftables, TUN devices: `CAP_NET_ADMIN`.
        public static let networkAdministration = Capability(rawValue: 12)
        /// Raw and packet sockets: `CAP_NET_RAW`.
        public static let rawSockets = Capability(rawValue: 13)

        var bit: UInt64 { rawValue < 64 ? 1 << UInt64(rawValue) : 0 }
    }

    /// Whether this thread may use `capability` now.
    public static func has(_ capability: Capability) -> Bool {
        var effective: UInt64 = 0
        var permitted: UInt64 = 0
        var inheritable: UInt64 = 0
        guard linux_capget(&effective, &permitted, &inheritable) == 0 else { return false }
        return effective & capability.bit != 0
    }

    /// Whether this process runs as root.
    public static var isRoot: Bool { geteuid() == 0 }

    /// The user's number in `/etc/passwd`.
    public static func uid(ofUser name: String) throws(PlatformError) -> UInt32 {
        try UserDatabase().user(named: name).uid
    }

    /// The group's number in `/etc/group`.
    public static func gid(ofGroup name: String) throws(PlatformError) -> UInt32 {
        try UserDatabase().gid(ofGroup: name)
    }

    /// Becomes the user `name` for good, with the user's groups and no capability but those in `keeping`.
    ///
    /// With `forChildren` the programs that this process starts (`nft`) have the kept capabilities too. Nothing started
    /// from here can gain privileges any more (`PR_SET_NO_NEW_PRIVS`). Call this before other threads start: capabilities
    /// belong to a thread. Throws when the user does not exist or when this process may not change users.
    public static func drop(
        toUser name: String, keeping: Set<Capability> = [], forChildren: Bool = false
    ) throws(PlatformError) {
        let database = try UserDatabase()
        let user = try database.user(named: name)
        let groups = database.groups(of: user)
        if geteuid() != user.uid || getegid() != user.gid {
            guard isRoot else {
                throw PlatformError(
                    call: "setuid", errno: EPERM, detail: "cannot become the user \(name): only root can")
            }
            try dropBoundingSet(keeping: keeping)
            // Without this the change of the user would take the capabilities along.
            try Syscalls.check("prctl", "cannot keep capabilities") { linux_prctl(linux_pr_set_keepcaps, 1, 0) }
            try Syscalls.check("setgroups", "cannot take the groups of \(name)") {
                linux_setgroups(groups, groups.count)
            }
            try Syscalls.check("setresgid", "cannot become group \(user.gid)") { linux_setresgid(user.gid) }
            try Syscalls.check("setresuid", "cannot become the user \(name)") { linux_setresuid(user.uid) }
        }
        try limit(to: keeping, forChildren: forChildren)
    }

    /// Gives up every capability but those in `keeping`, and the way to get others, without changing the user.
    public static func limit(to keeping: Set<Capability>, forChildren: Bool = false) throws(PlatformError) {
        if has(Capability(rawValue: 8)) { try dropBoundingSet(keeping: keeping) }
        let wanted = keeping.reduce(0) { $0 | $1.bit }
        try Syscalls.check("capset", "cannot keep the capabilities") {
            linux_capset(wanted, wanted, forChildren ? wanted : 0)
        }
        _ = linux_prctl(linux_pr_cap_ambient, UInt(linux_pr_cap_ambient_clear_all), 0)
        if forChildren {
            for capability in keeping {
                try Syscalls.check("prctl", "cannot hand capabilities on to programs") {
                    linux_prctl(linux_pr_cap_ambient, UInt(linux_pr_cap_ambient_raise), UInt(capability.rawValue))
                }
            }
        }
        try Syscalls.check("prctl", "cannot renounce new privileges") {
            linux_prctl(linux_pr_set_no_new_privs, 1, 0)
        }
    }

    private static func dropBoundingSet(keeping: Set<Capability>) throws(PlatformError) {
        for number in UInt8(0)..<64 where !keeping.contains(Capability(rawValue: number)) {
            // The kernel answers -1 for the first number that it does not know.
            guard linux_prctl(linux_pr_capbset_read, UInt(number), 0) >= 0 else { return }
            try Syscalls.check("prctl", "cannot drop capability \(number)") {
                linux_prctl(linux_pr_capbset_drop, UInt(number), 0)
            }
        }
    }
}
