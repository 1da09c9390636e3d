/// What the requests are in the words of the programs that speak to modems, and what their answers mean.
public struct ModemDialect: Sendable {
    /// What is to be done for a request.
    public enum Step: Hashable, Sendable {
        /// Runs of programs, one after the other until one fails that may not; all that they wrote together is the answer's text.
        case calls([ModemCall])
        /// Nothing: this is the answer.
        case answer(ModemAnswer)
    }

    public let kind: ModemKind
    let settings: ModemSettings
    /// The network interface.
    let interface: String
    /// `/dev/cdc-wdm0`, `/dev/ttyUSB2`.
    let device: String
    /// A folder of our own in memory, for scripts with secrets in them.
    let folder: String
    /// The connection of a QMI modem, which only who knows it can ask after and end. To be kept over restarts.
    public var session: QMISession?
    /// Whether pppd has the serial line.
    var isLineTaken = false

    public init(
        kind: ModemKind, settings: ModemSettings, interface: String, device: String, folder: String,
        session: QMISession? = nil
    ) {
        self.kind = kind
        self.settings = settings
        self.interface = interface
        self.device = device
        self.folder = folder
        self.session = session
    }

    public func step(for request: ModemRequest) -> Step {
        switch kind {
        case .qmi: qmiStep(for: request)
        case .mbim: mbimStep(for: request)
        case .serial: serialStep(for: request)
        }
    }

    /// - Parameters:
    ///   - status: How the last program ended; 128 and more are signals.
    ///   - output: What all of them wrote, to standard output and standard error.
    public mutating func answer(to request: ModemRequest, status: Int32, output: String) -> ModemAnswer {
        let text = AnswerText(output)
        return switch kind {
        case .qmi: qmiAnswer(to: request, isDone: status == 0, text)
        case .mbim: Self.mbimAnswer(to: request, isDone: status == 0, text)
        case .serial: serialAnswer(to: request, status: status, text)
        }
    }

    /// A value among `key=value,…` of qmicli and mbimcli. Settings have no quotes in them.
    static func quoted(_ value: String) -> String { "'\(value)'" }

    func setLink(_ state: String) -> ModemCall { ModemCall("ip", ["link", "set", interface, state]) }
}
