#if DEBUG
    // Its parsers are nobody else's business, so that only a debug build has them to offer.
    @testable import Platform
#endif

extension FuzzTarget {
    /// What the kernel says: of links, addresses, routes and neighbours, and of radios with the names of strangers' networks.
    ///
    /// Two octets of the message's type, in network order, then its contents; 0 is a message of generic netlink.
    static let netlink: FuzzTarget = {
        let memory = GuardedMemory.shared
        return FuzzTarget("netlink", limit: 4096) { input in
            guard input.count >= 2 else { return }
            let contents = UnsafeRawBufferPointer(memory.place(.init(rebasing: input[2...])))
            #if DEBUG
                let type = input.number(at: 0)
                hold(RouteMonitor.events(type: type, contents).count <= 4096, "many events of one message")
                _ = RoutingRule(message: contents)
                _ = RadioMessage.Family(contents: contents)
                _ = RadioMessage.signal(contents: contents)
                _ = RadioMessage.associated(contents: contents)
                if let name = RadioMessage.networkName(contents: contents) {
                    hold((1...32).contains(name.count), "a name of \(name.count) octets")
                }
            #else
                _ = contents
            #endif
        }
    }()
}
