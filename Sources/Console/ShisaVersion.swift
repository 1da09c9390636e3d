/// The version of the whole package.
public enum ShisaVersion {
    public static let text = "0.1.0"
    /// The day of the version, as manual pages write it.
    static let date = "November 24, 2026"
}
