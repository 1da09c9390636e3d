// MobilityWire
