/// Something that must not be.
public struct Violation: Error, Sendable, Equatable {
    public var worldSeed: UInt64
    public var invariant: Invariant
    /// Milliseconds of the world's time.
    public var time: Int64
    public var node: Int
    public var detail: String

    public enum Invariant: String, CaseIterable, Sendable {
        /// A binding belongs to a node that has the key of the home address, and to one node.
        case oneOwner = "no two nodes own one address"
        case lifetime = "a binding never outlives its lifetime"
        case convergence = "an authenticated node converges after the last fault"
        case blackHole = "no black hole longer than its bound"
        /// A node that has done nothing wrong is refused only for what the world knows of.
        case groundlessRefusal = "no refusal without a reason"
        case updateRate = "at most MAX_UPDATE_RATE Binding Updates a second"
        /// What does not answer is left for what does, and for nothing else.
        case stillness = "nothing moves while nothing answers"
        /// What `DriveBook` says.
        case choice = "traffic is not left on a dead link, nor moved without need"
        /// Machines that do not take a timer that is due would be called for ever.
        case timers = "a timer that is due is taken"
    }
}
