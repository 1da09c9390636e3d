extension MobilityMessage {
    /// The options, in the order of the message. A message of an unknown type has none and takes none.
    public var options: [MobilityOption] {
        get {
            switch self {
            case .bindingRefreshRequest(let options), .homeTestInit(_, let options), .careOfTestInit(_, let options),
                .homeTest(_, _, _, let options), .careOfTest(_, _, _, let options), .bindingError(_, _, let options):
                options
            case .bindingUpdate(let update): update.options
            case .bindingAcknowledgement(let acknowledgement): acknowledgement.options
            case .homeAgentSwitch(let message): message.options
            case .bindingRevocationIndication(let indication): indication.options
            case .bindingRevocationAcknowledgement(let acknowledgement): acknowledgement.options
            case .unknown: []
            }
        }
        set {
            switch self {
            case .bindingRefreshRequest:
                self = .bindingRefreshRequest(options: newValue)
            case .homeTestInit(let cookie, _):
                self = .homeTestInit(cookie: cookie, options: newValue)
            case .careOfTestInit(let cookie, _):
                self = .careOfTestInit(cookie: cookie, options: newValue)
            case .homeTest(let nonceIndex, let cookie, let keygenToken, _):
                self = .homeTest(nonceIndex: nonceIndex, cookie: cookie, keygenToken: keygenToken, options: newValue)
            case .careOfTest(let nonceIndex, let cookie, let keygenToken, _):
                self = .careOfTest(nonceIndex: nonceIndex, cookie: cookie, keygenToken: keygenToken, options: newValue)
            case .bindingUpdate(var update):
                update.options = newValue
                self = .bindingUpdate(update)
            case .bindingAcknowledgement(var acknowledgement):
                acknowledgement.options = newValue
                self = .bindingAcknowledgement(acknowledgement)
            case .bindingError(let status, let homeAddress, _):
                self = .bindingError(status: status, homeAddress: homeAddress, options: newValue)
            case .homeAgentSwitch(var message):
                message.options = newValue
                self = .homeAgentSwitch(message)
            case .bindingRevocationIndication(var indication):
                indication.options = newValue
                self = .bindingRevocationIndication(indication)
            case .bindingRevocationAcknowledgement(var acknowledgement):
                acknowledgement.options = newValue
                self = .bindingRevocationAcknowledgement(acknowledgement)
            case .unknown:
                break
            }
        }
    }
}
