import MobilityCore
import MobilityWire
import Settings

extension RegistrationConfiguration {
    /// What a home address asks of this home agent.
    init(
        _ home: HomeSettings, homeAgent: IPv6Address, flows: [FlowPolicy], shares: [UplinkShare]
    ) throws(MobilitySecurityAssociationError) {
        let mode: Mode = home.isRouter ? (home.mode == .explicit ? .explicit : .implicit) : .host
        self.init(
            homeAddress: home.address, homeAgent: homeAgent, mode: mode, prefixes: home.prefixes,
            lifetime: .seconds(Int64(home.lifetime)), securityAssociation: try home.securityAssociation(),
            flows: flows, sharing: Set(shares.map(\.identifier)))
    }
}

extension HomeSettings {
    /// Nil without authentication.
    func securityAssociation() throws(MobilitySecurityAssociationError) -> MobilitySecurityAssociation? {
        guard let authentication else { return nil }
        return try MobilitySecurityAssociation(
            securityParameterIndex: authentication.spi, key: try SharedKey(authentication.key))
    }
}

extension AdaptiveRegistrationMachine.Style {
    init(_ bindings: PolicySettings.Bindings) {
        switch bindings {
        case .single: self = .single
        case .multiple: self = .multiple
        case .auto: self = .auto
        }
    }
}
