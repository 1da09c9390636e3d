/// The group `engine`: how nemonetd forwards.
public struct EngineSettings: Hashable, Sendable {
    public var plane: Plane
    /// The name of the TUN device that nemonetd makes.
    public var device: String
    public var clampMSS: Clamp
    /// How many threads forward in each direction; nil leaves it to the number of processors.
    public var workers: UInt32?

    public static let defaultDevice = "shisa0"
    /// As many threads for each direction at most.
    public static let greatestWorkers: UInt32 = 16

    public enum Plane: String, CaseIterable, Hashable, Sendable {
        /// Forward in user space.
        case engine
        /// Leave it to the kernel, as long as it can.
        case kernel
        /// The one that carries everything, which is the engine.
        case auto
    }

    /// For which TCP connections the segment size that they begin with is lowered to what fits the tunnel.
    public enum Clamp: String, CaseIterable, Hashable, Sendable {
        /// Those of peers whose addresses hold an IPv4 one.
        case auto
        case on
        case off
    }

    public init(
        plane: Plane = .auto, device: String = EngineSettings.defaultDevice, clampMSS: Clamp = .auto,
        workers: UInt32? = nil
    ) {
        self.plane = plane
        self.device = device
        self.clampMSS = clampMSS
        self.workers = workers
    }
}
