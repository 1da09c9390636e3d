import Foundation
import MobilityWire
import Testing

/// What this encoder makes, read by Wireshark's dissectors: a second opinion besides scapy's.
@Suite(
    "Packets of ours, decoded by tshark",
    .enabled(if: Tshark.path != nil, "tshark is not installed (apt install tshark)"))
struct TsharkTests {
    @Test("are not malformed, and have the fields that were put in")
    func fields() throws {
        // Wireshark 4.0 looks for the options of a Home Agent Switch message some octets too early (RFC 5142 §4).
        let rows = GoldenMessages.rows.filter { $0.message.type != 12 }
        let decoded = try Tshark.decode(
            rows.map { $0.packet.emit() },
            fields: [
                "ipv6.src", "ipv6.dst", "ipv6.opt.mipv6.home_address", "ipv6.routing.mipv6.home_address",
                "mip6.mhtype", "mip6.bu.seqnr", "mip6.bu.lifetime", "mip6.nemo.bu.r_flag", "mip6.bu.h_flag",
                "mip6.ba.status", "mip6.ba.seqnr", "mip6.nemo.ba.r_flag", "mip6.nemo.mnp.mnp", "mip6.nemo.mnp.pfl",
                "mip6.acoa.acoa", "mip6.auth.mobility_spi", "mip6.auth.auth_data", "mip6.bi.bid", "_ws.malformed",
            ])
        #expect(decoded.count == rows.count)
        for (row, fields) in zip(rows, decoded) {
            func expect(_ name: String, _ value: String?) {
                #expect(fields[name] == value ?? "", "\(row.name): \(name)")
            }
            expect("_ws.malformed", nil)
            expect("mip6.mhtype", String(row.message.type))
            expect("ipv6.opt.mipv6.home_address", row.homeAddressOption?.description)
            expect("ipv6.routing.mipv6.home_address", row.routingHeader?.description)
            switch row.message {
            case .bindingUpdate(let update):
                expect("mip6.bu.seqnr", String(update.sequenceNumber.rawValue))
                expect("mip6.bu.lifetime", String(update.lifetime.rawValue))
                expect("mip6.bu.h_flag", update.flags.contains(.homeRegistration) ? "1" : "0")
                expect("mip6.nemo.bu.r_flag", update.flags.contains(.mobileRouter) ? "1" : "0")
            case .bindingAcknowledgement(let acknowledgement):
                expect("mip6.ba.status", String(acknowledgement.status.rawValue))
                expect("mip6.ba.seqnr", String(acknowledgement.sequenceNumber.rawValue))
                expect("mip6.nemo.ba.r_flag", acknowledgement.mobileRouter ? "1" : "0")
            default:
                break
            }
            let options = row.message.options
            let prefixes = options.compactMap { if case .mobileNetworkPrefix(let prefix) = $0 { prefix } else { nil } }
            expect("mip6.nemo.mnp.mnp", prefixes.map(\.address.description).joined(separator: ","))
            expect("mip6.nemo.mnp.pfl", prefixes.map { String($0.length) }.joined(separator: ","))
            let careOf = options.compactMap {
                if case .alternateCareOfAddress(let address) = $0 { address.description } else { nil }
            }
            expect("mip6.acoa.acoa", careOf.joined(separator: ","))
            let identifiers = options.compactMap {
                if case .bindingIdentifier(let option) = $0 { String(option.identifier) } else { nil }
            }
            expect("mip6.bi.bid", identifiers.joined(separator: ","))
            // Its dissector takes type and length off the option's length, which does not count them (RFC 4285 §5): it
            // shows 10 octets of 12. scapy shows all.
            let codes = options.compactMap {
                if case .messageAuthentication(let option) = $0 {
                    [UInt8](option.authenticator.prefix(10)).hex
                } else {
                    nil
                }
            }
            let shown = (fields["mip6.auth.auth_data"] ?? "").prefix(20)
            #expect(shown == codes.joined(), "\(row.name)")
        }
    }

    @Test("of ICMPv6 have right checksums and are not malformed")
    func icmp() throws {
        let rows = ICMPv6MessageTests.rows
        let decoded = try Tshark.decode(
            rows.map { $0.packet.emit() },
            fields: [
                "icmpv6.type", "icmpv6.checksum.status", "icmpv6.nd.ra.flag.h", "icmpv6.opt.prefix.flag.r",
                "icmpv6.opt.home_agent_preference", "icmpv6.mip6.home_agent_address", "_ws.malformed",
            ])
        #expect(decoded.count == rows.count)
        for (row, fields) in zip(rows, decoded) {
            #expect(fields["_ws.malformed"] == "", "\(row.name)")
            #expect(fields["icmpv6.type"] == String(row.message.type), "\(row.name)")
            #expect(fields["icmpv6.checksum.status"] == "1", "\(row.name): 1 is right, 0 is wrong")
            switch row.name {
            case "ra":
                #expect(fields["icmpv6.nd.ra.flag.h"] == "1")
                #expect(fields["icmpv6.opt.prefix.flag.r"] == "1")
                #expect(fields["icmpv6.opt.home_agent_preference"] == "10")
            case "haad_reply":
                #expect(fields["icmpv6.mip6.home_agent_address"] == "2001:db8:1::1,2001:db8:1::2")
            default:
                break
            }
        }
    }
}

/// Runs tshark over packets.
enum Tshark {
    static let path: String? = ["/usr/bin/tshark", "/usr/local/bin/tshark"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// One dictionary of fields for each packet; a field that stands several times is joined by commas.
    static func decode(_ packets: [[UInt8]], fields: [String]) throws -> [[String: String]] {
        let file = FileManager.default.temporaryDirectory.appending(path: "shisa-\(UUID().uuidString).pcap")
        try Data(capture(packets)).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: path ?? "")
        process.arguments =
            ["-n", "-r", file.path, "-T", "fields", "-E", "separator=|"] + fields.flatMap { ["-e", $0] }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: true).map {
            let values = $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            return Dictionary(zip(fields, values)) { first, _ in first }
        }
    }

    /// The pcap format with link type 229, IPv6 without a link-layer header.
    private static func capture(_ packets: [[UInt8]]) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(0xa1b2_c3d4 as UInt32)
        writer.write(2 as UInt16)
        writer.write(4 as UInt16)
        writer.write(0 as UInt64)
        writer.write(65_535 as UInt32)
        writer.write(229 as UInt32)
        for packet in packets {
            writer.write(0 as UInt64)
            writer.write(UInt32(packet.count))
            writer.write(UInt32(packet.count))
            writer.write(packet)
        }
        return writer.octets
    }
}
