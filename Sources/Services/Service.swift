public import Settings

/// A program beside ours that does a part of the work, and whose own configuration follows from shisa.conf.
///
/// `shisaconf` writes the configuration of each row of `all`; its command line, help and manual follow from that table.
public struct Service: Sendable {
    /// The program's name, which is the command of shisaconf.
    public var name: String
    /// What its configuration is for, in a sentence.
    public var text: String
    /// Whether the keys of shisa.conf are needed for it, which not everybody may read.
    public var keys: ShisaSettings.Keys
    /// Where there is one of it for each interface, which is then named (`shisaconf NAME INTERFACE`): those for which it has
    /// something to do.
    public var interfaces: (@Sendable (ShisaSettings) -> [String])?
    /// Its configuration for these settings, and for an interface where there is one for each.
    public var configuration: @Sendable (ShisaSettings, _ interface: String) throws(ServiceError) -> Outcome

    /// Every program that is configured in this way.
    public static let all: [Service] = [dnsmasq, wpaSupplicant, hostapd, dhcpcd, chronyd]

    public var isPerInterface: Bool { interfaces != nil }

    /// What follows from the settings.
    public enum Outcome: Hashable, Sendable {
        /// The text of the configuration file.
        case text(String)
        /// The program has nothing to do; why, for people.
        case nothing(String)
    }
}

/// Why settings that are right in themselves cannot be had from a program.
public struct ServiceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and what would be right.
    public var description: String

    public init(_ description: String) { self.description = description }
}
