import CLinux
import Glibc

/// Hears which interfaces are connected to another access point.
public final class RadioMonitor {
    private let socket: NetlinkSocket
    private var watch: EventLoop.Watch?

    init(
        family: Int, group: UInt32, on loop: EventLoop, _ body: @escaping (UInt32) -> Void
    ) throws(PlatformError) {
        socket = try NetlinkSocket(
            bus: NETLINK_GENERIC, tables: "radios", groups: [group], receiveBuffer: 1 << 17, isMonitor: true)
        watch = try loop.watch(
            socket.descriptor,
            read: { [weak self] in
                // What is lost when too much comes at once is a hint, no more.
                guard let self else { return }
                _ = try? socket.receive("recvfrom", "cannot hear of the radios") { header, contents in
                    guard Int(header.nlmsg_type) == family else { return }
                    if let interface = RadioMessage.associated(contents: contents) { body(interface) }
                }
            })
    }

    deinit { watch?.cancel() }
}
