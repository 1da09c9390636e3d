import MobilityWire

extension ProgramState {
    func put(into writer: inout AttributeWriter) {
        writer.put(Attribute.ProgramState.program, program)
        writer.list(Attribute.ProgramState.homeAgents, homeAgents) { writer, item, agent in
            writer.nest(item) { agent.put(into: &$0) }
        }
        writer.list(Attribute.ProgramState.timers, timers) { writer, item, timer in
            writer.nest(item) {
                $0.put(Attribute.Timer.name, timer.name)
                $0.put(Attribute.Timer.waiting, timer.waiting)
                $0.put(Attribute.Timer.remaining, timer.remainingMilliseconds)
            }
        }
        if let choice { writer.nest(Attribute.ProgramState.choice) { choice.put(into: &$0) } }
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        self.init(
            program: try attributes.text(Attribute.ProgramState.program),
            homeAgents: try attributes.list(Attribute.ProgramState.homeAgents) {
                (reader: AttributeReader) throws(MobilitySocketError) in try HomeAgentEntry(reader)
            },
            timers: try attributes.list(Attribute.ProgramState.timers) {
                (reader: AttributeReader) throws(MobilitySocketError) in
                TimerEntry(
                    name: try reader.text(Attribute.Timer.name), waiting: try reader.uint32(Attribute.Timer.waiting),
                    remainingMilliseconds: try reader.uint64(Attribute.Timer.remaining))
            },
            choice: try attributes.nest(Attribute.ProgramState.choice).map {
                (reader: AttributeReader) throws(MobilitySocketError) in try UplinkChoice(reader)
            })
    }
}

extension ProgramState.HomeAgentEntry {
    func put(into writer: inout AttributeWriter) {
        typealias Key = Attribute.HomeAgent
        writer.list(Key.addresses, addresses)
        writer.put(Key.preference, preference)
        writer.put(Key.mobileRouters, servesMobileRouters)
        writer.put(Key.isOwn, isOwn)
        writer.put(Key.remaining, remainingMilliseconds)
    }

    init(_ attributes: AttributeReader) throws(MobilitySocketError) {
        typealias Key = Attribute.HomeAgent
        self.init(
            addresses: try attributes.addresses(Key.addresses), preference: try attributes.uint16(Key.preference),
            servesMobileRouters: try attributes.bool(Key.mobileRouters), isOwn: try attributes.bool(Key.isOwn),
            remainingMilliseconds: try attributes.uint64(Key.remaining))
    }
}
