import MobilityWire

@testable import Platform

extension EventLoop {
    /// Runs until `condition` holds, however slow the machine is, and gives up after ten seconds.
    ///
    /// - Returns: whether it holds.
    func run(until condition: () -> Bool) throws -> Bool {
        let deadline = now + .seconds(10)
        while !condition(), now < deadline { try run(for: .milliseconds(2)) }
        return condition()
    }
}
