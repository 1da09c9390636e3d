// TunnelManager
