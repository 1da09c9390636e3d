/// The group `engine`: how nemonetd forwards.
public struct EngineSettings: Hashable, Sendable {
    public var plane: Plane
    /// The name of the TUN device that nemonetd makes.
    public var device: String

    public static let defaultDevice = "shisa0"

    public enum Plane: String, CaseIterable, Hashable, Sendable {
        /// Forward in user space.
        case engine
        /// Take the best plane that this version and the kernel have.
        case auto
    }

    public init(plane: Plane = .auto, device: String = EngineSettings.defaultDevice) {
        self.plane = plane
        self.device = device
    }
}
