/// Files that are right, for manuals and as a start for one's own.
public enum SettingSample {
    public static let mobileRouter = """
        # A mobile router: where it registers, over what, and for whom.
        home = {
          agent    = "2001:db8:1::1";
          address  = "2001:db8:1::100/64";
          prefixes = [ "2001:db8:10::/60" ];
          authentication = { spi = 256; key = "file:keys/home.key"; };
        };
        uplinks = (
          { interface = "eth0";  type = "ethernet"; metric = 10; },
          { interface = "wlan0"; type = "wlan";     metric = 20; },
          { interface = "wwan0"; type = "cellular"; metric = 30; }
        );
        ingress = ( { interface = "lan0"; prefix = "2001:db8:10::/64"; } );
        """

    public static let mobileHost = """
        # A mobile host: no network behind it, home agents found by asking the home network.
        home = {
          agent   = "discover";
          address = "2001:db8:1::200/64";
          authentication = { spi = 256; key = "file:/etc/shisa/keys/home.key"; };
        };
        uplinks = (
          { interface = "eth0";  type = "ethernet"; metric = 10; },
          { interface = "wlan0"; type = "wlan";     metric = 20; }
        );
        """

    public static let homeAgent = """
        # A home agent: where it answers, for which prefixes, and who may register.
        home_agent = {
          addresses = [ "2001:db8:1::1" ];
          prefixes  = [ "2001:db8:1::/64" ];
          nodes = (
            { address = "2001:db8:1::100"; prefixes = [ "2001:db8:10::/60" ]; name = "bus-17";
              authentication = { spi = 256; key = "file:keys/bus-17.key"; }; }
          );
          limits = { lifetime = "1 h"; bindings = 1000; };
        };
        """

    public static let correspondent = """
        # A correspondent: mobile nodes reach this address without the way over their home agent.
        correspondent = {
          addresses = [ "2001:db8:c::c" ];
          limits    = { lifetime = "7 min"; bindings = 10000; };
        };
        """
}
