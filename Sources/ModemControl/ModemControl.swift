import Console
import Logging
import Platform
import Settings

/// All modems of this node.
final class ModemControl: Daemon {
    private let loop: EventLoop
    private let folders: ModemFolders
    private let ways: WayInquiry
    private let log: Logger
    private var settings: ShisaSettings
    private var controllers: [ModemController] = []
    /// Those that are ending a connection that nobody wants any more.
    private var retiring: [ModemController] = []
    private var finished: (() -> Void)?

    /// - Parameter socket: nemonetd's.
    init(loop: EventLoop, socket: String, folders: ModemFolders, settings: ShisaSettings, log: Logger) {
        self.loop = loop
        self.folders = folders
        ways = WayInquiry(loop: loop, socket: socket, log: log)
        self.settings = settings
        self.log = log
    }

    func start() throws(PlatformError) {
        try folders.make()
        ways.start()
        adopt()
        if controllers.isEmpty { log.info("no uplink has an apn: nothing to do") }
    }

    func reload(_ settings: ShisaSettings) throws(DaemonError) {
        self.settings = settings
        adopt()
    }

    func publish(_ event: String, _ detail: String) { ways.publish(event, detail) }

    func stop(_ finished: @escaping () -> Void) {
        for controller in controllers { controller.stop() }
        controllers = []
        ways.stop()
        self.finished = finished
        if retiring.isEmpty { finished() }
    }

    /// Modems whose settings are as they were are left alone. A connection that other settings would not have made is ended
    /// first: whoever comes next would find it and leave it as it is.
    private func adopt() {
        let wanted = settings.uplinks.filter { $0.cellular != nil }
        // Of the rest, its metric or its schedule, a modem hears nothing.
        func isAsWanted(_ controller: ModemController) -> Bool {
            wanted.contains {
                $0.interface == controller.uplink.interface && $0.cellular == controller.uplink.cellular
            }
        }
        for controller in controllers where !isAsWanted(controller) {
            let next = wanted.first { $0.interface == controller.uplink.interface }?.cellular
            if let next, controller.cellular.connectsLike(next) { controller.stop() } else { retire(controller) }
        }
        controllers.removeAll { !isAsWanted($0) }
        let present = controllers + retiring
        for uplink in wanted where !present.contains(where: { $0.uplink.interface == uplink.interface }) {
            guard let cellular = uplink.cellular else { continue }
            let controller = ModemController(uplink, cellular, loop: loop, folders: folders, ways: ways, log: log)
            controllers.append(controller)
            controller.start()
        }
    }

    private func retire(_ controller: ModemController) {
        retiring.append(controller)
        controller.retire { [weak self] in
            guard let self else { return }
            retiring.removeAll { $0 === controller }
            guard let finished else { return adopt() }
            if retiring.isEmpty { finished() }
        }
    }
}
