import MobilitySocket
import MobilityWire
import Platform
import Testing

@testable import Console

@Suite("What shisactl shows")
struct ReportTests {
    private func shown(_ line: String, _ snapshot: Snapshot = Samples.snapshot) throws -> String {
        let words = line.split(separator: " ").map(String.init)
        return try Shisactl(ProgramDescription.shisactl.parse(words)).text(snapshot)
    }

    @Test("Every table has its JSON document")
    func documents() throws {
        #expect(
            Report.registrations.document(Samples.snapshot.registrations).line
                == #"{"registrations":[{"home_address":"2001:db8:1::100","#
                + #""care_of_address":"2001:db8:a1:0:5054:ff:fe12:3456","home_agent":"2001:db8:1::1","uplink":"eth0","#
                + #""state":"registered","reason":null,"status":0,"sequence":7,"lifetime":600,"remaining":580,"#
                + #""prefixes":["2001:db8:10::/60"],"binding_id":null,"forwards":true,"flows":[]}]}"#)
        #expect(
            Report.bindings.document(Samples.snapshot.bindings).line
                == #"{"bindings":[{"name":"bus-17","kind":"home","home_address":"2001:db8:1::100","#
                + #""care_of_address":"2001:db8:a1:0:5054:ff:fe12:3456","home_agent":"2001:db8:1::1","binding_id":5,"#
                + #""mode":"explicit","prefixes":["2001:db8:10::/60"],"sequence":7,"lifetime":600,"remaining":580,"flows":[3]},"#
                + #"{"name":"","kind":"correspondent","home_address":"2001:db8:1::200","#
                + #""care_of_address":"2001:db8:a1::9","home_agent":"2001:db8:c::c","binding_id":null,"mode":"host","#
                + #""prefixes":[],"sequence":9,"lifetime":420,"remaining":400,"flows":[]}]}"#)
        #expect(
            Report.routes.document(Samples.snapshot.routeRows).line
                == #"{"routes":[{"peer":"2001:db8:c::c","home_address":"2001:db8:1::100","#
                + #""care_of_address":"2001:db8:a1:0:5054:ff:fe12:3456","uplink":"eth0","state":"bound","#
                + #""forwards":true,"reason":null,"status":0,"sequence":7,"lifetime":420,"remaining":300},"#
                + #"{"peer":"2001:db8:c::e","home_address":"2001:db8:1::100","care_of_address":null,"uplink":null,"#
                + #""state":"testing","forwards":false,"reason":null,"status":138,"sequence":1,"lifetime":0,"#
                + #""remaining":0},{"peer":"2001:db8:c::d","home_address":null,"care_of_address":null,"uplink":null,"#
                + #""state":"resting","forwards":false,"reason":"silent","status":null,"sequence":null,"#
                + #""lifetime":null,"remaining":59},{"peer":"2001:db8:66::/48","home_address":null,"#
                + #""care_of_address":null,"uplink":null,"state":"excluded","forwards":false,"reason":null,"#
                + #""status":null,"sequence":null,"lifetime":null,"remaining":null}]}"#)
        #expect(
            Report.tunnels.document(Samples.snapshot.tunnels).line
                == #"{"tunnels":[{"local":"2001:db8:a1:0:5054:ff:fe12:3456","remote":"2001:db8:1::1","#
                + #""home_address":"2001:db8:1::100","interface":"eth0","active":true,"mtu":1460,"packets_in":1,"#
                + #""packets_out":2,"bytes_in":873,"bytes_out":12345678}]}"#)
        #expect(
            Report.prefixes.document(Samples.snapshot.prefixRows).line
                == #"{"prefixes":[{"prefix":"2001:db8:10::/60","name":"bus-17","home_address":"2001:db8:1::100","#
                + #""mode":"explicit"}]}"#)
        #expect(
            Report.homeAgents.document(Samples.snapshot.homeAgents).line
                == #"{"home_agents":[{"program":"had","addresses":["2001:db8:1::2","2001:db8:1::3"],"preference":9,"#
                + #""mobile_routers":false,"own":false,"remaining":1799.5},"#
                + #"{"program":"had","addresses":["2001:db8:1::1"],"preference":3,"mobile_routers":true,"own":true,"#
                + #""remaining":null}]}"#)
        #expect(
            Report.timers.document(Samples.snapshot.timers).line
                == #"{"timers":[{"program":"had","name":"home_agents_list","waiting":1,"remaining":2.5},"#
                + #"{"program":"had","name":"binding_cache","waiting":2,"remaining":412.5}]}"#)
        #expect(
            Report.counters.document(Samples.snapshot.counters).line
                == #"{"counters":[{"program":"had","name":"binding_update_received","value":3},"#
                + #"{"program":"mrd","name":"a","value":0},{"program":"mrd","name":"z","value":18446744073709551615}]}"#
        )
        #expect(
            Report.events.document([Samples.event]).line
                == #"{"events":[{"date":1700000000.25,"age":20.5,"time":12.345,"program":"mrd","event":"registered","#
                + #""uplink":null,"detail":"at 2001:db8:1::1"}]}"#)
        var event = Samples.event
        event.record.uplink = "wwan0"
        #expect(Report.events.json(event).line.contains(#""event":"registered","uplink":"wwan0","detail":"#))
        #expect(
            Report.uplinks.json(Samples.snapshot.uplinkRows[0]).line
                == #"{"interface":"eth0","index":2,"type":"ethernet","state":"up","active":true,"#
                + #""health":"up","degraded":false,"weak":false,"round_trip":23.4,"jitter":1.5,"loss":5.0,"#
                + #""used":7000000000,"monthly_limit":20000000000,"share":75.8,"#
                + #""signal":null,"network":null,"technology":null,"modem":null,"modem_detail":null,"#
                + #""care_of_address":"2001:db8:a1:0:5054:ff:fe12:3456","#
                + #""default_router":"fe80::1","router_state":"unconfirmed","mtu":1500,"metric":10}"#)
        #expect(Report.uplinks.json(Samples.snapshot.uplinkRows[1]).line.contains(#""signal":-67,"network":"depot""#))
        #expect(
            Report.uplinks.json(Samples.snapshot.uplinkRows[2]).line.contains(
                #""modem":"pin_needed","modem_detail":"add uplinks.pin""#))
        #expect(
            StatusReport(snapshot: Samples.snapshot).document.line
                == #"{"status":{"version":"0.1.0","plane":"engine","device":"shisa0","uptime":725.5,"#
                + #""programs":[{"program":"mrd","pid":12},{"program":"babymdd","pid":13},"#
                + #"{"program":"shisactl","pid":14},{"program":"shisahooks","pid":15}],"active_uplink":"eth0","uplinks":3,"uplinks_up":2,"#
                + #""registrations":1,"registered":1,"bindings":1,"correspondent_bindings":1,"routes":1,"#
                + #""tunnels":1}}"#)
    }

    @Test("Uplinks stand best first, and show the address that would be registered")
    func uplinks() {
        #expect(
            Report.uplinks.table(Samples.snapshot.uplinkRows).text() == """
                INTERFACE  STATE       HEALTH    RTT  LOSS  SHARE    SIGNAL  NETWORK  CARE-OF ADDRESS
                eth0       active      up      23 ms   5 %   76 %         -  -        2001:db8:a1:0:5054:ff:fe12:3456
                wlan0      up          down        -     -      -   -67 dBm  depot    2001:db8:a2::7
                wwan0      pin needed  -           -     -      -  -101 dBm  -        -

                """)
    }

    @Test("An uplink whose router is there and silent looks different from one without a router")
    func routers() {
        func state(_ routerState: UplinkReport.RouterState) -> String {
            let report = UplinkReport(
                interfaceIndex: 2, name: "a", type: "wlan", state: .noRouter, routerState: routerState, mtu: 1500,
                metric: 0)
            let row = Snapshot.Uplink(report: report, careOfAddress: nil, isActive: false)
            return Report.uplinks.table([row]).text()
        }
        #expect(state(.absent).contains("no router"))
        #expect(state(.unreachable).contains("router silent"))
    }

    @Test(
        "A network is told by its name; what a stranger has put into that moves no cursor",
        arguments: [
            (Array("depot".utf8), "depot"), (Array("Café ☕".utf8), "Café ☕"), ([0xff, 0x41], "hex:ff41"),
            ([0x1b, 0x5b, 0x32, 0x4a], "hex:1b5b324a"), (Array("hex:41".utf8), "hex:6865783a3431"),
            (Array("a\u{202e}b".utf8), "hex:61e280ae62"),
        ] as [([UInt8], String)])
    func networkName(octets: [UInt8], text: String) {
        let report = UplinkReport(
            interfaceIndex: 2, name: "wlan0", type: "wlan", state: .up, mtu: 1500, metric: 0, networkName: octets)
        let row = Snapshot.Uplink(report: report, careOfAddress: nil, isActive: false)
        #expect(Report.uplinks.json(row).line.contains("\"network\":\"\(text)\""))
        #expect(Report.uplinks.table([row]).text().contains(text))
    }

    @Test("A modem's operator and technology stand with the uplink, its state where that is what is missing")
    func modem() {
        func table(_ state: UplinkReport.State, _ modem: UplinkReport.Modem) -> String {
            let report = UplinkReport(
                interfaceIndex: 2, name: "wwan0", type: "cellular", state: state, mtu: 1500, metric: 0, signal: -97,
                modem: modem)
            return Report.uplinks.table([.init(report: report, careOfAddress: nil, isActive: false)]).text(width: 80)
        }
        let connected = UplinkReport.Modem(state: "connected", operatorName: "Telekom.de", technology: "lte")
        #expect(table(.up, connected).contains("up     -") && table(.up, connected).contains("Telekom"))
        #expect(table(.noAddress, connected).contains("no address"))
        #expect(table(.down, .init(state: "searching")).contains("searching"))
        let long = UplinkReport.Modem(
            state: "connected", operatorName: String(repeating: "Operator ", count: 5), technology: "umts")
        for line in table(.noAddress, long).split(separator: "\n") { #expect(DisplayText.width(String(line)) <= 80) }
    }

    @Test("What carries what, and why, is a sentence each, and fits the terminal")
    func why() throws {
        let report = WhyReport(choice: try #require(Samples.snapshot.choice))
        #expect(
            report.text(width: 80) == """
                flow 1           goes by wlan0, for 3 s
                everything else  goes by eth0, for 200 s
                pinned           eth0 was named by hand: shisactl use auto ends it
                eth0             active; 7 GB of 20 GB used
                wlan0            probes are not answered, for 8 s; failed too often lately to be
                                 trusted, for another 61 s

                """)
        #expect(
            report.document.line
                == #"{"why":{"pinned":"eth0","carriers":[{"what":"flow 1","text":"goes by wlan0","uplinks":["wlan0"],"#
                + #""since":3.5},{"what":"everything else","text":"goes by eth0","uplinks":["eth0"],"since":200.0}],"#
                + #""uplinks":[{"interface":"eth0","active":true,"used":7000000000,"monthly_limit":20000000000,"#
                + #""reasons":[{"name":"active","text":"active","since":null,"until":null}]},"#
                + #"{"interface":"wlan0","active":false,"used":null,"monthly_limit":null,"reasons":[{"name":"no_answer","#
                + #""text":"probes are not answered","since":8.0,"until":null},{"name":"suppressed","#
                + #""text":"failed too often lately to be trusted","since":null,"until":61.0}]}]}}"#)
    }

    @Test("An uplink that does not exist lacks just that")
    func whyAbsent() throws {
        func shown(_ state: UplinkReport.State, hasModem: Bool = false) throws -> WhyReport {
            var snapshot = Samples.snapshot
            let index = try #require(snapshot.uplinks.firstIndex { $0.name == "wwan0" })
            snapshot.uplinks[index].state = state
            if !hasModem { snapshot.uplinks[index].modem = nil }
            return try #require(snapshot.why)
        }
        #expect(try shown(.absent).text(width: 80).hasSuffix("\nwwan0            there is no such interface\n"))
        #expect(
            try shown(.absent, hasModem: true).text(width: 80)
                .hasSuffix("\nwwan0            there is no such interface (modem: pin needed)\n"))
        #expect(
            try shown(.absent).document.line.hasSuffix(
                #",{"interface":"wwan0","active":false,"used":null,"monthly_limit":null,"reasons":[{"name":"absent","#
                    + #""text":"there is no such interface","since":null,"until":null}]}]}}"#))
        // The mobile router or host will tell of it.
        #expect(try !shown(.down).text(width: 80).contains("wwan0"))
    }

    @Test("While a home address is not registered, what was chosen for it is not all that is to say")
    func whyUnregistered() throws {
        func shown(_ state: RegistrationEntry.State, forwards: Bool) throws -> String {
            var snapshot = Samples.snapshot
            snapshot.registrations = snapshot.registrations.prefix(1).map { entry in
                var entry = entry
                (entry.state, entry.forwards, entry.status, entry.remainingMilliseconds) = (state, forwards, 133, 9500)
                return entry
            }
            #expect(snapshot.registrations.count == 1)
            return try #require(snapshot.why).text(width: nil)
        }
        #expect(
            try shown(.refused, forwards: false).contains(
                """
                everything else  goes by eth0, for 200 s
                home             2001:db8:1::100 refused by 2001:db8:1::1 over eth0: not home agent for this mobile node \
                (133); tried again in 9 s

                """))
        // A binding that holds goes on while it is renewed.
        #expect(try !shown(.registering, forwards: true).contains("home  "))
        #expect(try !shown(.home, forwards: false).contains("home  "))
    }

    @Test("A flow with a long description has a line of its own")
    func longSubject() throws {
        var choice = try #require(Samples.snapshot.choice)
        choice.carriers[0].what = "flow 1 (udp 5060-5061, to 2001:db8::/32)"
        let text = WhyReport(choice: choice).text(width: 80)
        #expect(
            text.hasPrefix(
                """
                flow 1 (udp 5060-5061, to 2001:db8::/32)
                                 goes by wlan0, for 3 s
                everything else  goes by eth0, for 200 s

                """))
    }

    @Test("What came of an uplink that is named by hand stands in a line")
    func pinned() throws {
        var choice = try #require(Samples.snapshot.choice)
        #expect(WhyReport(choice: choice).pinText == "eth0 is named by hand; everything else goes by eth0\n")
        choice.pinned = "wlan0"
        #expect(
            WhyReport(choice: choice).pinText
                == "wlan0 is named by hand (probes are not answered, for 8 s; failed too often lately to be trusted, "
                + "for another 61 s); everything else goes by eth0\n")
        choice.pinned = "wwan0"
        #expect(WhyReport(choice: choice).pinText.hasPrefix("wwan0 is named by hand (there is no such interface); "))
        choice.pinned = nil
        #expect(WhyReport(choice: choice).pinText == "the policy chooses; everything else goes by eth0\n")
    }

    @Test("Of a link that cannot carry traffic nobody says how its way was", arguments: UplinkReport.State.allCases)
    func wayWithoutLink(state: UplinkReport.State) throws {
        var row = Samples.snapshot.uplinkRows[0]
        row.report.state = state
        row.isActive = false
        let isThere = state == .up
        let json = Report.uplinks.json(row).line
        #expect(json.contains(#""health":"up""#) == isThere && json.contains(#""health":null"#) != isThere)
        #expect(json.contains(#""round_trip":null,"jitter":null,"loss":null"#) != isThere)
        #expect(Report.uplinks.table([row]).text().contains("23 ms") == isThere)
        #expect(json.contains(#""used":7000000000"#))
    }

    @Test(
        "The health of an uplink is a word of its own, for programs and for people",
        arguments: [
            (.up, "up", "up", "weak"), (.down, "down", "down", "down"), (.unproven, "unproven", "unproven", "unproven"),
            (.believed, "believed", "believed", "weak"), (.unmonitored, "unmonitored", "-", "weak"),
        ] as [(UplinkChoice.Verdict.Health, String, String, String)])
    func health(health: UplinkChoice.Verdict.Health, name: String, cell: String, weak: String) throws {
        var row = Samples.snapshot.uplinkRows[0]
        row.verdict?.health = health
        #expect(Report.uplinks.json(row).line.contains("\"health\":\"\(name)\""))
        func shown(_ row: Snapshot.Uplink) -> String? {
            let lines = Report.uplinks.table([row]).text().split(separator: "\n")
            guard let place = lines.first?.firstRange(of: "HEALTH")?.lowerBound, let header = lines.first else {
                return nil
            }
            let column = header.distance(from: header.startIndex, to: place)
            return lines.last?.dropFirst(column).split(separator: " ").first.map(String.init)
        }
        #expect(shown(row) == cell)
        row.verdict?.isWeak = true
        #expect(shown(row) == weak)
    }

    @Test("A node that is registered hears where, when nobody here knows of home agents")
    func homeAgentInUse() throws {
        var snapshot = Samples.snapshot
        #expect(try shown("home-agents", snapshot).contains("2001:db8:1::2"))
        snapshot.homeAgents = []
        #expect(try shown("home-agents", snapshot).hasSuffix("; this node is registered at 2001:db8:1::1\n"))
        #expect(try shown("home-agents --json", snapshot) == "{\n  \"home_agents\": []\n}\n")
        #expect(try shown("home-agents", Snapshot()) == "no home agents\n")
    }

    @Test("Who registers has no bindings to show")
    func withoutBindings() {
        var snapshot = Samples.snapshot
        snapshot.bindings = []
        #expect(!StatusReport(snapshot: snapshot).text(width: 80).contains("bindings"))
    }

    @Test("Every table fits a terminal of 80 columns")
    func width() {
        let snapshot = Samples.snapshot
        let texts = [
            Report.uplinks.table(snapshot.uplinkRows).text(width: 80),
            Report.registrations.table(snapshot.registrations).text(width: 80),
            Report.bindings.table(snapshot.bindings).text(width: 80),
            Report.routes.table(snapshot.routeRows).text(width: 80),
            Report.tunnels.table(snapshot.tunnels).text(width: 80),
            Report.prefixes.table(snapshot.prefixRows).text(width: 80),
            Report.homeAgents.table(snapshot.homeAgents).text(width: 80),
            Report.timers.table(snapshot.timers).text(width: 80),
            Report.counters.table(snapshot.counters).text(width: 80),
            Report.events.table([Samples.event]).text(width: 80),
            StatusReport(snapshot: snapshot).text(width: 80),
        ]
        for line in texts.joined().split(separator: "\n") {
            #expect(DisplayText.width(String(line)) <= 80, "\(line)")
            #expect(line.last != " ", "\(line)")
        }
    }

    @Test("The table of registrations fits with addresses of usual length uncut")
    func registrations() {
        #expect(
            Report.registrations.table(Samples.snapshot.registrations).text(width: 80) == """
                HOME ADDRESS     CARE-OF ADDRESS                  UPLINK  STATE        LEFT
                2001:db8:1::100  2001:db8:a1:0:5054:ff:fe12:3456  eth0    registered  580 s

                """)
    }

    @Test("Routes stand before who rests, and those before who is never optimised")
    func routes() {
        #expect(
            Report.routes.table(Samples.snapshot.routeRows).text(width: 100) == """
                PEER              CARE-OF ADDRESS                  UPLINK  STATE             DIRECT   LEFT
                2001:db8:c::c     2001:db8:a1:0:5054:ff:fe12:3456  eth0    bound             yes     300 s
                2001:db8:c::e     -                                -       testing (138)     no        0 s
                2001:db8:c::d     -                                -       resting (silent)  no       59 s
                2001:db8:66::/48  -                                -       excluded          no          -

                """)
    }

    @Test("Status tells everything in a few lines")
    func status() {
        #expect(
            StatusReport(snapshot: Samples.snapshot).text(width: 80) == """
                nemonetd  0.1.0, up 12 min 5 s, plane engine, device shisa0
                programs  mrd 12, babymdd 13, shisahooks 15
                home      2001:db8:1::100 registered at 2001:db8:1::1 over eth0, 580 s left
                uplinks   eth0 up (active), wlan0 not answered, wwan0 absent
                bindings  1, 1 direct
                routes    1 direct, 1 resting
                tunnels   1

                """)
    }

    @Test("Names of states are unique and lower_snake_case in JSON")
    func names() {
        let names =
            [
                UplinkReport.State.allCases.map(\.name), UplinkReport.RouterState.allCases.map(\.name),
                RegistrationEntry.State.allCases.map(\.name),
                RouteEntry.State.allCases.map(\.name), RestingPeerEntry.Reason.allCases.map(\.name),
            ]
            + [BindingEntry.Mode.allCases.map(\.name)]
        for list in names {
            #expect(Set(list).count == list.count)
            #expect(list.allSatisfy { $0.allSatisfy { $0.isLowercase || $0 == "_" } })
        }
    }

    @Test("Empty tables say so to people, and are empty lists to programs")
    func empty() throws {
        #expect(try shown("bindings", Snapshot()) == "no bindings\n")
        #expect(try shown("bindings --json", Snapshot()) == "{\n  \"bindings\": []\n}\n")
        #expect(try shown("status", Snapshot()) == "bindings  0\ntunnels   0\n")
    }

    @Test("Counters at 0 are shown to programs and to who asks for all")
    func counters() throws {
        #expect(try shown("counters").split(separator: "\n").count == 3)
        #expect(try shown("counters --all").split(separator: "\n").count == 4)
        #expect(try shown("counters --json").contains("\"value\": 0\n"))
    }

    @Test("A name from elsewhere cannot move the cursor")
    func hostile() {
        let event = EventRecord(time: Instant(milliseconds: 1), program: "mrd", event: "x", detail: "\u{1b}[2J\nfoo")
        let line = Report.line(DatedEvent(event, now: Instant(milliseconds: 1), date: 1_700_000_000))
        #expect(line.hasSuffix("  mrd       x                     \\u{1b}[2J\\u{a}foo\n"))
    }

    @Test("An event is shown when it was by the clock on the wall, whatever that clock said then")
    func times() {
        // Between the time zones of the world, with the date of the Epoch's 1,700,000,000th second.
        let line = Report.line(Samples.event)
        #expect(line.hasPrefix("2023-11-1"))
        let time = line.prefix(19).dropFirst(11)
        #expect(time.dropFirst(2).hasPrefix(":") && time.hasSuffix(":20"))
        let now = DatedEvent(EventRecord(time: MonotonicClock.now, program: "", event: "", detail: ""))
        #expect(abs(now.date - WallClock.seconds()) < 60 && (0..<60).contains(now.age))
    }

    @Test("Why there is no registration, and when it is tried again, stands in words")
    func unregistered() throws {
        func line(_ change: (inout RegistrationEntry) -> Void) throws -> String {
            var snapshot = Snapshot()
            var entry = try #require(Samples.snapshot.registrations.first)
            entry.forwards = false
            change(&entry)
            snapshot.take([.registrationAdd(entry)])
            return StatusReport(snapshot: snapshot).text(width: nil).split(separator: "\n").first.map(String.init) ?? ""
        }
        #expect(
            try line { ($0.state, $0.status, $0.remainingMilliseconds) = (.refused, 133, 9500) }
                == "home      2001:db8:1::100 refused by 2001:db8:1::1 over eth0: not home agent for this mobile node "
                + "(133); tried again in 9 s")
        // Nobody has answered, so nobody has refused.
        #expect(
            try line { ($0.state, $0.status, $0.remainingMilliseconds) = (.refused, 0, 9500) }
                == "home      2001:db8:1::100 not registered at 2001:db8:1::1 over eth0; tried again in 9 s")
        #expect(
            try line { ($0.state, $0.revocation, $0.remainingMilliseconds) = (.refused, 1, 0) }
                == "home      2001:db8:1::100 revoked by 2001:db8:1::1 over eth0: administrative reason")
        #expect(
            try line {
                ($0.state, $0.homeAgentAddress, $0.remainingMilliseconds) = (.idle, .unspecified, 580_000)
            } == "home      2001:db8:1::100 has no home agent to go to; tried again in 580 s")
        var entry = try #require(Samples.snapshot.registrations.first)
        (entry.state, entry.revocation) = (.refused, 7)
        let document = Report.registrations.json(entry).line
        #expect(document.contains(#""state":"revoked","reason":"the two may be out of step""#))
    }

    @Test(
        "Times and sizes are short",
        arguments: [
            (0, "0 s"), (600, "600 s"), (601, "10 min 1 s"), (3599, "59 min 59 s"), (3600, "1 h 0 min"),
            (100_000, "1 d 3 h"),
        ] as [(UInt64, String)])
    func durations(seconds: UInt64, text: String) {
        #expect(DurationText.text(seconds: seconds) == text)
    }

    @Test(
        "Numbers in a table have at most four characters and a unit",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1.0 k"), (1999, "1.9 k"), (45_678, "45 k"), (999_999, "999 k"),
            (12_345_678, "12 M"), (.max, "18 E"),
        ] as [(UInt64, String)])
    func octets(count: UInt64, text: String) {
        #expect(CountText.text(count) == text)
    }

    @Test(
        "A wrong call of shisactl says what would be right",
        arguments: [
            (
                "",
                "name what to show: status, uplinks, why, registrations, bindings, routes, prefixes, home-agents, tunnels, timers, "
                    + "counters, events, revoke, flush, switch, routes never, routes allow, routes retry, use"
            ),
            ("revoke", "revoke needs NODE"), ("switch", "switch needs NODE|all [AGENT ...]"),
            ("revoke a b", "b is one word too many"), ("revoke bus-17 --json", "--json does not go with revoke"),
            ("switch all nobody", "nobody should be the address of a home agent"),
            ("binding", "unknown command binding, did you mean bindings?"),
            ("routes never", "routes never needs PREFIX"), ("routes retry a b", "b is one word too many"),
            ("routes never everybody", "everybody should be a prefix such as 2001:db8:66::/48, or an address"),
            (
                "routes never ::/0",
                "::/0 is everybody: that is policy.route_optimization.enabled in the configuration file"
            ),
            (
                "routes never 2001:db8:c::c/64",
                "2001:db8:c::c/64 has bits set behind its length, write 2001:db8:c::/64"
            ),
            ("routes retry 2001:db8::/64", "2001:db8::/64 should be the address of a peer"),
            ("routes allow a --json", "--json does not go with routes allow"),
            ("status now", "now is one word too many"), ("status --follow", "--follow goes with events only"),
            ("status -a", "--all goes with counters only"),
        ])
    func wrong(line: String, text: String) throws {
        #expect(throws: UsageError(text)) { try shown(line) }
    }
}
