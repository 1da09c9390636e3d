/// How a modem is, for people and for other programs.
public struct ModemReport: Hashable, Sendable {
    public var state: State
    /// More of it, as the end of a sentence; may be empty.
    public var detail: String
    public var signal: SignalStrength?
    public var network: ServingNetwork

    public init(
        _ state: State, _ detail: String = "", signal: SignalStrength? = nil, network: ServingNetwork = ServingNetwork()
    ) {
        self.state = state
        self.detail = detail
        self.signal = signal
        self.network = network
    }

    public enum State: String, CaseIterable, Hashable, Sendable {
        case absent
        /// The SIM card is not there or not ready.
        case noCard = "no_card"
        /// The SIM card wants a PIN that it is not given: somebody's help is needed.
        case pinNeeded = "pin_needed"
        /// The SIM card wants the operator's PUK.
        case pukNeeded = "puk_needed"
        case searching
        /// A network has taken it, and it is not connected yet.
        case registered
        case connecting
        case connected
        /// Something failed, and is tried again after a while.
        case waiting
        case resetting
    }

    /// For logs.
    public var sentence: String {
        let words =
            switch state {
            case .absent: "no modem"
            case .noCard: "no SIM card that is ready"
            case .pinNeeded: "the SIM card wants its PIN"
            case .pukNeeded: "the SIM card wants the operator's PUK"
            case .searching: "looking for a network"
            case .registered: "registered with a network"
            case .connecting: "connecting"
            case .connected: "connected"
            case .waiting: "trying again later"
            case .resetting: "starting the modem again"
            }
        return detail.isEmpty ? words : "\(words): \(detail)"
    }
}

// MARK: - The file in which shisamodem tells of a modem

extension ModemReport {
    /// Lines of a key and a value: `state` always, `signal` (dBm), `technology`, `operator` and `detail` where they are known.
    public var text: String {
        let members: [(Key, String?)] = [
            (.state, state.rawValue), (.signal, signal.map { "\($0.dBm)" }),
            (.technology, network.technology?.rawValue), (.operator, network.operatorName),
            (.detail, detail.isEmpty ? nil : detail),
        ]
        return members.compactMap { key, value in
            value.map { "\(key.rawValue) \(String($0.map { $0.isNewline ? " " : $0 }))\n" }
        }.joined()
    }

    /// From what `text` gives; nil where that names no state. Keys that are not known, and values that have no meaning, are
    /// passed over.
    public init?(text: String) {
        var values: [Key: Substring] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2, let key = Key(rawValue: String(words[0])) { values[key] = words[1] }
        }
        guard let state = values[.state].flatMap({ State(rawValue: String($0)) }) else { return nil }
        self.init(
            state, values[.detail].map(String.init) ?? "",
            signal: values[.signal].flatMap { Int($0) }.flatMap {
                (-200...0).contains($0) ? SignalStrength(dBm: $0) : nil
            },
            network: ServingNetwork(
                operatorName: values[.operator].map(String.init),
                technology: values[.technology].flatMap { AccessTechnology(rawValue: String($0)) }))
    }

    private enum Key: String {
        case state, signal, technology, `operator`, detail
    }
}
