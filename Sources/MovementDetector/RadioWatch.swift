import Glibc
import Logging
import MobilityWire
import Platform

/// What can be asked of radios: of nl80211, and in tests of what stands for it.
protocol Radios: AnyObject {
    func signal(interface: UInt32) throws(PlatformError) -> Int32?
    func networkName(interface: UInt32) throws(PlatformError) -> [UInt8]?
    func watchAssociations(
        on loop: EventLoop, _ body: @escaping (UInt32) -> Void
    ) throws(PlatformError) -> RadioMonitor?
}

extension RadioNetlink: Radios {}

/// Looks after the signal and the network of those uplinks that are radios (nl80211), once a second while they are on.
final class RadioWatch {
    private let loop: EventLoop
    private let log: Logger
    private let open: () throws(PlatformError) -> any Radios
    private let observe: (LinkObservation) -> Void
    private var netlink: (any Radios)?
    private var monitor: RadioMonitor?
    private var isListening = false
    /// Of the uplinks that are on, whether each is a radio. What could not be asked is looked at again.
    private var radios: [UInt32: Kind] = [:]
    /// What network each is in, asked for once after it has joined.
    private var networks: [UInt32: [UInt8]] = [:]
    private var timer: EventLoop.Timer?
    static let interval: Instant.Span = .seconds(1)

    private enum Kind {
        case radio, other, unknown
    }

    /// - Parameter observe: Takes what is found; not called from within `watch`.
    init(
        loop: EventLoop, log: Logger, open: @escaping () throws(PlatformError) -> any Radios,
        observe: @escaping (LinkObservation) -> Void
    ) {
        self.loop = loop
        self.log = log
        self.open = open
        self.observe = observe
    }

    /// Takes the uplinks that are on now.
    func watch(_ indices: Set<UInt32>) {
        let fresh = indices.subtracting(radios.keys)
        radios = radios.filter { indices.contains($0.key) }
        networks = networks.filter { indices.contains($0.key) }
        for index in fresh { radios[index] = kind(of: index) }
        if radios.values.contains(where: { $0 != .other }) {
            // The first look at once, but not within this call.
            if timer?.isPending != true { schedule(after: fresh.isEmpty ? Self.interval : .zero) }
        } else {
            timer?.cancel()
        }
    }

    private func kind(of index: UInt32) -> Kind {
        do throws(PlatformError) {
            // Drivers of radios come with their interfaces.
            let netlink: any Radios
            if let known = self.netlink { netlink = known } else { netlink = try open() }
            self.netlink = netlink
            listen()
            _ = try netlink.signal(interface: index)
            return .radio
        } catch {
            log.debug("no radio: \(error)")
            // So the kernel answers for what is none; anything else may pass.
            return error.isAbsent || error.errno == EINVAL || error.errno == EOPNOTSUPP ? .other : .unknown
        }
    }

    private func listen() {
        guard !isListening, let netlink else { return }
        do throws(PlatformError) {
            monitor = try netlink.watchAssociations(on: loop) { [weak self] index in
                guard let self, radios[index] == .radio else { return }
                networks[index] = nil
                observe(.associated(index: index))
            }
            isListening = true
        } catch {
            log.debug("radios are not heard when they join: \(error)")
        }
    }

    private func schedule(after span: Instant.Span) {
        timer = loop.timer(after: span) { [weak self] in
            guard let self else { return }
            schedule(after: Self.interval)
            for (index, kind) in radios where kind == .unknown { radios[index] = self.kind(of: index) }
            listen()
            for index in radios.filter({ $0.value == .radio }).keys.sorted() {
                let level = (try? netlink?.signal(interface: index)) ?? nil
                if level == nil {
                    networks[index] = nil
                } else if networks[index] == nil {
                    networks[index] = (try? netlink?.networkName(interface: index)) ?? nil
                }
                observe(.signal(index: index, dBm: level))
                observe(.networkName(index: index, networks[index]))
            }
        }
    }
}
