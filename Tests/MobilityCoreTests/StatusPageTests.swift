import Foundation
import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore
@testable import RouteOptimization

/// `docs/statuses.md` says what the machines do, status by status.
@Suite struct StatusPageTests {
    /// The cells of a status: sender, at the home agent, at a correspondent.
    static let rows: [UInt8: [String]] = {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/statuses.md")
        let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        guard let start = text.range(of: "## Binding Acknowledgement"), let end = text.range(of: "## Flow bindings")
        else {
            return [:]
        }
        var rows: [UInt8: [String]] = [:]
        for line in text[start.upperBound..<end.lowerBound].split(separator: "\n") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 4, let number = UInt8(cells[0].prefix { $0.isNumber }) else { continue }
            rows[number] = Array(cells.dropFirst())
        }
        return rows
    }()

    private func reaction(to status: BindingStatus) -> String {
        guard !status.isAccepted else { return "registered" }
        switch StatusReaction(status) {
        case .adoptSequenceNumber: return "takes over the number, at once"
        case .adoptClock: return "takes over the time, at once"
        case .sendTimestamps: return "sends timestamps, at once"
        case .deregisterFirst: return "de-registers first, once"
        case .retry(let first, let bindingGone):
            let wait = "again after \(first.milliseconds / 1000) s"
            let gone = bindingGone ? ", binding given up" : ""
            return wait + gone + (movesOn(after: status) ? ", next home agent" : "")
        }
    }

    private func movesOn(after status: BindingStatus) -> Bool {
        var harness = HomeAgentSelectionTests.Harness.started()
        harness.handle(.refused(status))
        return harness.machine.current == HomeAgentSelectionTests.second
    }

    @Test("every status with a name has a row, and no other", arguments: [0])
    func complete(_: Int) { #expect(Set(Self.rows.keys) == Set(BindingStatus.named.map(\.rawValue))) }

    @Test("its row says what the registration machine and the choice of home agent do", arguments: BindingStatus.named)
    func atTheHomeAgent(status: BindingStatus) throws {
        let cells = try #require(Self.rows[status.rawValue])
        #expect(cells[1].hasPrefix(reaction(to: status)), "\(reaction(to: status))")
        let refuses = !status.isAccepted && !movesOn(after: status)
        #expect(!refuses || !cells[1].contains("next home agent"))
    }

    @Test("and what route optimisation does", arguments: BindingStatus.named)
    func atACorrespondent(status: BindingStatus) throws {
        let cells = try #require(Self.rows[status.rawValue])
        var harness = RouteOptimizationHarness.updating()
        harness.acknowledge(status)
        switch cells[2].prefix(5) {
        case "bound": #expect(harness.phase == .bound)
        case "rests": #expect(harness.phase == nil)
        case "takes": #expect(harness.phase == .updating)
        case "tests": #expect(harness.phase == .testing)
        default: Issue.record("\(cells[2])")
        }
        #expect(cells[2].hasPrefix("bound") == (status.isAccepted))
    }

    @Test("who sends it is who can", arguments: BindingStatus.named)
    func senders(status: BindingStatus) throws {
        let cells = try #require(Self.rows[status.rawValue])
        #expect(
            !HomeAgentCounter.statusesSent.contains(status) || status == .homeRegistrationNotSupported
                || cells[0].contains("had"))
        #expect(!CorrespondentCounter.statusesSent.contains(status) || cells[0].contains("cnd"))
    }

    @Test("each of the 256 leaves a machine that goes on by itself", arguments: UInt8.min...UInt8.max)
    func unknown(code: UInt8) {
        let status = BindingStatus(rawValue: code)
        var single = RegistrationHarness.registering()
        single.refuse(status)
        #expect(single.machine.nextDeadline != nil)
        var several = MultipleHarness.registering()
        several.answer(status)
        #expect(several.hasFallenBack == (status == .multipleCareOfAddressProhibited))
        #expect(several.hasFallenBack || several.machine.nextDeadline != nil)
        var route = RouteOptimizationHarness.updating()
        route.acknowledge(status)
        #expect(route.phase == nil || route.entry?.nextDeadline != nil)
        if case .unknown = status {
            #expect(single.machine.registration.state == (status.isAccepted ? .registered : .refused))
            #expect(route.phase == (status.isAccepted ? .bound : nil))
        }
    }
}
