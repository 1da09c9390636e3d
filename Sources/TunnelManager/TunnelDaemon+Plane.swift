import Forwarding
import Logging
import MobilitySocket
import MobilityWire
import Platform

// Which plane forwards: the kernel, where it is asked for and can, else the engine.

extension TunnelDaemon {
    enum PlaneInForce: Equatable {
        case kernel
        /// Why, where the kernel was to forward.
        case engine(KernelTunnels.Refusal?)

        var text: String {
            switch self {
            case .kernel: "kernel"
            case .engine(nil): "engine"
            case .engine(let refusal?): "engine: \(refusal.text)"
            }
        }
    }

    /// Who announces what this machine forwards.
    enum AnnouncingSide: Hashable { case homeAgent, mobile, detector }

    /// How long what an earlier run forwarded goes on while nobody announces it: programs that are there are back
    /// within a second.
    private static let inheritance = Instant.Span.seconds(30)
    /// How long both planes are there when one takes the other's place.
    private static let overlap = Instant.Span.milliseconds(50)

    /// Takes up the kernel's plane, or gives it up, as the configuration has it.
    ///
    /// - Parameter inherits: whether what an earlier run left forwards on until it is announced.
    func setKernelPlane(inherits: Bool) {
        guard configuration.wantsKernel else {
            // What a run left that ended by force.
            if inherits, kernel.hasTunnels(configuration.tunnelInterface) { _ = try? makeKernelPlane(inherits: false) }
            return
        }
        guard kernelPlane == nil else { return }
        do throws(PlatformError) {
            let made = try makeKernelPlane(inherits: inherits)
            kernelPlane = made
            guard made.awaits else { return }
            if configuration.isHomeAgent { awaitedSides.insert(.homeAgent) }
            if configuration.isMobile { awaitedSides.formUnion([.mobile, .detector]) }
            loop.timer(after: Self.inheritance) { [weak self] in self?.endInheritance() }
        } catch {
            log.error("the kernel cannot forward: \(error)")
            plane = .engine(.notAvailable("\(error)"))
        }
    }

    private func makeKernelPlane(inherits: Bool) throws(PlatformError) -> KernelPlane {
        try KernelPlane(interface: configuration.tunnelInterface, inherits: inherits, kernel: kernel, log: log)
    }

    /// One that announces has announced all.
    func noteAnnounced(_ side: AnnouncingSide) {
        guard awaitedSides.remove(side) != nil, awaitedSides.isEmpty else { return }
        endInheritance()
    }

    private func endInheritance() {
        guard let kernelPlane, kernelPlane.awaits else { return }
        kernelPlane.endInheritance()
        setNeedsApply()
    }

    /// Makes the kernel's tunnels before packets are led there; nil where the engine forwards.
    func openKernelPlane(
        own: [TunnelLedger.OwnerRequest], nodes: [TunnelLedger.OwnerRequest]
    ) -> KernelTunnels? {
        guard let kernelPlane, configuration.wantsKernel else {
            setPlane(.engine(configuration.wantsKernel ? plane.refusal : nil))
            return nil
        }
        do throws(KernelTunnels.Refusal) {
            let roles = server.clients.map(\.role)
            guard ledger.routes.isEmpty, ledger.correspondents.isEmpty, !roles.contains(.mobileNode),
                !roles.contains(.correspondentNode)
            else { throw .routeOptimisation }
            let tunnels = try kernelPlane.plan(own: own, nodes: nodes, mtu: { planner.tunnels[$0]?.mtu })
            try kernelPlane.open(tunnels, clamp: configuration.clamp)
            setPlane(.kernel)
            return tunnels
        } catch {
            setPlane(.engine(error))
            return nil
        }
    }

    private func setPlane(_ new: PlaneInForce) {
        guard new != plane else { return }
        readKernelCounters()
        plane = new
        planeChanges += 1
        switch new {
        case .kernel: record("plane_changed", "the kernel forwards")
        case .engine(let refusal):
            let reason = refusal.map { ": \($0.text)" } ?? ""
            if refusal != nil { log.warning("the engine forwards\(reason)") }
            record("plane_changed", "the engine forwards\(reason)")
        }
    }

    func startEngine() {
        guard !engine.isRunning else { return }
        do throws(PlatformError) {
            try engine.start(log: log)
        } catch {
            log.critical("the engine cannot forward: \(error)")
            ExitStatus.operatingSystem.exit()
        }
    }

    /// Packets take another way now; what came before that goes the way that it came for a moment.
    func closeOtherPlane() {
        guard planeTimer?.isPending != true else { return }
        guard plane == .kernel ? engine.isRunning : kernelPlane != nil else { return }
        planeTimer = loop.timer(after: Self.overlap) { [unowned self] in
            if plane == .kernel { return engine.stop() }
            kernelPlane?.close()
            if !configuration.wantsKernel { kernelPlane = nil }
        }
    }

    /// The interface of the tunnels went, or is off: whoever did that, it is ours to have.
    func tunnelsChanged(_ name: String) {
        guard let kernelPlane, name == kernelPlane.interface else { return }
        kernel.forget(interface: name)
        if plane == .kernel { setNeedsApply() }
    }

    /// Adds what the kernel carried to what the tunnels' counters have.
    func readKernelCounters() {
        guard let kernelPlane, plane == .kernel else { return }
        let tunnels = Dictionary(grouping: planner.tunnels.values) {
            KernelTunnels.Pair(local: $0.request.local, remote: $0.request.remote)
        }
        kernelPlane.readCounters { pair, received, sent in
            for tunnel in tunnels[pair] ?? [] { tunnel.counters.count(received: received, sent: sent) }
        }
    }
}

extension TunnelDaemon.PlaneInForce {
    fileprivate var refusal: KernelTunnels.Refusal? {
        if case .engine(let refusal) = self { refusal } else { nil }
    }
}
