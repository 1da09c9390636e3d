// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors where `make check` builds.
let strict: [SwiftSetting] =
    (Context.environment["SHISA_STRICT"] ?? "").isEmpty ? [] : [.treatAllWarnings(as: .error)]

let house: [SwiftSetting] =
    strict + [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]

/// Without the library of regular expressions, which the compiler imports unasked and which takes a megabyte on the board.
let lean: [SwiftSetting] = [.unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"])]

/// For what runs seldom: small before fast.
let small: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// Small on the board, whose flash has to hold it, and fast where `EveryProgram` is built: the last flag counts.
let smallOnTheBoard = small + [.unsafeFlags(["-O"], .when(configuration: .release, traits: ["EveryProgram"]))]

/// A room of the house: a module and the rooms that it may call.
func room(_ name: String, _ calls: [Target.Dependency] = [], optimised: [SwiftSetting] = []) -> Target {
    .target(name: name, dependencies: calls, swiftSettings: house + lean + optimised)
}

/// The tests of a room. What they read beside the sources, they find by their own path.
func tests(_ name: String, _ calls: [Target.Dependency] = [], besides: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.target(name: name)] + calls, exclude: besides, swiftSettings: house)
}

/// What every program calls.
let program: [Target.Dependency] = [
    "MobilityWire", "MobilitySocket", "Platform", "Settings", "Console", "Logging",
]

let package = Package(
    name: "shisa",
    products: [.executable(name: "shisa", targets: ["shisa"])],
    // The board is built without these: a router has no use for them, and its flash is small.
    traits: [
        .trait(name: "EveryProgram", description: "had, mnd and cnd beside what a mobile router runs"),
        .default(enabledTraits: ["EveryProgram"]),
    ],
    targets: [
        .systemLibrary(name: "CMnl", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
        .systemLibrary(name: "CConfig", pkgConfig: "libconfig", providers: [.apt(["libconfig-dev"])]),
        .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
        .target(name: "CLinux"),

        room("MobilityWire"),
        room("MobilityCore", ["MobilityWire", "CNettle"]),
        room("HomeAgentOperation", ["MobilityWire", "MobilityCore"]),
        room("RouteOptimization", ["MobilityWire", "MobilityCore", "CNettle"]),
        room("Multihoming", ["MobilityWire"], optimised: smallOnTheBoard),
        room("Cellular", ["MobilityWire"], optimised: small),
        room("Logging"),
        room("Forwarding", ["MobilityWire"]),
        room("Platform", ["MobilityWire", "CLinux", "CMnl", "Logging"]),
        room("MobilitySocket", ["MobilityWire", "Platform", "CMnl"]),
        tests("MobilitySocket", ["MobilityWire", "Platform"], besides: ["golden_frames.py"]),
        room("Settings", ["MobilityWire", "CConfig"], optimised: smallOnTheBoard),
        room("Services", ["MobilityWire", "Settings"], optimised: small),
        room(
            "Console", ["MobilityWire", "MobilitySocket", "Platform", "Services", "Settings", "Logging"],
            optimised: small),

        room("Wiring", ["MobilityCore", "MobilitySocket", "Logging"]),

        room("TunnelManager", program + ["Forwarding"]),
        room("MovementDetector", program + ["Cellular"], optimised: small),
        room("ModemControl", program + ["Cellular"], optimised: small),
        tests("ModemControl", ["Cellular", "Logging", "MobilitySocket", "Platform"]),
        room("EventHooks", program, optimised: small),
        tests("EventHooks", program),
        tests("MovementDetector", ["MobilityWire", "MobilitySocket", "Platform", "Settings", "Cellular", "Logging"]),
        room("Roaming", program + ["MobilityCore", "Multihoming", "Wiring"], optimised: small),
        tests("Roaming", program + ["MobilityCore", "HomeAgentOperation", "Multihoming"]),
        room("MobileRouter", program + ["Roaming"], optimised: small),
        room("MobileNode", program + ["MobilityCore", "RouteOptimization", "Roaming", "Wiring"]),
        tests("MobileNode", program + ["MobilityCore", "HomeAgentOperation", "RouteOptimization", "Roaming"]),
        room("HomeAgent", program + ["MobilityCore", "HomeAgentOperation", "Wiring"]),
        tests("HomeAgent", program + ["MobilityCore", "HomeAgentOperation"]),
        room("CorrespondentNode", program + ["MobilityCore", "RouteOptimization", "Wiring"]),
        tests("CorrespondentNode", program + ["MobilityCore", "RouteOptimization"]),
        .executableTarget(
            name: "shisa",
            dependencies: [
                "TunnelManager", "MovementDetector", "MobileRouter", "ModemControl", "EventHooks", "Console",
                "Platform",
                .target(name: "HomeAgent", condition: .when(traits: ["EveryProgram"])),
                .target(name: "CorrespondentNode", condition: .when(traits: ["EveryProgram"])),
                .target(name: "MobileNode", condition: .when(traits: ["EveryProgram"])),
            ],
            swiftSettings: house),

        // Thousands of nodes in virtual time; see docs/simulation.md.
        .target(
            name: "Drives", dependencies: ["MobilityWire", "Multihoming"], path: "Tests/Simulation/Drives",
            swiftSettings: house),
        .target(
            name: "Simulation",
            dependencies: [
                "MobilityWire", "MobilityCore", "HomeAgentOperation", "RouteOptimization", "Multihoming", "Drives",
            ],
            path: "Tests/Simulation/Simulation",
            // Nothing in it is shared, and to make sure of that takes a twentieth of the time.
            swiftSettings: house + [.unsafeFlags(["-enforce-exclusivity=unchecked"])]),
        .executableTarget(
            name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulation/simulate", swiftSettings: house),
        tests("Simulation", ["Drives", "MobilityCore", "MobilityWire", "Multihoming"]),

        .target(
            name: "Examples", dependencies: ["MobilityWire", "Forwarding"], path: "Tests/Examples",
            swiftSettings: house),

        // Everything that reads what strangers wrote, fed with what no friend would write; see docs/testing.md.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "MobilityWire", "MobilityCore", "Forwarding", "MobilitySocket", "Platform", "Settings", "Cellular",
                "Multihoming", "HomeAgentOperation", "Examples",
            ],
            path: "Tests/Fuzz/FuzzTargets", swiftSettings: house),
        .executableTarget(
            name: "fuzz", dependencies: ["FuzzTargets", "MobilityWire"], path: "Tests/Fuzz/fuzz", swiftSettings: house),

        // The emulated cables of the test world; see Tests/World.
        .target(
            name: "LinkModel", dependencies: ["MobilityWire"], path: "Tests/World/LinkModel", swiftSettings: house),
        .executableTarget(
            name: "linkrelay", dependencies: ["LinkModel", "CLinux"], path: "Tests/World/linkrelay",
            swiftSettings: house),
        // The load of the home agent's benchmark.
        .executableTarget(
            name: "homeload", dependencies: ["MobilityWire", "MobilityCore", "MobilitySocket", "CNettle"],
            path: "Tests/Bench/homeload", swiftSettings: house),
        // The engine's own code without the kernel, for counting its instructions.
        .executableTarget(
            name: "packetpath", dependencies: ["Forwarding", "MobilityWire"], path: "Tests/Bench/packetpath",
            swiftSettings: house),
        tests("LinkModel"),
        tests("Cellular", ["MobilityWire"]),
        tests("Logging"),
        tests("Settings", ["MobilityWire"]),
        tests("Services", ["MobilityWire", "Settings"]),
        tests("Console", ["MobilityWire", "MobilitySocket", "Platform", "Services", "Settings", "Logging"]),
        tests("Platform", ["MobilityWire", "CLinux", "Logging"], besides: ["radio_messages.py"]),
        tests("Forwarding", ["MobilityWire", "Examples"], besides: ["Golden"]),
        tests("TunnelManager", ["MobilityWire", "MobilitySocket", "Platform", "Logging"]),
        tests("MobilityWire", besides: ["Golden"]),
        tests(
            "MobilityCore", ["MobilityWire", "HomeAgentOperation", "RouteOptimization"],
            besides: ["vectors.py", "return_routability_vectors.py"]),
        tests("Multihoming", ["MobilityWire", "Drives"]),
    ]
)
