import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Every state of the home agents list with every event: how many others and prefixes it has behind it, whether news were
/// told, and who an answer names.
@Suite struct HomeAgentDirectoryTableTests {
    enum State: String, CaseIterable {
        /// A virtual home network: nobody is listened to.
        case withoutLink
        /// Nobody else was heard.
        case alone
        /// Another home agent is there, with a prefix of its own.
        case together
    }

    enum Event: String, CaseIterable {
        case advertisement, withoutHomeFlag, lifetimeZero, otherInterface, throughRouter
        case request, requestOfRouter, requestToAddress, requestElsewhere, requestFromNobody
        case unexpected, malformed, timerTooEarly, deadline, linkGone, linkThere, otherPrefixes
    }

    struct Outcome: Equatable, CustomStringConvertible {
        var others: Int
        var prefixes: Int
        var news = false
        /// Addresses in the answer; nil without one.
        var named: Int?
        init(_ others: Int, _ prefixes: Int, news: Bool = false, named: Int? = nil) {
            (self.others, self.prefixes, self.news, self.named) = (others, prefixes, news, named)
        }
        var description: String {
            "\(others) others, \(prefixes) prefixes\(news ? ", news" : "")" + (named.map { ", \($0) named" } ?? "")
        }
    }

    static let second = IPv6Address("2001:db8:2::2")!

    static func configuration(link: UInt32? = HomeLinkSample.interface) -> HomeAgentDirectory.Configuration {
        .init(
            addresses: [Sample.homeAgent],
            prefixes: [HomePrefix(Sample.homePrefixInformation(valid: 86400, preferred: 14400))], interfaceIndex: link)
    }

    static func advertisement(lifetime: UInt16 = 1800, isHomeAgent: Bool = true, hopLimit: UInt8 = 255)
        -> ICMPv6Envelope
    {
        HomeLinkSample.advertisement(
            2, address: second, preference: 3, lifetime: lifetime, isHomeAgent: isHomeAgent, hopLimit: hopLimit)
    }

    static func directory(in state: State) -> HomeAgentDirectory {
        var directory = HomeAgentDirectory(configuration(link: state == .withoutLink ? nil : 5), seed: 3)
        if state == .together { _ = directory.handle(.messageReceived(advertisement()), at: Sample.start) }
        return directory
    }

    static func event(_ event: Event, for directory: HomeAgentDirectory) -> HomeAgentDirectory.Event? {
        switch event {
        case .advertisement: return .messageReceived(advertisement())
        case .withoutHomeFlag: return .messageReceived(advertisement(isHomeAgent: false))
        case .lifetimeZero: return .messageReceived(advertisement(lifetime: 0))
        case .otherInterface:
            var envelope = advertisement()
            envelope.interfaceIndex = 77
            return .messageReceived(envelope)
        case .throughRouter: return .messageReceived(advertisement(hopLimit: 64))
        case .request: return .messageReceived(HomeLinkSample.request())
        case .requestOfRouter: return .messageReceived(HomeLinkSample.request(mobileRouter: true))
        case .requestToAddress: return .messageReceived(HomeLinkSample.request(to: Sample.homeAgent))
        case .requestElsewhere: return .messageReceived(HomeLinkSample.request(to: Sample.stranger))
        case .requestFromNobody: return .messageReceived(HomeLinkSample.request(from: .unspecified))
        case .unexpected:
            return .messageReceived(
                HomeLinkSample.envelope(
                    .mobilePrefixSolicitation(identifier: 1, options: []), from: Sample.stranger, to: Sample.homeAgent))
        case .malformed:
            var envelope = HomeLinkSample.request()
            envelope.message = Array(envelope.message.prefix(5))
            return .messageReceived(envelope)
        case .timerTooEarly, .deadline: return .timer
        case .linkGone: return .configurationChanged(configuration(link: nil))
        case .linkThere: return .configurationChanged(configuration())
        case .otherPrefixes:
            var new = directory.configuration
            new.prefixes[0].information.preferredLifetime = 0
            return .configurationChanged(new)
        }
    }

    static let table: [State: [Event: Outcome]] = [
        .withoutLink: all(Outcome(0, 1), named: 1).with([.otherPrefixes: Outcome(0, 1, news: true)]),
        .alone: all(Outcome(0, 1), named: 1).with([
            .advertisement: Outcome(1, 2, news: true), .otherPrefixes: Outcome(0, 1, news: true),
            // Its prefix is on the link all the same, whether or not it serves any longer.
            .lifetimeZero: Outcome(0, 2, news: true),
        ]),
        .together: all(Outcome(1, 2), named: 2).with([
            .withoutHomeFlag: Outcome(0, 2), .lifetimeZero: Outcome(0, 2), .deadline: Outcome(0, 2),
            .otherPrefixes: Outcome(1, 2, news: true),
        ]),
    ]

    static func all(_ outcome: Outcome, named: Int) -> [Event: Outcome] {
        var row = Dictionary(uniqueKeysWithValues: Event.allCases.map { ($0, outcome) })
        for event in [Event.request, .requestOfRouter, .requestToAddress] { row[event]?.named = named }
        return row
    }

    @Test("each event in each state does what the table says", arguments: State.allCases, Event.allCases)
    func pair(state: State, event: Event) throws {
        let expected = try #require(Self.table[state]?[event])
        var directory = Self.directory(in: state)
        let now = event == .deadline ? directory.nextDeadline ?? Sample.start : Sample.start + .seconds(1)
        var outcome = Outcome(0, 0)
        for action in directory.handle(try #require(Self.event(event, for: directory)), at: now) {
            switch action {
            case .send(let envelope):
                guard case .homeAgentAddressDiscoveryReply(_, _, let addresses)? = envelope.icmpv6 else {
                    Issue.record("\(envelope)")
                    continue
                }
                outcome.named = addresses.count
            case .prefixesChanged(let prefixes):
                #expect(prefixes == directory.prefixes)
                outcome.news = true
            case .count, .log: break
            }
        }
        outcome.others = directory.list.entries.count
        outcome.prefixes = directory.prefixes.count
        #expect(outcome == expected)
    }

    @Test("whoever was heard is forgotten by time", arguments: State.allCases)
    func exitByTime(state: State) {
        var directory = Self.directory(in: state)
        #expect((directory.nextDeadline == nil) == (state != .together))
        while let deadline = directory.nextDeadline { _ = directory.handle(.timer, at: deadline) }
        #expect(directory.list.entries.isEmpty && directory.prefixes.count == 1)
    }
}

extension [HomeAgentDirectoryTableTests.Event: HomeAgentDirectoryTableTests.Outcome] {
    fileprivate func with(_ others: Self) -> Self { merging(others) { $1 } }
}
