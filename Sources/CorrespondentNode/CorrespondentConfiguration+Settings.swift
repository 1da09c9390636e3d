import MobilityCore
import MobilityWire
import RouteOptimization
import Settings

extension CorrespondentConfiguration {
    /// What the group `correspondent` allows.
    ///
    /// - Parameter hasHomeAgent: whether had runs on this node.
    init(_ settings: CorrespondentSettings, hasHomeAgent: Bool) {
        self.init(
            addresses: Set(settings.addresses), prohibited: settings.prohibited, hasHomeAgent: hasHomeAgent,
            greatestLifetime: .seconds(Int64(settings.limits.lifetime)),
            greatestNumberOfBindings: Int(settings.limits.bindings),
            nonceInterval: .seconds(Int64(settings.nonceInterval)))
    }
}
