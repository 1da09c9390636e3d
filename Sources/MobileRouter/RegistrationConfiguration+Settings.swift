import MobilityCore
import MobilityWire
import Settings

extension RegistrationConfiguration {
    /// What the group `home` asks for.
    init(_ home: HomeSettings) throws(MobilitySecurityAssociationError) {
        var association: MobilitySecurityAssociation?
        if let authentication = home.authentication {
            association = try MobilitySecurityAssociation(
                securityParameterIndex: authentication.spi, key: try SharedKey(authentication.key))
        }
        self.init(
            homeAddress: home.address, homeAgent: home.agent, mode: home.mode == .explicit ? .explicit : .implicit,
            prefixes: home.prefixes, lifetime: .seconds(Int64(home.lifetime)), securityAssociation: association)
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
