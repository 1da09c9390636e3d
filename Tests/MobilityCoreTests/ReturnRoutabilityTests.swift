import MobilityWire
import Testing

@testable import MobilityCore
@testable import RouteOptimization

/// RFC 6275 §5.2.5 and §6.2.7 against UMIP's packets and Python's hmac: see return_routability_vectors.py.
@Suite struct ReturnRoutabilityTests {
    static let correspondent = IPv6Address("2001:db8:c::c")!
    static let home = IPv6Address("2001:db8:1::cafe")!

    struct Exchange: CustomTestStringConvertible {
        var home: String
        var careOf: String?
        var update: String
        var acknowledgement: String
        var key: String
        var testDescription: String { update }
    }

    static let exchanges = [
        Exchange(
            home: "hot-1", careOf: "cot-1", update: "bu-1", acknowledgement: "ba-1",
            key: "57abd348b5a793dee6058149c9512c3d7728a977"),
        // After a hand-over: the home token is the same.
        Exchange(
            home: "hot-1", careOf: "cot-2", update: "bu-2", acknowledgement: "ba-2",
            key: "775bcb7753286898a44d00da025dfe317b2626de"),
        // De-registration: the home token alone, and the home address in the care-of address's place.
        Exchange(
            home: "hot-1", careOf: nil, update: "bu-3", acknowledgement: "ba-3",
            key: "40288f9050b18366a900d9a4642ffaf262047c1c"),
        Exchange(
            home: "hot-2", careOf: "cot-3", update: "bu-4", acknowledgement: "ba-4",
            key: "87e276995e881535a86ef874bee2a13d27679653"),
        Exchange(
            home: "hot-2", careOf: "cot-3", update: "bu-5", acknowledgement: "ba-5",
            key: "87e276995e881535a86ef874bee2a13d27679653"),
        Exchange(
            home: "hot-3", careOf: "cot-4", update: "bu-6", acknowledgement: "ba-6",
            key: "45a06e028675b6e7325207dcedb077e6ace522e9"),
    ]

    static func token(_ name: String) throws -> KeygenToken {
        let octets = try UMIPPacket.packet(name).message
        switch try MobilityHeader.parse(octets.span.bytes) {
        case .homeTest(_, _, let token, _), .careOfTest(_, _, let token, _): return KeygenToken(rawValue: token)
        default: throw Failure()
        }
    }

    struct Failure: Error {}

    @Test("Kbm and the authenticators are those of another implementation", arguments: exchanges)
    func otherImplementation(exchange: Exchange) throws {
        let key = BindingManagementKey(
            homeToken: try Self.token(exchange.home), careOfToken: try exchange.careOf.map(Self.token))
        #expect(key.octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == exchange.key)
        let careOf = try exchange.careOf.map { try UMIPPacket.packet($0).destination } ?? Self.home
        for name in [exchange.update, exchange.acknowledgement] {
            let octets = try UMIPPacket.packet(name).message
            #expect(key.verifies(octets, careOfAddress: careOf, correspondent: Self.correspondent), "\(name)")
            // What is parsed and sealed again is the same but for the checksum.
            var message = try MobilityHeader.parse(octets.span.bytes)
            message.options.removeLast()
            let sealed = key.seal(message, careOfAddress: careOf, correspondent: Self.correspondent)
            #expect(sealed[..<4] == octets[..<4] && sealed[6...] == octets[6...], "\(name)")
        }
    }

    @Test("another address, another key or any changed octet does not verify")
    func forgeries() throws {
        let key = BindingManagementKey(homeToken: try Self.token("hot-1"), careOfToken: try Self.token("cot-1"))
        let careOf = try UMIPPacket.packet("cot-1").destination
        let octets = try UMIPPacket.packet("bu-1").message
        #expect(!key.verifies(octets, careOfAddress: Self.home, correspondent: Self.correspondent))
        #expect(!key.verifies(octets, careOfAddress: careOf, correspondent: Self.home))
        let other = BindingManagementKey(homeToken: try Self.token("hot-1"), careOfToken: nil)
        #expect(!other.verifies(octets, careOfAddress: careOf, correspondent: Self.correspondent))
        for index in octets.indices where index != 4 && index != 5 {
            var changed = octets
            changed[index] ^= 1
            #expect(!key.verifies(changed, careOfAddress: careOf, correspondent: Self.correspondent), "\(index)")
        }
        for length in 0..<octets.count {
            let cut = Array(octets.prefix(length))
            #expect(!key.verifies(cut, careOfAddress: careOf, correspondent: Self.correspondent), "\(length)")
        }
    }

    @Test("keygen tokens are what Python's hmac makes")
    func tokens() throws {
        let secret = try NodeSecret(Array(0..<20) + Array(0xa0..<0xa8) + [0, 1])
        let careOf = IPv6Address("2001:db8:a1::42")!
        #expect(KeygenToken(of: Self.home, .home, secret: secret).rawValue == 0x3260_aa82_6eb3_83b5)
        #expect(KeygenToken(of: careOf, .careOf, secret: secret).rawValue == 0xc3e0_2650_c2a9_00c6)
        #expect(KeygenToken(of: careOf, .home, secret: secret) != KeygenToken(of: careOf, .careOf, secret: secret))
    }

    @Test("secrets have their length and print as dots")
    func secrets() throws {
        #expect(throws: ReturnRoutabilityError.secretLength(3)) { try NodeSecret([1, 2, 3]) }
        let secret = try NodeSecret([UInt8](repeating: 7, count: NodeSecret.octetCount))
        let token = KeygenToken(rawValue: 7)
        let key = BindingManagementKey(homeToken: token, careOfToken: nil)
        for text in ["\(secret)", "\(token)", "\(key)", String(reflecting: secret), String(reflecting: key)] {
            #expect(text == "…")
        }
    }
}

@Suite struct NonceTableTests {
    static func secret(_ octet: UInt8) -> NodeSecret {
        let octets = [UInt8](repeating: octet, count: NodeSecret.octetCount - 2) + [0xff, 0xff]
        guard let secret = try? NodeSecret(octets) else { fatalError("it has its length") }
        return secret
    }

    @Test("a nonce lives from its first use, makes tokens for its interval and counts for 240 s")
    func life() throws {
        var table = NonceTable(interval: .seconds(30))
        table.supply(Self.secret(1))
        var now = Sample.start + .minutes(60)
        #expect(table.nextDeadline == nil)
        var issued = table.issue(.home, for: Sample.home, at: now)
        let first = try #require(issued)
        #expect(first.index == 0xffff)
        #expect(table.wantsSecret)
        table.supply(Self.secret(2))
        now = now + .milliseconds(29_999)
        issued = table.issue(.home, for: Sample.home, at: now)
        #expect(issued?.index == 0xffff)
        now = now + .milliseconds(1)
        issued = table.issue(.home, for: Sample.home, at: now)
        let second = try #require(issued)
        #expect(second.index == 0)
        #expect(second.token != first.token)
        // The first one's tokens are at least 210 s old when they end.
        now = now + .milliseconds(209_999)
        #expect(table.secret(of: 0xffff, at: now)?.secret == Self.secret(1))
        now = now + .milliseconds(1)
        #expect(table.secret(of: 0xffff, at: now) == nil)
        #expect(table.secret(of: 0, at: now)?.secret == Self.secret(2))
        #expect(table.nextDeadline == now)
        table.expire(at: now)
        #expect(table.count == 1)
    }

    @Test("with use at all times there are never more than nine nonces, and tokens last 210 s")
    func bound() throws {
        var table = NonceTable(interval: .seconds(30))
        var now = Sample.start
        var issued: [(at: Instant, index: UInt16)] = []
        for step in 0..<2000 {
            if table.wantsSecret { table.supply(Self.secret(UInt8(truncatingIfNeeded: step))) }
            let made = table.issue(.careOf, for: Sample.home, at: now)
            issued.append((now, try #require(made).index))
            #expect(table.count <= 9)
            for (at, index) in issued.suffix(600) {
                if now - at < .seconds(210) { #expect(table.secret(of: index, at: now) != nil) }
                if now - at >= .seconds(240) { #expect(table.secret(of: index, at: now) == nil) }
            }
            now = now + .milliseconds(777)
        }
    }

    @Test("without randomness the current nonce goes on until its end, and not longer")
    func starvation() throws {
        var table = NonceTable(interval: .seconds(30))
        #expect(table.issue(.home, for: Sample.home, at: Sample.start) == nil)
        table.supply(Self.secret(1))
        #expect(table.issue(.home, for: Sample.home, at: Sample.start) != nil)
        #expect(table.issue(.home, for: Sample.home, at: Sample.start + .seconds(239)) != nil)
        #expect(table.issue(.home, for: Sample.home, at: Sample.start + .seconds(240)) == nil)
    }
}
