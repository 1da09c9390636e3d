// MobilitySocket
