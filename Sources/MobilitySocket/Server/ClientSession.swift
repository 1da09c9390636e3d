import Platform

/// One connection to the mobility socket, as nemonetd sees it.
final class ClientSession {
    let identifier: MobilitySocketServer.ClientIdentifier
    let connection: UnixSeqpacketConnection
    /// Nil until the client has said hello.
    var hello: Hello?
    var subscriptions: Set<MobilitySocketMessage.Table> = []
    var queue = OutgoingQueue()
    /// Whether that is under way already.
    var isToBeFlushed = false

    init(identifier: MobilitySocketServer.ClientIdentifier, connection: UnixSeqpacketConnection) {
        self.identifier = identifier
        self.connection = connection
    }

    var client: MobilitySocketServer.Client? {
        hello.map { MobilitySocketServer.Client(identifier: identifier, peer: connection.peer, hello: $0) }
    }

    /// Hands the kernel as much as it takes, then reads on unless too many answers wait.
    func flush() {
        isToBeFlushed = false
        while connection.isOpen, connection.queuedOctets == 0, let packet = queue.nextPacket() {
            connection.send(packet)
        }
        connection.wantsMessages = !queue.holdsBack
    }
}
