// The programs of what is no mobile router. The board has none of them: its help and manual name what is there.
#if EveryProgram
    extension ProgramDescription {
        /// The mobile host.
        public static let mnd = daemon(
            "mnd", summary: "the mobile host of Shisa",
            description: [
                "mnd gives this machine a home address that stays the same wherever it is (RFC 6275). It registers the best of "
                    + "the uplinks that babymdd reports with the home agent. nemonetd holds the home address and carries its "
                    + "packets to the home agent and back; programs that do not choose an address themselves use it.",
                "On the home link nothing is tunnelled. For a machine with a network behind it there is mrd.",
                "With peers that can, it talks directly, without the way over the home agent (route optimisation); such a peer "
                    + "learns where this host is. policy.route_optimization tells with whom not, and \"shisactl routes\" shows it.",
                "Registrations are authenticated with the key that the configuration file names (RFC 4285).",
            ],
            signals:
                "SIGTERM tells the peers, takes the registration back and ends it. SIGHUP reads the configuration file again.",
            seeAlso: ["babymdd(8)", "cnd(8)", "mrd(8)", "nemonetd(8)", "shisactl(8)"])

        /// The home agent.
        public static let had = daemon(
            "had", summary: "the home agent of Shisa",
            description: [
                "had answers the registrations of mobile routers and hosts (RFC 6275, RFC 3963) and tells nemonetd where to "
                    + "forward the packets for them. It accepts only nodes that the configuration file names, each for its "
                    + "own home address and prefixes.",
                "Registrations are authenticated with the key of the node (RFC 4285), unless the file says insecure = true "
                    + "for it.",
                "Bindings outlive the program and the machine in the file home_agent.state. On a home link (home_agent.link) "
                    + "had looks for duplicates of home addresses, knows the other home agents, and answers those who look "
                    + "for one. \"shisactl revoke\" and \"shisactl switch\" end bindings and send nodes elsewhere.",
            ],
            signals:
                "SIGTERM takes the bindings back from nemonetd and ends it; the state file keeps them. SIGHUP reads the configuration file again.",
            seeAlso: ["nemonetd(8)", "shisactl(8)"])

        /// The correspondent.
        public static let cnd = daemon(
            "cnd", summary: "the correspondent node of Shisa",
            description: [
                "cnd lets mobile nodes send to this machine, and receive from it, without the way over their home agent (RFC "
                    + "6275, section 9). It answers their tests (return routability), keeps what they bind, and tells nemonetd, "
                    + "which sends and receives by that. Applications see the home address of a mobile node only.",
                "A node shows that it is at its home address and at its present one; there are no keys to set up. cnd runs "
                    + "beside had, or beside mnd, on one machine as well.",
            ],
            signals:
                "SIGTERM ends it and leaves the bindings to nemonetd until they end, within seven minutes, so that nobody sends to where no one answers. SIGHUP reads the configuration file again.",
            seeAlso: ["had(8)", "mnd(8)", "nemonetd(8)", "shisactl(8)"])
    }
#endif
