// MobilityCore
