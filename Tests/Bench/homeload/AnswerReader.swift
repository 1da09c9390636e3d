import MobilityCore
import MobilitySocket
import MobilityWire

/// Reads what had sends: counts Binding Acknowledgements with status 0, and looks at some of them closely.
struct AnswerReader {
    /// Of so many acknowledgements one is verified with the key of its node.
    private static let sampling = 997

    private let acknowledgement: FrameTemplate
    private let statusOffset: Int
    private let bindingAddType: UInt16

    private(set) var accepted = 0
    private(set) var refused = 0
    private(set) var bindings = 0
    /// Home Tests and Care-of Tests.
    private(set) var tokens = 0
    private(set) var verified = 0
    /// What asks for an answer: the sequence numbers of the frames.
    var unanswered: [UInt32] = []

    init() {
        let address = IPv6Address(high: 0x2001_0db8_aaaa_0001, low: 0x1122_3344_5566_7788)
        let octets = MobilityMessage.bindingAcknowledgement(
            BindingAcknowledgement(
                status: .accepted, mobileRouter: true, sequenceNumber: SequenceNumber(rawValue: 0),
                lifetime: BindingLifetime(seconds: 3600),
                options: [.messageIdentifier(timestamp: 0x8796_a5b4_c3d2_e1f0)])
        ).draft(authenticatedBy: Population.securityParameterIndex).filled(with: Array(0xa1...0xac))
        acknowledgement = FrameTemplate(
            .mobilitySend(
                MobilityDatagram(
                    source: Population.homeAgent, destination: address, routingHeader: address, message: octets)))
        statusOffset = acknowledgement.offset(of: octets) + 6
        bindingAddType = FrameTemplate(.bindingAdd(Self.sampleBinding)).type
    }

    private static let sampleBinding = BindingEntry(
        homeAddress: Population.homeAgent, careOfAddress: Population.homeAgent,
        homeAgentAddress: Population.homeAgent, lifetime: 4, remainingMilliseconds: 4000,
        sequenceNumber: SequenceNumber(rawValue: 0))

    /// Takes a packet of frames.
    mutating func take(_ packet: UnsafeRawBufferPointer, other: (MobilitySocketFrame) -> Void) {
        var offset = 0
        while offset + 16 <= packet.count, let base = packet.baseAddress {
            let frame = base + offset
            let length = Int(frame.loadUnaligned(as: UInt32.self))
            guard length >= 16, offset + length <= packet.count else { fail("had sent a frame that is none") }
            let type = frame.loadUnaligned(fromByteOffset: 4, as: UInt16.self)
            let flags = frame.loadUnaligned(fromByteOffset: 6, as: UInt16.self)
            if flags & MobilitySocketFrame.Flags.acknowledge.rawValue != 0 {
                unanswered.append(frame.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
            }
            if type == acknowledgement.type, length == acknowledgement.octets.count {
                takeAcknowledgement(UnsafeRawBufferPointer(start: frame, count: length))
            } else if type == bindingAddType {
                bindings += 1
            } else {
                for frame in Self.decoded(UnsafeRawBufferPointer(start: frame, count: length)) {
                    if case .message(.mobilitySend(let datagram)) = frame.content {
                        takeOther(datagram)
                    } else {
                        other(frame)
                    }
                }
            }
            offset += (length + 3) & ~3
        }
    }

    private mutating func takeOther(_ datagram: MobilityDatagram) {
        switch try? MobilityHeader.parse(datagram.message.span.bytes) {
        case .homeTest, .careOfTest: tokens += 1
        default: refused += 1
        }
    }

    private mutating func takeAcknowledgement(_ frame: UnsafeRawBufferPointer) {
        guard frame[statusOffset] == 0 else {
            refused += 1
            return
        }
        accepted += 1
        if accepted % Self.sampling == 0 { verify(frame) }
    }

    private mutating func verify(_ frame: UnsafeRawBufferPointer) {
        guard case .message(.mobilitySend(let datagram))? = Self.decoded(frame).first?.content,
            let home = datagram.routingHeader,
            let association = try? Population.association(Population.node(of: home)),
            case .authentic = MobilityAuthentication.verify(
                datagram.message, careOfAddress: datagram.destination, homeAddress: home, association: association),
            case .bindingAcknowledgement(let answer)? = try? MobilityHeader.parse(datagram.message.span.bytes),
            answer.status == .accepted, answer.lifetime == BindingLifetime(seconds: 3600)
        else { fail("had sent a Binding Acknowledgement that is not authentic, or not what it seemed to be") }
        verified += 1
    }

    private static func decoded(_ frame: UnsafeRawBufferPointer) -> [MobilitySocketFrame] {
        guard let frames = try? MobilitySocketFrame.decode([UInt8](frame)) else { fail("had sent a broken frame") }
        return frames
    }
}
