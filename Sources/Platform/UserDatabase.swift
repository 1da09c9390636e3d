/// The users and groups of `/etc/passwd` and `/etc/group`, read here because a static program has no name service.
struct UserDatabase {
    struct User: Hashable {
        var name: String
        var uid: UInt32
        var gid: UInt32
    }

    private var users: [User] = []
    private var groups: [(name: String, gid: UInt32, members: [String])] = []

    /// The system's own files.
    init() throws(PlatformError) {
        self.init(
            passwd: String(decoding: try Files.read("/etc/passwd", limit: 8 << 20), as: UTF8.self),
            group: String(decoding: try Files.read("/etc/group", limit: 8 << 20), as: UTF8.self))
    }

    /// Lines that are not of the form of passwd(5) and group(5) are passed over.
    init(passwd: String, group: String) {
        for line in passwd.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 4, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { continue }
            users.append(User(name: String(fields[0]), uid: uid, gid: gid))
        }
        for line in group.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 4, let gid = UInt32(fields[2]) else { continue }
            groups.append((String(fields[0]), gid, fields[3].split(separator: ",").map(String.init)))
        }
    }

    func user(named name: String) throws(PlatformError) -> User {
        guard let user = users.first(where: { $0.name == name }) else {
            throw PlatformError(
                call: "getpwnam", errno: 0, detail: "there is no user \(name.debugDescription) in /etc/passwd; add it")
        }
        return user
    }

    func gid(ofGroup name: String) throws(PlatformError) -> UInt32 {
        guard let group = groups.first(where: { $0.name == name }) else {
            throw PlatformError(
                call: "getgrnam", errno: 0, detail: "there is no group \(name.debugDescription) in /etc/group; add it")
        }
        return group.gid
    }

    /// The user's own group and those that list the user as a member.
    func groups(of user: User) -> [UInt32] {
        [user.gid] + groups.filter { $0.members.contains(user.name) && $0.gid != user.gid }.map(\.gid)
    }
}
