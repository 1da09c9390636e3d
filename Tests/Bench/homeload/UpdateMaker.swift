import CNettle
import Glibc
import MobilityCore
import MobilitySocket
import MobilityWire

/// Makes the frames by which nemonetd hands over authenticated Binding Updates, as mrd sends them in explicit mode.
struct UpdateMaker {
    private let template: FrameTemplate
    private let source: Int
    private let homeAddressOption: Int
    private let message: Int
    private let sequenceNumber: Int
    private let alternateCareOfAddress: Int
    private let prefix: Int
    private let timestamp: Int
    private let authenticator: Int

    var length: Int { template.octets.count }

    init() {
        // Any values that stand nowhere else in the frame.
        let address = IPv6Address(high: 0x2001_0db8_aaaa_0001, low: 0x1122_3344_5566_7788)
        let careOf = IPv6Address(high: 0x2001_0db8_bbbb_0002, low: 0x99aa_bbcc_ddee_ff00)
        let alternate = IPv6Address(high: 0x2001_0db8_cccc_0003, low: 0x0f1e_2d3c_4b5a_6978)
        let network = IPv6Prefix(IPv6Address(high: 0x2001_0db8_dddd_0004, low: 0), length: 64)
        let time: UInt64 = 0x8796_a5b4_c3d2_e1f0
        let code: [UInt8] = Array(0xa1...0xac)
        let octets = MobilityMessage.bindingUpdate(
            BindingUpdate(
                sequenceNumber: SequenceNumber(rawValue: 0),
                flags: [.acknowledge, .homeRegistration, .mobileRouter], lifetime: BindingLifetime(seconds: 3600),
                options: [
                    .alternateCareOfAddress(alternate), .mobileNetworkPrefix(network),
                    .messageIdentifier(timestamp: time),
                ])
        ).draft(authenticatedBy: Population.securityParameterIndex).filled(with: code)
        template = FrameTemplate(
            .mobilityReceived(
                MobilityDatagram(
                    source: careOf, destination: Population.homeAgent, homeAddressOption: address, interfaceIndex: 2,
                    message: octets)))
        source = template.offset(of: careOf)
        homeAddressOption = template.offset(of: address)
        message = template.offset(of: octets)
        sequenceNumber = message + 6
        alternateCareOfAddress = template.offset(of: alternate)
        prefix = template.offset(of: network.address)
        timestamp = template.offset(of: withUnsafeBytes(of: time.bigEndian) { [UInt8]($0) })
        authenticator = template.offset(of: code)
    }

    /// Writes the frame of one Binding Update, sealed with the key of its node (RFC 4285 §5.1).
    func write(node: Int, moves: Int, sequenceNumber number: UInt16, to frame: UnsafeMutableRawPointer) {
        let careOf = Population.careOfAddress(node, moves: moves)
        let home = Population.homeAddress(node)
        template.octets.withUnsafeBytes { frame.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        frame.write(careOf, at: source)
        frame.write(home, at: homeAddressOption)
        frame.write(number, at: sequenceNumber)
        frame.write(careOf, at: alternateCareOfAddress)
        frame.write(Population.prefix(node).address, at: prefix)
        frame.write(Self.now(), at: timestamp)

        var context = hmac_sha1_ctx()
        let key = Population.key(node)
        withUnsafeBytes(of: (key.0.bigEndian, key.1.bigEndian)) {
            nettle_hmac_sha1_set_key(&context, 16, $0.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        for address in [source, homeAddressOption] {
            nettle_hmac_sha1_update(&context, 16, (frame + address).assumingMemoryBound(to: UInt8.self))
        }
        nettle_hmac_sha1_update(
            &context, authenticator - message, (frame + message).assumingMemoryBound(to: UInt8.self))
        nettle_hmac_sha1_digest(&context, 12, (frame + authenticator).assumingMemoryBound(to: UInt8.self))
    }

    /// The time of day as the Network Time Protocol writes it.
    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return NTPTimestamp(unixSeconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec)).rawValue
    }
}
