import Testing

@testable import Settings

/// What `load` makes of files: the settings, or its complaints with the folder's path taken out.
func load(_ files: [String: String], keys: ShisaSettings.Keys = .read) throws -> Result<ShisaSettings, SettingsError> {
    try load(Folder(files), keys: keys)
}

func load(_ folder: Folder, keys: ShisaSettings.Keys = .read) -> Result<ShisaSettings, SettingsError> {
    do {
        return .success(try ShisaSettings.load(folder["shisa.conf"], keys: keys))
    } catch {
        let complaints = error.complaints.map { complaint in
            var complaint = complaint
            complaint.file = complaint.file.replacing(folder.path + "/", with: "")
            complaint.text = complaint.text.replacing(folder.path + "/", with: "")
            return complaint
        }
        return .failure(SettingsError(complaints: complaints))
    }
}

/// The lines of complaint about one file; none when it is accepted.
func complaints(_ text: String) throws -> [String] { try complaints(["shisa.conf": text]) }

func complaints(_ files: [String: String]) throws -> [String] { complaints(try Folder(files)) }

func complaints(_ folder: Folder) -> [String] {
    switch load(folder) {
    case .success: []
    case .failure(let error): error.complaints.map(\.description)
    }
}

/// Files that are right, to put one mistake into.
enum Sample {
    static let home = """
        home = {
          agent = "2001:db8:1::1";
          address = "2001:db8:1::100/64";
          prefixes = [ "2001:db8:10::/60" ];
          authentication = { spi = 256; key = "hex:00112233445566778899aabbccddeeff"; };
        };
        uplinks = ( { interface = "eth0"; }, { interface = "wlan0"; type = "wlan"; metric = 20; } );
        ingress = ( { interface = "lan0"; prefix = "2001:db8:10::/64"; } );

        """

    static let homeAgent = """
        home_agent = {
          addresses = [ "2001:db8:1::1" ];
          prefixes = [ "2001:db8:1::/64" ];
          nodes = (
            { address = "2001:db8:1::100"; prefixes = [ "2001:db8:10::/60" ]; name = "bus-17";
              authentication = { spi = 256; key = "hex:00112233445566778899aabbccddeeff"; }; }
          );
        };

        """

    static let correspondent = """
        correspondent = {
          addresses = [ "2001:db8:c::c", "2001:db8:c::d" ];
          prohibited = [ "2001:db8:66::/48" ]; nonce_interval = 20;
          limits = { lifetime = 400; bindings = 7; };
        };

        """
}
