import Forwarding
import Logging
import MobilitySocket
import MobilityWire
import Platform

/// nemonetd at work: what clients announce goes into the ledger, and from the ledger into the engine and the kernel.
///
/// Every change takes the same way, `apply()`: the engine's plan first (one write, and traffic moves), then the kernel's
/// routes, then the packet guard. What only makes, moves or ends bindings of nodes takes a shorter one, `applyBindings()`,
/// which costs what these cost and leaves everything as `apply()` would. Nothing else touches them.
final class TunnelDaemon {
    let loop: EventLoop
    let log: Logger
    let server: MobilitySocketServer
    let engine: Engine
    let version: String
    let kernel: KernelReconciler
    /// Where the configuration asks for it.
    var kernelPlane: KernelPlane?
    /// Whether the kernel forwards, and if not though it was to: why.
    var plane = PlaneInForce.engine(nil)
    var planeChanges: UInt64 = 0
    var planeTimer: EventLoop.Timer?
    /// Who is still to announce what an earlier run forwarded.
    var awaitedSides: Set<AnnouncingSide> = []
    private let controls: SystemControls
    private let monitor: RouteMonitor
    private(set) var relay: MobilityRelay?
    private(set) var icmp: ICMPRelay?
    let inquiry: RouterInquiry
    var homeLink: HomeLinkPort?
    var arrivals: [IPv6Address: HomeArrival] = [:]
    /// The uplinks of a mobile router that are on its home link, where it is a router.
    var routingUplinks: Set<String> = []
    /// Whether its interface may be another than it was.
    var homeLinkChanged = true
    var errorRelay = TunnelErrorRelay()
    var pathMTUs = PathMTUTable()
    var directErrors = DirectErrors()
    var narrowWays = NarrowWays()
    /// How many mobile nodes and correspondents connected: each has heard of nothing yet.
    var listenersSeen = 0
    /// The machine's addresses, as long as nothing was heard of a change.
    var machineAddresses: Set<IPv6Address>?
    var configuration: ManagerConfiguration { didSet { orphanage = Orphanage(configuration.nodes) } }
    private var orphanage: Orphanage
    var ledger = TunnelLedger()
    var planner = TunnelPlanner()
    /// By name: an interface that does not exist has no index, and another one when it comes back.
    var uplinks: [String: UplinkReport] = [:]
    /// Of those, what the present detector has told of.
    var announcedUplinks: Set<String> = []
    /// What they have carried, by index.
    var usages: [UInt32: UplinkUsage] = [:]
    /// The counters that the programs told, by program and name.
    var counters: [String: [String: UInt64]] = [:]
    /// What the programs that are connected know and wait for, and when they said so.
    var programStates: [String: (state: ProgramState, since: Instant)] = [:]
    var events = EventHistory()
    /// How often notifications for a client that reads too slowly were dropped.
    private(set) var overruns: UInt64 = 0
    /// How often programs were refused since another of their kind is here: they ask again each second.
    var refusedPrograms: UInt64 = 0
    let started: Instant
    var expiryTimer: EventLoop.Timer?
    var nodeRoutes: NodeRoutes
    /// When something ends next that is no binding of a node.
    var nextExpiryOfOthers: Instant?
    var pacer = ApplyPacer()
    /// Reads the configuration again and takes it over, if it is another.
    var rereadConfiguration: () throws(MobilitySocketError) -> Void = {}
    /// How often all was planned, and how often bindings of nodes alone.
    var runs: (ofAll: UInt64, ofBindings: UInt64) = (0, 0)
    var pacingTimer: EventLoop.Timer?
    var trafficTimer: EventLoop.Timer?
    var trafficWatch = TrafficWatch()
    var networkRoutes = NetworkRoutes()
    var guardInForce: PacketGuard?
    var deviceMTU: Int?

    init(
        loop: EventLoop, configuration: ManagerConfiguration, protocolUsers: Set<UInt32>, version: String, log: Logger
    ) throws(PlatformError) {
        self.loop = loop
        self.configuration = configuration
        orphanage = Orphanage(configuration.nodes)
        nodeRoutes = NodeRoutes(configuration)
        self.version = version
        self.log = log
        started = loop.now
        server = MobilitySocketServer(loop: loop, protocolUsers: protocolUsers)
        engine = try Engine(device: configuration.device, workers: configuration.workers)
        kernel = try KernelReconciler(log: log)
        controls = SystemControls(log: log)
        inquiry = try RouterInquiry()
        monitor = try RouteMonitor(onlyDefaultRoutes: false)
    }

    /// Brings up the device, starts the workers and listens for clients.
    func start(socketPath: String) throws(PlatformError) {
        let relay = try MobilityRelay(loop: loop, log: log, tunnelInterface: engine.device.index) { [unowned self] in
            deliver($0)
        }
        let icmp = try ICMPRelay(loop: loop, log: log) { [unowned self] in deliver($0) }
        relay.deliverICMPv6 = { [unowned icmp] in icmp.take($0, interface: $1) }
        icmp.errorReceived = { [unowned self] in takeError($0, from: $1) }
        self.relay = relay
        self.icmp = icmp
        try monitor.start(on: loop) { [unowned self] in notice($0) }
        setControls()
        kernel.switchOn(interfaces)
        try kernel.bringUp(engine.device.name)
        try engine.watch(on: loop) { [unowned self] news in
            for orphan in news.orphans { tellHomeAgent(orphan) }
            for packet in news.unbound { tell(of: packet) }
            for use in news.uses { tell(of: use) }
        }
        setKernelPlane(inherits: true)
        apply()
        server.onHello = { [unowned self] client in greet(client) }
        server.onRequest = { [unowned self] client, message in answer(message, from: client) }
        // Acknowledgements wait for the bindings that came with them, so that these are brought into force once and not one
        // by one.
        server.comesLast = { message, role in
            guard role == .homeAgent || role == .correspondentNode, case .mobilitySend = message else { return false }
            return true
        }
        server.onGone = { [unowned self] client in part(from: client) }
        server.onOverrun = { [unowned self] _ in overruns += 1 }
        server.onRefused = { [log] role, error in
            // Everybody may be a monitor, and ask for nonsense as often as they like.
            let level: LogLevel = role == nil || role == .monitor ? .debug : .notice
            log.log(level: level, "refused a request of \(role?.program ?? "a client"): \(error)")
        }
        try server.listen(path: socketPath)
        log.info("forwarding through \(engine.device.name); clients connect to \(socketPath)")
    }

    /// Takes away all that this program made. Bindings end with it: a packet without an engine has no way.
    func stop() {
        server.close()
        closeHomeLink()
        engine.stop()
        kernel.removeAll()
        kernelPlane?.close()
        removeGuard()
        controls.restore()
    }

    /// Changes to another configuration without disturbing what stays the same.
    func reload(_ new: ManagerConfiguration) {
        if new.device != configuration.device {
            log.warning("engine.device changes from \(configuration.device) to \(new.device) at the next start only")
        }
        let workers = configuration.workers
        if new.workers != workers { log.warning("engine.workers changes at the next start only") }
        configuration = new
        networkRoutes.forget()
        configuration.device = engine.device.name
        configuration.workers = workers
        // Its addresses may be others now.
        closeHomeLink()
        setControls()
        kernel.switchOn(interfaces)
        setKernelPlane(inherits: false)
        apply()
    }

    /// The kernel drops addresses, routes and switches with their interface: they come back when it does.
    private func notice(_ event: RouteMonitor.Event) {
        switch event {
        case .link(let link):
            if !link.isUp { tunnelsChanged(link.name) }
            interfaceChanged(link.name)
        case .linkRemoved(let index, let name):
            relay?.forget(interface: index)
            icmp?.forget(interface: index)
            kernel.forget(index: index)
            tunnelsChanged(name)
            interfaceChanged(name)
        case .overrun:
            for name in interfaces { interfaceChanged(name) }
            addressesChanged()
            routesChanged()
        case .address, .addressRemoved: addressesChanged()
        case .route(let route), .routeRemoved(let route):
            if networkRoutes.isTouched(by: route) { routesChanged() }
        case .ipv6, .prefix, .neighbor, .neighborRemoved: break
        }
    }

    private func routesChanged() {
        networkRoutes.forget()
        setNeedsApply()
    }

    /// The configured interfaces, which are ours to switch on: on a small board nobody else does.
    private var interfaces: [String] { configuration.uplinks + configuration.ingress.map(\.interface) }

    private func interfaceChanged(_ name: String) {
        if name == configuration.homeLink {
            homeLinkChanged = true
            setControls()
            setNeedsApply()
        }
        if interfaces.contains(name) {
            setControls()
            kernel.switchOn([name])
        }
        // An uplink may be on the home link, and then has the home address.
        guard interfaces.contains(name) else { return }
        kernel.forget(interface: name)
        setNeedsApply()
    }

    /// A node sends through a tunnel that is gone, as after a restart of the home agent: it should hear of that now and
    /// not at its next refresh.
    private func tellHomeAgent(_ orphan: EngineBoard.Orphan) {
        guard let homeAddress = orphanage.homeAddress(of: orphan, at: loop.now),
            let agent = server.clients.first(where: {
                $0.role == .homeAgent && $0.hello.addresses.contains(orphan.local)
            })
        else { return }
        server.send(
            .bindingMissing(homeAddress: homeAddress, peer: orphan.peer, homeAgentAddress: orphan.local),
            to: agent.identifier)
    }

    func setControls() {
        let listening = kernel.interfacesListeningToAdvertisements()
        let wanted = SystemControls.wanted(
            device: engine.device.name, uplinks: configuration.uplinks,
            ingress: configuration.ingress.map(\.interface), listening: listening,
            homeLink: configuration.homeLink, forwards: configuration.forwards, routingUplinks: routingUplinks)
        controls.stopForwarding(unless: wanted)
        for wanted in wanted { controls.set(wanted) }
    }
}
