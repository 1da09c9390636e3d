import MobilityWire

extension MobilitySocketMessage {
    var type: MessageType {
        switch self {
        case .hello: .hello
        case .dump: .dump
        case .subscribe: .subscribe
        case .bindingAdd: .bindingAdd
        case .bindingDelete: .bindingDelete
        case .bindingFlush: .bindingFlush
        case .bindingSweep: .bindingSweep
        case .uplinkSweep: .uplinkSweep
        case .bindingMissing: .bindingMissing
        case .bindingUsed: .bindingUsed
        case .registrationAdd: .registrationAdd
        case .registrationDelete: .registrationDelete
        case .registrationFlush: .registrationFlush
        case .registrationSweep: .registrationSweep
        case .routeAdd: .routeAdd
        case .routeDelete: .routeDelete
        case .routeFlush: .routeFlush
        case .routeSweep: .routeSweep
        case .routeHint: .routeHint
        case .restingPeer: .restingPeer
        case .restingPeerDelete: .restingPeerDelete
        case .parameterProblem: .parameterProblem
        case .configurationChanged: .configurationChanged
        case .uplinkReport: .uplinkReport
        case .uplinkGone: .uplinkGone
        case .movementScan: .movementScan
        case .routerProbe: .routerProbe
        case .routerSolicit: .routerSolicit
        case .uplinkUsage: .uplinkUsage
        case .mobilitySend: .mobilitySend
        case .mobilityReceived: .mobilityReceived
        case .counters: .counters
        case .event: .event
        case .tunnel: .tunnel
        case .status: .status
        case .icmpSend: .icmpSend
        case .icmpReceived: .icmpReceived
        case .detectStart: .detectStart
        case .detectStop: .detectStop
        case .detectResult: .detectResult
        case .bindingRevoke: .bindingRevoke
        case .homeAgentSwitch: .homeAgentSwitch
        case .bindingForget: .bindingForget
        case .uplinkUse: .uplinkUse
        case .programState: .programState
        case .routeForget: .routeForget
        case .routeExclude: .routeExclude
        }
    }

    func put(into writer: inout AttributeWriter) {
        switch self {
        case .hello(let hello): hello.put(into: &writer)
        case .dump(let table): writer.put(Attribute.Tables.table, table.rawValue)
        case .subscribe(let tables):
            writer.list(Attribute.Tables.tables, tables) { $0.put($1, $2.rawValue) }
        case .bindingAdd(let entry): entry.put(into: &writer)
        case .bindingDelete(let homeAddress, let bindingIdentifier, let correspondent):
            writer.put(Attribute.Binding.homeAddress, homeAddress)
            if let bindingIdentifier { writer.put(Attribute.Binding.bindingIdentifier, bindingIdentifier) }
            if let correspondent { writer.put(Attribute.Binding.homeAgentAddress, correspondent) }
        case .bindingMissing(let homeAddress, let peer, let homeAgentAddress):
            writer.put(Attribute.MissingBinding.homeAddress, homeAddress)
            writer.put(Attribute.MissingBinding.peer, peer)
            writer.put(Attribute.MissingBinding.homeAgentAddress, homeAgentAddress)
        case .bindingUsed(let homeAddress, let correspondent):
            writer.put(Attribute.MissingBinding.homeAddress, homeAddress)
            writer.put(Attribute.MissingBinding.homeAgentAddress, correspondent)
        case .routeAdd(let entry): entry.put(into: &writer)
        case .routeDelete(let homeAddress, let peer), .routeHint(let homeAddress, let peer):
            writer.put(Attribute.Route.homeAddress, homeAddress)
            writer.put(Attribute.Route.peer, peer)
        case .restingPeer(let entry): entry.put(into: &writer)
        case .restingPeerDelete(let prefix):
            writer.put(Attribute.RestingPeer.address, prefix.address)
            writer.put(Attribute.RestingPeer.length, prefix.length)
        case .parameterProblem(let peer), .routeForget(let peer): writer.put(Attribute.Route.peer, peer)
        case .routeExclude(let prefix, let excluded):
            writer.put(Attribute.RestingPeer.address, prefix.address)
            writer.put(Attribute.RestingPeer.length, prefix.length)
            writer.put(Attribute.RestingPeer.excluded, excluded)
        case .registrationAdd(let entry): entry.put(into: &writer)
        case .registrationDelete(let homeAddress, let careOfAddress):
            writer.put(Attribute.Registration.homeAddress, homeAddress)
            writer.put(Attribute.Registration.careOfAddress, careOfAddress)
        case .configurationChanged, .bindingFlush, .bindingSweep, .registrationFlush, .registrationSweep, .routeFlush,
            .routeSweep, .uplinkSweep:
            break
        case .uplinkReport(let report): report.put(into: &writer)
        case .uplinkGone(let interfaceIndex, let name):
            writer.put(Attribute.Uplink.interfaceIndex, interfaceIndex)
            if let name { writer.put(Attribute.Uplink.name, name) }
        case .routerSolicit(let interfaceIndex):
            writer.put(Attribute.Uplink.interfaceIndex, interfaceIndex)
        case .routerProbe(let interfaceIndex, let router):
            writer.put(Attribute.Uplink.interfaceIndex, interfaceIndex)
            writer.put(Attribute.Uplink.defaultRouter, router)
        case .uplinkUsage(let usage): usage.put(into: &writer)
        case .movementScan(let indices):
            writer.list(Attribute.Scan.interfaceIndices, indices) { $0.put($1, $2) }
        case .mobilitySend(let datagram), .mobilityReceived(let datagram): datagram.put(into: &writer)
        case .counters(let program, let values):
            writer.put(Attribute.Counters.program, program)
            writer.list(Attribute.Counters.values, values) { writer, item, counter in
                writer.nest(item) {
                    $0.put(Attribute.Counter.name, counter.name)
                    $0.put(Attribute.Counter.value, counter.value)
                }
            }
        case .event(let event): event.put(into: &writer)
        case .tunnel(let tunnel): tunnel.put(into: &writer)
        case .status(let status): status.put(into: &writer)
        case .icmpSend(let datagram), .icmpReceived(let datagram): datagram.put(into: &writer)
        case .detectStart(let address, let interfaceName):
            writer.put(Attribute.Detection.address, address)
            writer.put(Attribute.Detection.interfaceName, interfaceName)
        case .detectStop(let address): writer.put(Attribute.Detection.address, address)
        case .detectResult(let address, let isDuplicate):
            writer.put(Attribute.Detection.address, address)
            writer.put(Attribute.Detection.isDuplicate, isDuplicate)
        case .programState(let state): state.put(into: &writer)
        case .bindingRevoke(let homeAddresses), .bindingForget(let homeAddresses):
            writer.list(Attribute.Command.homeAddresses, homeAddresses)
        case .uplinkUse(let name):
            if let name { writer.put(Attribute.Command.uplink, name) }
        case .homeAgentSwitch(let homeAddresses, let agents):
            writer.list(Attribute.Command.homeAddresses, homeAddresses)
            writer.list(Attribute.Command.agents, agents)
        }
    }

    init(type: MessageType, attributes: AttributeReader) throws(MobilitySocketError) {
        switch type {
        case .hello: self = .hello(try Hello(attributes))
        case .dump: self = .dump(try attributes.value(Attribute.Tables.table, as: Table.self))
        case .subscribe: self = .subscribe(try Self.tables(attributes))
        case .bindingAdd: self = .bindingAdd(try BindingEntry(attributes))
        case .bindingDelete:
            self = .bindingDelete(
                homeAddress: try attributes.address(Attribute.Binding.homeAddress),
                bindingIdentifier: try attributes.optionalUInt16(Attribute.Binding.bindingIdentifier),
                correspondent: try attributes.optionalAddress(Attribute.Binding.homeAgentAddress))
        case .configurationChanged: self = .configurationChanged
        case .bindingFlush: self = .bindingFlush
        case .bindingSweep: self = .bindingSweep
        case .bindingMissing:
            self = .bindingMissing(
                homeAddress: try attributes.address(Attribute.MissingBinding.homeAddress),
                peer: try attributes.address(Attribute.MissingBinding.peer),
                homeAgentAddress: try attributes.address(Attribute.MissingBinding.homeAgentAddress))
        case .bindingUsed:
            self = .bindingUsed(
                homeAddress: try attributes.address(Attribute.MissingBinding.homeAddress),
                correspondent: try attributes.address(Attribute.MissingBinding.homeAgentAddress))
        case .routeAdd: self = .routeAdd(try RouteEntry(attributes))
        case .routeDelete:
            self = .routeDelete(
                homeAddress: try attributes.address(Attribute.Route.homeAddress),
                peer: try attributes.address(Attribute.Route.peer))
        case .routeFlush: self = .routeFlush
        case .routeSweep: self = .routeSweep
        case .routeHint:
            self = .routeHint(
                homeAddress: try attributes.address(Attribute.Route.homeAddress),
                peer: try attributes.address(Attribute.Route.peer))
        case .restingPeer: self = .restingPeer(try RestingPeerEntry(attributes))
        case .restingPeerDelete:
            self = .restingPeerDelete(
                prefix: try attributes.prefix(Attribute.RestingPeer.address, Attribute.RestingPeer.length))
        case .parameterProblem:
            self = .parameterProblem(peer: try attributes.address(Attribute.Route.peer))
        case .routeForget: self = .routeForget(peer: try attributes.address(Attribute.Route.peer))
        case .routeExclude:
            self = .routeExclude(
                prefix: try attributes.prefix(Attribute.RestingPeer.address, Attribute.RestingPeer.length),
                excluded: try attributes.bool(Attribute.RestingPeer.excluded))
        case .registrationAdd: self = .registrationAdd(try RegistrationEntry(attributes))
        case .registrationDelete:
            self = .registrationDelete(
                homeAddress: try attributes.address(Attribute.Registration.homeAddress),
                careOfAddress: try attributes.address(Attribute.Registration.careOfAddress))
        case .registrationFlush: self = .registrationFlush
        case .registrationSweep: self = .registrationSweep
        case .uplinkReport: self = .uplinkReport(try UplinkReport(attributes))
        case .uplinkGone:
            self = .uplinkGone(
                interfaceIndex: try attributes.uint32(Attribute.Uplink.interfaceIndex),
                name: attributes.has(Attribute.Uplink.name) ? try attributes.text(Attribute.Uplink.name) : nil)
        case .uplinkSweep: self = .uplinkSweep
        case .routerProbe:
            self = .routerProbe(
                interfaceIndex: try attributes.uint32(Attribute.Uplink.interfaceIndex),
                router: try attributes.address(Attribute.Uplink.defaultRouter))
        case .routerSolicit:
            self = .routerSolicit(interfaceIndex: try attributes.uint32(Attribute.Uplink.interfaceIndex))
        case .uplinkUsage: self = .uplinkUsage(try UplinkUsage(attributes))
        case .movementScan:
            self = .movementScan(interfaceIndices: try attributes.uint32s(Attribute.Scan.interfaceIndices))
        case .mobilitySend: self = .mobilitySend(try MobilityDatagram(attributes))
        case .mobilityReceived: self = .mobilityReceived(try MobilityDatagram(attributes))
        case .counters:
            self = .counters(
                program: try attributes.text(Attribute.Counters.program),
                values: try attributes.list(Attribute.Counters.values) {
                    (reader: AttributeReader) throws(MobilitySocketError) in
                    CounterValue(
                        name: try reader.text(Attribute.Counter.name),
                        value: try reader.uint64(Attribute.Counter.value))
                })
        case .event: self = .event(try EventRecord(attributes))
        case .tunnel: self = .tunnel(try TunnelStatus(attributes))
        case .status: self = .status(try ManagerStatus(attributes))
        case .icmpSend: self = .icmpSend(try ICMPv6Datagram(attributes))
        case .icmpReceived: self = .icmpReceived(try ICMPv6Datagram(attributes))
        case .detectStart:
            self = .detectStart(
                address: try attributes.address(Attribute.Detection.address),
                interfaceName: try attributes.text(Attribute.Detection.interfaceName))
        case .detectStop: self = .detectStop(address: try attributes.address(Attribute.Detection.address))
        case .detectResult:
            self = .detectResult(
                address: try attributes.address(Attribute.Detection.address),
                isDuplicate: try attributes.bool(Attribute.Detection.isDuplicate))
        case .bindingRevoke:
            self = .bindingRevoke(homeAddresses: try attributes.addresses(Attribute.Command.homeAddresses))
        case .bindingForget:
            self = .bindingForget(homeAddresses: try attributes.addresses(Attribute.Command.homeAddresses))
        case .uplinkUse:
            self = .uplinkUse(
                name: attributes.has(Attribute.Command.uplink) ? try attributes.text(Attribute.Command.uplink) : nil)
        case .programState: self = .programState(try ProgramState(attributes))
        case .homeAgentSwitch:
            self = .homeAgentSwitch(
                homeAddresses: try attributes.addresses(Attribute.Command.homeAddresses),
                agents: try attributes.addresses(Attribute.Command.agents))
        }
    }

    private static func tables(_ attributes: AttributeReader) throws(MobilitySocketError) -> [Table] {
        var tables: [Table] = []
        for code in try attributes.uint8s(Attribute.Tables.tables) {
            guard let table = Table(rawValue: code) else {
                throw MobilitySocketError(.notSupported, "there is no table \(code)")
            }
            tables.append(table)
        }
        return tables
    }
}

extension Hello {
    func put(into writer: inout AttributeWriter) {
        writer.put(Attribute.Hello.version, version)
        writer.put(Attribute.Hello.role, role.rawValue)
        writer.put(Attribute.Hello.processIdentifier, processIdentifier)
        writer.list(Attribute.Hello.addresses, addresses)
        if let name { writer.put(Attribute.Hello.name, name) }
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        let name = attributes.has(Attribute.Hello.name) ? try attributes.text(Attribute.Hello.name) : nil
        if let name, name.isEmpty || name.utf8.count > Self.nameLimit {
            throw MobilitySocketError(.invalid, "a name of \(name.utf8.count) octets: it has 1 to \(Self.nameLimit)")
        }
        // People see it on their terminals.
        if let name, !name.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
            throw MobilitySocketError(.invalid, "a name has no spaces and nothing but visible ASCII characters")
        }
        self.init(
            role: try attributes.value(Attribute.Hello.role, as: Role.self),
            processIdentifier: try attributes.uint32(Attribute.Hello.processIdentifier),
            addresses: try attributes.addresses(Attribute.Hello.addresses), name: name,
            version: try attributes.uint8(Attribute.Hello.version))
    }
}

extension EventRecord {
    func put(into writer: inout AttributeWriter) {
        writer.put(Attribute.Event.time, UInt64(bitPattern: time.milliseconds))
        writer.put(Attribute.Event.program, program)
        writer.put(Attribute.Event.event, event)
        writer.put(Attribute.Event.detail, detail)
        if !uplink.isEmpty { writer.put(Attribute.Event.uplink, uplink) }
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        self.init(
            time: Instant(milliseconds: Int64(bitPattern: try attributes.uint64(Attribute.Event.time))),
            program: try attributes.text(Attribute.Event.program),
            event: try attributes.text(Attribute.Event.event),
            detail: try attributes.text(Attribute.Event.detail),
            uplink: attributes.has(Attribute.Event.uplink) ? try attributes.text(Attribute.Event.uplink) : "")
    }
}
