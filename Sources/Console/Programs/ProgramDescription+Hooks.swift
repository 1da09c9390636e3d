import Settings

extension ProgramDescription {
    /// What runs the owner's programs.
    public static let shisahooks: ProgramDescription = {
        var program = daemon(
            "shisahooks", summary: "runs programs of yours when something happens to Shisa",
            description: [
                "shisahooks runs every program in a folder, in the order of their names, for each event of Shisa: those that "
                    + "\"shisactl events\" shows. One event comes after another, and for each one program after another.",
                "A program finds in its environment SHISA_EVENT, the name of the event; SHISA_PROGRAM, the program that it "
                    + "happened to; SHISA_UPLINK, the uplink that it is about, empty where that is none or several; "
                    + "SHISA_TIME, when it was, in seconds since 1970 by the clock of the machine, right or not; "
                    + "SHISA_UPTIME, the same in milliseconds since the machine started, without what it slept; "
                    + "SHISA_DETAIL, a sentence for people, which may hold what others have sent, so quote it; "
                    + "SHISA_DROPPED, how many events were left out before this one; and PATH and LC_ALL, nothing else. "
                    + "What it prints is written to the log when it fails. The names of events are in "
                    + "docs/mobility-socket.md of Shisa's source.",
                "It has 10 seconds. Then it is told to end, and 3 seconds later it is made to, with all that it started. Of "
                    + "events that come meanwhile 64 wait; those on top are left out, which is logged.",
                "What is to be run has to belong to root, or to the account of shisahooks, and so has the folder; "
                    + "neither may be writable by others. Anything else is refused, and so is what cannot be executed, "
                    + "which is logged. Hidden files and those that end in \"~\" are no hooks.",
                "Programs run with the rights of shisahooks: those of root where nothing else was said. The programs of Shisa that "
                    + "read what strangers send run none.",
            ],
            signals: "SIGTERM ends it, and the program that it runs. SIGHUP has it say again what is wrong with files.",
            seeAlso: ["mrd(8)", "nemonetd(8)", "shisactl(8)"])
        program.options.insert(
            ProgramOption(
                "hooks", argument: "FOLDER", fallback: DaemonOptions.defaultHooks, "Where the programs are."), at: 2)
        program.files.append(Note(DaemonOptions.defaultHooks, "The programs to run."))
        return program
    }()
}
