// Which octets an authenticator covers: those from the payload protocol field up to the authenticator, with the
// checksum as zero. That holds for RFC 4285 ("up to and including the mobility SPI field", §5) and for the Binding
// Authorization Data of RFC 6275 §6.2.7 ("excluding the Authenticator field itself", which is the end) alike.

extension MobilityHeader {
    /// How many octets of a received message its Mobility Message Authentication option covers (RFC 4285 §5).
    ///
    /// Nil if there is no such option or more than one, if anything else than padding or an MN-AAA option stands behind
    /// it, if an MN-AAA option stands before the MN-HA option, or if the message cannot be read: such a message is
    /// discarded.
    public static func authenticationCoverage(
        of bytes: RawSpan, subtype: UInt8 = MessageAuthentication.mobileNodeHomeAgent
    ) -> Int? {
        var coverage: Int?
        guard let end = try? length(of: bytes), let fixed = try? fixedLength(of: bytes) else { return nil }
        var offset = fixed
        while offset < end {
            guard let option = try? RawMobilityOption(bytes, at: offset, end: end) else { return nil }
            offset = option.data.upperBound
            if option.isPadding { continue }
            let isAuthentication = option.type == MobilityOption.Code.messageAuthentication && option.data.count >= 5
            let found = isAuthentication ? bytes.octet(checked: option.data.lowerBound) : nil
            if found == subtype {
                guard coverage == nil else { return nil }
                coverage = option.data.lowerBound + 5
            } else if coverage != nil {
                guard found == MessageAuthentication.mobileNodeAAA else { return nil }
            } else if found == MessageAuthentication.mobileNodeAAA {
                return nil
            }
        }
        return coverage
    }

    /// How many octets of a received message its Binding Authorization Data option covers (RFC 6275 §6.2.7).
    ///
    /// Nil if there is no such option, if it is not the end of the message, or if the message cannot be read.
    public static func authorizationCoverage(of bytes: RawSpan) -> Int? {
        guard let options = rawOptions(of: bytes), let last = options.last, let end = try? length(of: bytes),
            last.type == MobilityOption.Code.bindingAuthorizationData, last.data.upperBound == end
        else { return nil }
        return last.data.lowerBound
    }

    /// The first `coverage` octets of a received message with checksum zero: what goes behind the addresses into the
    /// message authentication code.
    public static func coveredOctets(of bytes: RawSpan, coverage: Int) throws(ParseError) -> [UInt8] {
        try bytes.require(Offset.data, at: 0)
        var octets = try bytes.octets(0..<coverage)
        for index in Offset.checksum..<min(Offset.data, coverage) { octets[index] = 0 }
        return octets
    }

    /// All options with their places; nil if the message cannot be read or has none because of its type.
    private static func rawOptions(of bytes: RawSpan) -> [RawMobilityOption]? {
        guard let end = try? length(of: bytes), let fixed = try? fixedLength(of: bytes), fixed <= end
        else { return nil }
        var options: [RawMobilityOption] = []
        var offset = fixed
        while offset < end {
            guard let option = try? RawMobilityOption(bytes, at: offset, end: end) else { return nil }
            options.append(option)
            offset = option.data.upperBound
        }
        return options
    }
}

/// An emitted message that still lacks its authenticator.
///
///     let draft = message.draft(authenticatedBy: 256)
///     let octets = draft.filled(with: hmac(careOfAddress.octets + homeAddress.octets + draft.covered))
public struct MobilityMessageDraft: Hashable, Sendable {
    /// The whole message, authenticator and checksum zero.
    public let octets: [UInt8]
    /// Where the authenticator stands.
    public let authenticator: Range<Int>

    /// What the authenticator covers: the message up to it.
    public var covered: ArraySlice<UInt8> { octets[..<authenticator.lowerBound] }

    /// The message with its authenticator; the checksum is still zero.
    ///
    /// - Parameter code: as many octets as the authenticator has.
    public func filled(with code: [UInt8]) -> [UInt8] {
        precondition(code.count == authenticator.count, "an authenticator of another length than the draft has")
        return filled { _, place in place.copyBytes(from: code) }
    }

    /// The message with the authenticator that `compute` writes in its place, from what it covers.
    public consuming func filled(
        _ compute: (_ covered: UnsafeRawBufferPointer, _ place: UnsafeMutableRawBufferPointer) -> Void
    ) -> [UInt8] {
        let authenticator = authenticator
        var octets = octets
        octets.withUnsafeMutableBytes { octets in
            compute(
                UnsafeRawBufferPointer(rebasing: octets[..<authenticator.lowerBound]),
                UnsafeMutableRawBufferPointer(rebasing: octets[authenticator]))
        }
        return octets
    }
}

extension MobilityMessage {
    /// The message with a Mobility Message Authentication option of 12 octets as its last option (RFC 4285 §5.1).
    ///
    /// The message has no authentication option of its own yet. Where a Mobility Header has no room for all (2048
    /// octets), options are left out from the end.
    public func draft(
        authenticatedBy securityParameterIndex: UInt32,
        subtype: UInt8 = MessageAuthentication.mobileNodeHomeAgent, authenticatorLength: Int = 12
    ) -> MobilityMessageDraft {
        let option = MobilityOption.messageAuthentication(
            MessageAuthentication(
                subtype: subtype, securityParameterIndex: securityParameterIndex,
                authenticator: [UInt8](repeating: 0, count: authenticatorLength)))
        return draft(endingWith: option, authenticatorLength: authenticatorLength) {
            MobilityHeader.authenticationCoverage(of: $0, subtype: subtype)
        }
    }

    /// The same with a Binding Authorization Data option as the message's end (RFC 6275 §6.2.7).
    public func draftAuthorized() -> MobilityMessageDraft {
        let length = 12
        let option = MobilityOption.bindingAuthorizationData([UInt8](repeating: 0, count: length))
        return draft(endingWith: option, authenticatorLength: length) { MobilityHeader.authorizationCoverage(of: $0) }
    }

    private func draft(
        endingWith option: MobilityOption, authenticatorLength: Int, coverage: (RawSpan) -> Int?
    ) -> MobilityMessageDraft {
        var options = self.options
        while true {
            var message = self
            message.options = options + [option]
            let octets = message.emit()
            if let start = coverage(octets.span.bytes) {
                return MobilityMessageDraft(octets: octets, authenticator: start..<start + authenticatorLength)
            }
            precondition(!options.isEmpty, "a message that cannot be authenticated, or is already")
            options.removeLast()
        }
    }
}
