/// A value of a configuration file with the place where it stands, free of libconfig.
struct Value {
    var content: Content
    var location: Location

    indirect enum Content {
        case group([Member])
        /// An array `[ … ]` or a list `( … )`: we do not make people tell them apart.
        case list([Value])
        case string(String)
        case integer(Int64)
        case real(Double)
        case flag(Bool)
    }

    struct Member {
        var name: String
        var value: Value
    }

    /// What it is, for "… is a group, should be …".
    var kind: String {
        switch content {
        case .group: "a group"
        case .list: "a list"
        case .string(let text): "\"\(text)\""
        case .integer(let number): "\(number)"
        case .real(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        }
    }
}
