import MobilityWire

extension TunnelStatus {
    func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Tunnel
        writer.put(Key.local, local)
        writer.put(Key.remote, remote)
        writer.put(Key.homeAddress, homeAddress)
        writer.put(Key.interfaceIndex, interfaceIndex)
        writer.put(Key.interfaceName, interfaceName)
        writer.put(Key.mtu, mtu)
        writer.put(Key.active, active)
        writer.put(Key.packetsIn, packetsIn)
        writer.put(Key.packetsOut, packetsOut)
        writer.put(Key.bytesIn, bytesIn)
        writer.put(Key.bytesOut, bytesOut)
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Tunnel
        self.init(
            local: try attributes.address(Key.local),
            remote: try attributes.address(Key.remote),
            homeAddress: try attributes.address(Key.homeAddress),
            interfaceIndex: try attributes.uint32(Key.interfaceIndex),
            interfaceName: try attributes.text(Key.interfaceName),
            mtu: try attributes.uint32(Key.mtu),
            active: try attributes.bool(Key.active),
            packetsIn: try attributes.uint64(Key.packetsIn),
            packetsOut: try attributes.uint64(Key.packetsOut),
            bytesIn: try attributes.uint64(Key.bytesIn),
            bytesOut: try attributes.uint64(Key.bytesOut))
    }
}

extension ManagerStatus {
    func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.Status
        writer.put(Key.version, version)
        writer.put(Key.plane, plane)
        writer.put(Key.device, device)
        writer.put(Key.uptime, uptimeMilliseconds)
        writer.list(Key.clients, clients) { writer, item, client in
            writer.nest(item) {
                $0.put(Attribute.Client.role, client.role.rawValue)
                $0.put(Attribute.Client.processIdentifier, client.processIdentifier)
                if let name = client.name { $0.put(Attribute.Client.name, name) }
            }
        }
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.Status
        self.init(
            version: try attributes.text(Key.version),
            plane: try attributes.text(Key.plane),
            device: try attributes.text(Key.device),
            uptimeMilliseconds: try attributes.uint64(Key.uptime),
            clients: try attributes.list(Key.clients) { (reader: AttributeReader) throws(MobilitySocketError) in
                Client(
                    role: try reader.value(Attribute.Client.role, as: Role.self),
                    processIdentifier: try reader.uint32(Attribute.Client.processIdentifier),
                    name: reader.has(Attribute.Client.name) ? try reader.text(Attribute.Client.name) : nil)
            })
    }
}
