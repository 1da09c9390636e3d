public import MobilityCore
public import MobilitySocket
public import MobilityWire
public import Settings

/// What a mobile host does besides registering. A router's program has none, and does not carry the code of one.
public protocol RoamingCompanion: AnyObject {
    /// nemonetd is there, and was told nothing yet on this connection.
    func connected()
    /// Where a home address is reached, whenever that changes.
    func located(_ homeAddress: IPv6Address, _ location: HomeLocation)
    /// A home address is given up; its registration ends next.
    func retire(_ homeAddress: IPv6Address)
    /// A message of nemonetd.
    ///
    /// - Returns: whether it was for the companion alone.
    func receive(_ message: MobilitySocketMessage) -> Bool
    /// What time will bring, for people.
    var pendingTimers: [PendingTimer] { get }
    /// New settings, already checked.
    func reload(_ settings: ShisaSettings)
    /// The program ends, and its registrations next.
    func stop()
}
